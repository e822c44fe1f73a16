// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// One alias: what fires, what was written, what is next.

import { ahead, byId, clock, element, link, since, stamp, state, tick, when, whenAllowed } from './dom.js';
import { notice } from './overview.js';
import { remedy, troubles } from './trouble.js';

const dialog = byId('entry');
let alias = '';
let shown = '';

// openFromAddress opens the alias that the address names.
export function openFromAddress(get) {
  alias = new URLSearchParams(location.hash.slice(1)).get('alias') ?? '';
  shown = '';
  if (!alias) {
    if (dialog.open) dialog.close();
    return;
  }
  byId('entry-title').textContent = alias;
  byId('entry-alias').textContent = '';
  byId('entry-body').replaceChildren(element('p', 'loading', 'asking the bridge …'));
  if (!dialog.open) dialog.showModal();
  refreshEntry(get).catch((error) => byId('entry-body').replaceChildren(element('p', 'error', error.message)));
}

// refreshEntry asks again about the alias that is open.
export async function refreshEntry(get) {
  if (!alias) return;
  const about = alias;
  const { body } = await get(`api/v1/explain?alias=${encodeURIComponent(about)}`);
  if (about !== alias) return;
  const { now: _, ...rest } = body;
  const text = JSON.stringify(rest);
  if (text === shown) return;
  shown = text;
  show(body);
}

function show(found) {
  const { trouble, entries, notices } = found;
  const body = byId('entry-body');
  const open = new Set([...body.querySelectorAll('details[open]')].map((d) => d.dataset.key));
  const [e] = entries;
  if (!e) {
    byId('entry-title').textContent = alias;
    body.replaceChildren(...troubles(trouble), element('p', 'state-line', notices.some((n) => n.alias) ? 'This alias has no incident.' : unknown(found)),
      ...(notices.length ? [element('ul', 'notices', ...notices.map((n) => notice(n)))] : []), remedy(found.do));
    return;
  }
  byId('entry-title').textContent = e.title || e.alias;
  byId('entry-alias').textContent = e.alias;
  body.replaceChildren(...[...troubles(trouble), stateOf(e), remedy(found.do), facts(e), alerts(e), content(e), results(e), reasons(notices)].filter(Boolean));
  for (const d of body.querySelectorAll('details')) if (open.has(d.dataset.key)) d.open = true;
}

function unknown({ trouble, webhooks, did_you_mean: similar }) {
  if (trouble.some((t) => t.kind === 'no_leader' || t.kind === 'inbox')) return 'The bridge knows nothing of this alias yet.';
  const mean = similar ? ` Did you mean ${similar}?` : '';
  return `The bridge knows nothing of this alias: not heard of since the start at ${clock(webhooks.since)}, or forgotten since its incident closed. What was ignored or refused before the start is in the log only.${mean}`;
}

function stateOf(e) {
  const p = tick(element('p', 'state-line'), () => state(e.state));
  p.dataset.state = e.state.kind;
  return p;
}

function list(rows) {
  const dl = element('dl', 'facts');
  for (const [name, ...value] of rows) {
    if (value.some((v) => v !== '' && v !== null && v !== undefined)) dl.append(element('dt', '', name), element('dd', '', ...value));
  }
  return dl;
}

function facts(e) {
  const i = e.incident ?? {};
  const number = i.number ? `#${i.number}` : i.id ?? '';
  const rows = [
    ['Incident', number && i.link ? link(`${number} in Alert24`, i.link) : number, number ? ` (${i.state})` : ''],
    ['Severity', e.severity],
    ['Alerts', counts(e)],
    ['Since', e.since ? tick(element('span'), () => `${stamp(e.since)} (${since(e.since)})`) : ''],
    ['Pending since', e.pending_since ? stamp(e.pending_since) : ''],
    ['Next call', next(e.next)],
    ['Last seen open', i.last_seen_open ? stamp(i.last_seen_open) : ''],
    ['Other open incidents', (e.extra_incidents ?? []).join(', ')],
    ["Another tool's incident", e.foreign_incident ?? ''],
  ];
  return list(rows);
}

function counts(e) {
  const firing = `${e.firing} of ${e.members} firing`;
  if (!e.held) return firing;
  return e.firing ? `${firing}, ${e.held} held` : `${e.held} held`;
}

function next(n) {
  if (!n) return '';
  if (!n.call) return tick(element('span'), () => `none; the bridge forgets the alias ${when(n.at)}`);
  const reason = n.unless ? ` unless ${n.unless}` : n.why ? `, because ${n.why}` : '';
  return tick(element('span'), () => `${n.call} ${ahead(n.paused_until) ? whenAllowed(n.paused_until) : when(n.at)}${reason}`);
}

function section(key, title, isOpen, ...children) {
  const d = element('details', '', element('summary', '', title), ...children);
  d.dataset.key = key;
  d.open = isOpen;
  return d;
}

function alerts(e) {
  const cards = e.alerts.map((a) => alertCard(a));
  if (e.more_alerts) cards.push(element('p', 'quiet', `and ${e.more_alerts} more`));
  return section('alerts', `Alerts (${e.members})`, true, ...cards);
}

function alertCard(a) {
  const over = a.resolved_at && a.state === 'resolved';
  const times = () => [over ? `at ${stamp(a.resolved_at)}` : '', a.starts_at ? `${over ? 'fired ' : ''}since ${stamp(a.starts_at)}` : '',
    ahead(a.held_until) ? `waits until ${clock(a.held_until)}` : '', a.last_seen ? `last heard of ${clock(a.last_seen)}` : ''].filter(Boolean).join(', ');
  const links = element('p', 'links');
  for (const l of a.links ?? []) links.append(link(l.name, l.url), ' ');
  const head = element('p', 'alert-head', element('span', `mark ${a.state}`, a.state), element('b', '', a.name || a.fingerprint || ''), element('span', 'quiet', a.severity ?? ''), tick(element('span', 'quiet'), times));
  return element('div', 'alert-card', head, pairs(a.annotations, 'annotations'), pairs(a.labels, 'labels'), links.childNodes.length ? links : '');
}

function pairs(map, className) {
  const names = Object.keys(map ?? {}).sort();
  if (!names.length) return '';
  if (className === 'labels') return element('p', 'labels', ...names.map((n) => element('code', 'label', `${n}="${map[n]}"`)));
  return list(names.map((n) => [n, map[n]]));
}

function content(e) {
  if (!e.content) return null;
  const c = e.content;
  const became = Object.fromEntries((e.fields ?? []).map((f) => [f.name, f.state]));
  const mark = (name) => (became[name] ? element('span', `field ${became[name] === 'to be written' ? 'due' : ''}`, became[name]) : '');
  return section('content', 'What the incident says', false, list([
    ['Title', c.title, mark('title')],
    ['Severity', c.severity, mark('severity')],
    ['Description', element('span', 'pre', c.description), mark('description')],
    ['Tags', c.tags.join(', '), mark('tags')],
    ['Affected services', (c.affected_services ?? []).join(', '), c.affected_services?.length ? mark('affected_services') : ''],
    ['Impact', c.impact_description ?? '', c.impact_description ? mark('impact_description') : ''],
    ['Assigned to', c.assigned_to ?? ''],
    ['Source', c.source],
  ]));
}

function results(e) {
  if (!e.results.length) return null;
  return section('results', 'Last calls', true, element('ol', 'results', ...e.results.map((r) => {
    const li = element('li', '', element('time', '', clock(r.at)), element('b', '', r.call), ` ${r.result}`, element('span', 'quiet', [r.text, r.reason].filter(Boolean).join(': ')));
    li.dataset.result = r.result;
    return li;
  })));
}

function reasons(notices) {
  return notices.length ? section('notices', 'Why alerts of this alias had no incident', true, element('ul', 'notices', ...notices.map((n) => notice(n)))) : null;
}

function leave() {
  if (location.hash) history.pushState(null, '', location.pathname + location.search);
  const former = alias;
  alias = '';
  const rows = [...document.querySelectorAll('#rows a.title')];
  rows.find((a) => a.hash === `#alias=${encodeURIComponent(former)}`)?.focus();
}
dialog.addEventListener('close', leave);
dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
byId('close').addEventListener('click', () => dialog.close());
