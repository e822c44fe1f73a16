// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// How times read: the reader's own zone, and no more digits than help.

const two = (n) => String(n).padStart(2, '0');
const day = (d) => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`;

// clock is the time of a day, with the date in front if that is not today.
export function clock(iso) {
  const d = new Date(iso);
  const t = `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
  return day(d) === day(new Date()) ? t : `${day(d)} ${t.slice(0, 5)}`;
}

// stamp is the whole of it.
export function stamp(iso) {
  const d = new Date(iso);
  return `${day(d)} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`;
}

// span is a duration with its two largest units.
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [d, h, m] = [Math.floor(s / 86400), Math.floor(s / 3600) % 24, Math.floor(s / 60) % 60];
  if (d) return `${d} d ${h} h`;
  if (h) return `${h} h ${m} min`;
  if (m) return `${m} min ${s % 60} s`;
  return `${s} s`;
}
