// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Keeps the page equal to the sandbox: a snapshot on each connection, then changes as they happen.

import { counted, element } from './element.js';
import { Row, isOpen } from './incident.js';

// How many are shown; the sandbox sends no more in a snapshot.
const shown = { open: 1000, closed: 100 };
const severities = ['critical', 'high', 'medium', 'low', 'info', 'informational', 'maintenance'];
const get = (id) => document.getElementById(id);

const rows = new Map(); // by id
const totals = { open: 0, closed: 0 };
let clockOffset = 0; // the sandbox's clock minus ours
const now = () => Date.now() + clockOffset;

function receive(view, isSnapshot) {
  clockOffset = Date.parse(view.now) - Date.now();
  Object.assign(totals, { open: view.open, closed: view.closed });
  if (isSnapshot) {
    get('key').textContent = view.key ?? 'a key that was given to the sandbox';
    const ids = new Set(view.incidents.map((incident) => incident.id));
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
  }
  for (const id of view.gone) rows.delete(id);
  for (const incident of view.incidents) {
    let row = rows.get(incident.id);
    if (!row) rows.set(incident.id, (row = new Row(incident.id)));
    row.update(incident, now(), !isSnapshot);
  }
  draw();
}

const rank = (row) => severities.indexOf(row.incident.severity);
const newest = (a, b) => b.incident.incident_number - a.incident.incident_number;
const worst = (a, b) => rank(a) - rank(b) || newest(a, b);
const lastClosed = (a, b) => b.incident.updated_at.localeCompare(a.incident.updated_at) || newest(a, b);

// The incident that the address names is opened once.
let asked = decodeURIComponent(location.hash.slice(1));

function draw() {
  const all = [...rows.values()];
  const wanted = get('filter').value.trim().toLowerCase();
  const matches = ({ incident }) => `${incident.title}\n${incident.alias}`.toLowerCase().includes(wanted);
  const sorted = {
    open: all.filter((row) => isOpen(row.incident)).sort(worst),
    closed: all.filter((row) => !isOpen(row.incident)).sort(lastClosed),
  };
  for (const [state, list] of Object.entries(sorted)) {
    for (const row of list.splice(shown[state])) rows.delete(row.id);
    const matching = list.filter(matches);
    arrange(get(state), matching.map((row) => row.element));
    const notes = [];
    if (list.length > 0 && matching.length === 0) notes.push('None of them matches the filter.');
    if (totals[state] > list.length) notes.push(`${counted(totals[state] - list.length, `more ${state} one is`, `more ${state} ones are`)} not shown.`);
    get(`${state}-more`).textContent = notes.join(' ');
    get(`${state}-more`).hidden = notes.length === 0;
  }
  if (rows.has(asked)) {
    const { element: e } = rows.get(asked);
    asked = '';
    e.open = true;
    e.scrollIntoView({ block: 'center' });
  }
  get('quiet').hidden = totals.open > 0;
  get('closed-section').hidden = totals.closed === 0;
  count(sorted.open);
}

// arrange makes the list's children equal to wanted and moves as few as it can, so that focus and scrolling stay.
function arrange(list, wanted) {
  const focused = document.activeElement;
  const keep = new Set(wanted);
  for (const child of [...list.children]) if (!keep.has(child)) child.remove();
  let at = list.firstElementChild;
  for (const child of wanted) {
    if (child !== at && child === at?.nextElementSibling) {
      const moved = at;
      at = child;
      moved.remove(); // its turn comes further down
    }
    if (child === at) at = at.nextElementSibling;
    else list.insertBefore(child, at);
  }
  if (focused !== document.activeElement && focused?.isConnected) focused.focus({ preventScroll: true });
}

function count(open) {
  const parts = [element('span', '', element('b', '', String(totals.open)), ' open')];
  for (const severity of severities) {
    const n = open.filter((row) => row.incident.severity === severity).length;
    if (n) parts.push(element('span', '', element('b', '', String(n)), ` ${severity}`));
  }
  parts.push(element('span', '', element('b', '', String(totals.closed)), ' closed'));
  const text = parts.map((part) => part.textContent).join();
  if (count.last === text) return; // a status that is written again is read out again
  count.last = text;
  get('counts').replaceChildren(...parts);
  document.title = totals.open ? `(${totals.open}) Alert24 sandbox` : 'Alert24 sandbox';
}

function show(state) {
  get('connection').dataset.state = state;
  get('connection').textContent = state;
}

function connect() {
  const events = new EventSource('/_sandbox/events');
  events.addEventListener('open', () => show('live'));
  events.addEventListener('snapshot', (event) => receive(JSON.parse(event.data), true));
  events.addEventListener('change', (event) => receive(JSON.parse(event.data), false));
  events.addEventListener('error', () => {
    show('reconnecting');
    // A browser tries again by itself, but not after an answer that is no stream, such as 503.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 1000);
  });
}

get('endpoint').textContent = `${location.origin}/api/v1`;
get('filter').addEventListener('input', draw);
setInterval(() => rows.forEach((row) => row.tick(now())), 1000);
connect();
