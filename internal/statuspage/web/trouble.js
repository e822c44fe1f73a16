// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// What is wrong with the bridge, and what to do about it.

import { clock, element } from './dom.js';

// localize shows the times in a text as those of the reader.
const localize = (text) => text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, (iso) => clock(iso));

const passing = new Set(['rate_limit', 'pause', 'calls', 'follower']);

// troubles shows a list of them.
export function troubles(all) {
  return all.map((t) => {
    const e = element('div', 'wrong', element('p', 'headline', localize(t.text)), remedy(t.do));
    e.dataset.tone = t.scope === 'unknown' || passing.has(t.kind) ? 'poor' : 'bad';
    return e;
  });
}

// remedy says what people can do; nothing if there is none.
export function remedy(r) {
  return r ? element('p', 'quiet', `Do: ${r.text} (${r.runbook}) `, r.command ? element('code', '', r.command) : '') : '';
}

// ofAll are those that concern every reader of the page: its cards tell the rest.
export const ofAll = (all) => all.filter((t) => t.kind !== 'follower' && t.kind !== 'inbox');

// quiet says that nothing fires, if that is known.
export function quiet([first]) {
  return first ? ['No alert is known', localize(first.text), 'poor'] : ['All quiet', 'No alert fires, and no incident of the bridge is open.', ''];
}
