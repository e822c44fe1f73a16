// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// The page asks the API about once a second for the overview and the open alias, and for the table only when its revision has changed.

import { byId, setClock } from './dom.js';
import { showOverview } from './overview.js';
import { showRows, view, onView, rowKeys } from './table.js';
import { refreshEntry, openFromAddress } from './entry.js';

const pause = 700;
const patience = 10000;
let revision = '';
let asked = '';
let tag = '';

async function get(path, headers = {}) {
  const response = await fetch(path, { headers, cache: 'no-store', signal: AbortSignal.timeout(patience) });
  if (response.status === 304) return null;
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(body.error || `HTTP ${response.status}`);
  return { body, tag: response.headers.get('ETag') || '' };
}

function connection(state, text) {
  const e = byId('connection');
  if (e.dataset.state !== state) e.dataset.state = state;
  if (e.textContent !== text) e.textContent = text;
}

// update asks for what has changed.
async function update() {
  const { body: overview } = await get('api/v1/overview');
  setClock(overview.now);
  showOverview(overview);
  const query = view.query();
  await refreshEntry(get);
  if (overview.revision === revision && query === asked) return;
  const answer = await get(`api/v1/aliases?${query}`, query === asked && tag ? { 'If-None-Match': tag } : {});
  if (query !== view.query()) return; // the reader went on
  if (answer) {
    showRows(answer.body);
    tag = answer.tag;
    revision = answer.body.revision;
    asked = query;
  }
}

let running = false;
let again = false;
async function run() {
  if (running) {
    again = true;
    return;
  }
  running = true;
  do {
    again = false;
    try {
      await update();
      connection('live', 'live');
    } catch (error) {
      revision = '';
      connection('lost', error.name === 'TypeError' || error.name === 'TimeoutError' ? 'the bridge does not answer' : error.message);
    }
  } while (again);
  running = false;
}

async function forever() {
  for (;;) {
    if (!document.hidden) await run();
    await new Promise((resolve) => { setTimeout(resolve, pause); });
  }
}

onView(run);
document.addEventListener('visibilitychange', () => { if (!document.hidden) run(); });
document.addEventListener('keydown', (event) => {
  if (byId('entry').open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/' && event.target !== byId('filter')) {
    event.preventDefault();
    byId('filter').focus();
    return;
  }
  rowKeys(event);
});
window.addEventListener('hashchange', () => openFromAddress(get));
openFromAddress(get);
forever();
