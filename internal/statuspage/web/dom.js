// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Elements and times. Text from alerts only ever becomes text: nothing here parses markup.

import { element } from './element.js';
import { clock, span, stamp } from './time.js';

export { clock, element, span, stamp };
export const byId = (id) => document.getElementById(id);

// link makes a link of a web address, and text of anything else.
export function link(text, address) {
  let url = null;
  try {
    url = new URL(address);
  } catch {
    return element('span', '', text);
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return element('span', '', text);
  const a = element('a', '', text);
  a.href = url.href;
  a.target = '_blank';
  a.rel = 'noopener noreferrer';
  return a;
}

// skew is how far the bridge's clock is ahead of the browser's.
let skew = 0;
export function setClock(iso) { skew = new Date(iso) - Date.now(); }
export const now = () => Date.now() + skew;

export const since = (iso) => span(now() - new Date(iso));
export const ago = (iso) => (now() - new Date(iso) < 1000 ? 'just now' : `${since(iso)} ago`);

export const whenAllowed = (iso) => `when calls are allowed again at ${clock(iso)}`;

// ahead tells whether a time is there and has not come yet.
export const ahead = (iso) => new Date(iso) > now();

// when says when something is to happen.
export function when(iso) {
  const left = iso ? new Date(iso) - now() : 0;
  if (left < 1000) return 'now';
  return left < 60000 ? `in ${span(left)}` : `at ${clock(iso)}`;
}

// state is a state in words, as of now.
export function state(s) {
  let text = s.text;
  if (ahead(s.until)) text += ` until ${clock(s.until)}`;
  if (ahead(s.paused_until)) {
    text += `, next try ${whenAllowed(s.paused_until)}`;
  } else if (s.next_try) {
    text += `, next try ${when(s.next_try)}`;
  }
  if (s.pace) text += ` (${s.pace})`;
  if (s.reason) text += `: ${s.reason}`;
  return s.reason_at ? `${text} at ${clock(s.reason_at)}` : text;
}

// ticking keeps texts that change with time: each is set again once a second, while its element is in the page.
const ticking = new Map();
export function tick(e, text) {
  e.textContent = text();
  ticking.set(e, text);
  return e;
}
setInterval(() => {
  for (const [e, text] of ticking) {
    if (!e.isConnected) ticking.delete(e);
    else if (e.textContent !== text()) e.textContent = text();
  }
}, 1000);
