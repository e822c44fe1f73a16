// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// counted returns a number and what it counts.
export function counted(n, one, more) {
  return `${n} ${n === 1 ? one : more}`;
}

// element makes an element of the page. Texts go in as text, never as markup.
export function element(name, className, ...content) {
  const e = document.createElement(name);
  if (className) e.className = className;
  e.append(...content.filter((c) => c !== null && c !== undefined && c !== ''));
  return e;
}
