// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// The overview: how the bridge is doing, how many aliases are in which state, and which alerts have no incident.

import { ago, ahead, byId, clock, element, stamp, tick } from './dom.js';
import { counted } from './element.js';
import { set, showQuiet, view } from './table.js';
import { ofAll, troubles } from './trouble.js';

const groups = [
  ['', 'live', 'all aliases that fire, or have an incident that is not closed yet'],
  ['firing', 'firing', 'an alert fires'],
  ['open', 'open', 'the incident is open in Alert24'],
  ['pending', 'pending', 'a change has not reached Alert24 yet'],
  ['held', 'held', 'a firing waits because it may be a late repeat'],
  ['parked', 'parked', 'Alert24 refused the content'],
  ['doubtful', 'doubtful', 'a call had no answer and may have been carried out'],
  ['blocked', 'blocked', "another tool's incident has the alias"],
  ['dismissed', 'dismissed', 'a person closed the incident, and it stays closed until the alert resolves'],
];
const trouble = new Set(['parked', 'blocked']);

let last = '';
export function showOverview(o) {
  const { now: _, ...rest } = o;
  const text = JSON.stringify([rest, view.is]);
  if (text === last) return;
  last = text;
  showBridge(o);
  const wrong = ofAll(o.trouble);
  byId('trouble').replaceChildren(...troubles(wrong));
  byId('trouble').hidden = !wrong.length;
  showHealth(o);
  showGroups(o.counts);
  showQuiet(wrong);
  showNotices(o.notices);
  const firing = o.counts?.firing;
  document.title = `${firing ? `(${firing}) ` : ''}Alert24 bridge`;
}

function showBridge({ bridge }) {
  byId('bridge').replaceChildren(
    `${bridge.component} ${bridge.version}, up since ${clock(bridge.started)}. This page only reads.`,
    bridge.dry_run ? element('strong', 'dry', 'Dry run: nothing is sent to Alert24.') : '',
  );
}

// card is one part of the bridge: good, poor or bad; '' is neither.
function card(name, tone, headline, ...lines) {
  const e = element('div', 'card', element('h2', '', name), element('p', 'headline', headline),
    ...lines.filter(Boolean).map((l) => (l instanceof Node ? l : element('p', '', l))));
  e.dataset.tone = tone;
  return e;
}

function showHealth(o) {
  const cards = [apiCard(o.api, o.counts ?? {}, o.trouble), storageCard(o.storage), webhooksCard(o)];
  if (o.replica) cards.push(replicaCard(o.replica));
  if (o.watchdog) cards.push(watchdogCard(o.watchdog));
  for (const s of o.syncs.slice(0, 4)) cards.push(syncCard(s));
  if (o.services) cards.push(servicesCard(o.services));
  byId('health').replaceChildren(...cards);
}

function apiCard(api, counts, all) {
  const lines = [];
  if (api.last_success) lines.push(tick(element('p'), () => `last success ${ago(api.last_success)}`));
  const fails = api.state === 'fails' || api.state === 'refuses_key';
  if (fails && api.last_error) lines.push(element('p', 'error', `last failure at ${clock(api.last_failure)}: ${api.last_error}`));
  const limit = api.requests_per_second_limit ? `, limit ${counted(api.requests_per_second_limit, 'request', 'requests')} a second` : '';
  lines.push(`${counted(api.calls_last_minute, 'call', 'calls')} in the last minute${limit}`);
  if (counts.pending_since) lines.push(tick(element('p'), () => `oldest pending change: ${ago(counts.pending_since)}`));
  const paused = ahead(api.paused_until);
  const pause = paused ? ` Paused until ${clock(api.paused_until)}.` : '';
  switch (api.state) {
    case 'unknown': return card('Alert24', '', 'Known to the replica that leads.');
    case 'not_asked': return card('Alert24', '', 'Not asked yet.', ...lines);
    case 'refuses_key': return card('Alert24', 'bad', `Refuses the API key.${pause}`, ...lines);
    default:
  }
  if (paused) return card('Alert24', 'poor', `${api.rate_limited ? 'Rate limit (HTTP 429).' : 'Asked for a pause.'}${pause}`, ...lines);
  if (all.some((t) => t.kind === 'calls')) return card('Alert24', 'poor', `Calls for ${counts.failing} of ${counts.live} aliases fail.`, ...lines);
  if (fails) return card('Alert24', 'bad', 'Does not answer as it should.', ...lines);
  return card('Alert24', 'good', 'Answers.', ...lines);
}

function bytes(n) {
  if (n < 1 << 20) return `${Math.ceil(n / 1024)} KiB`;
  return `${(n / (1 << 20)).toFixed(1)} MiB`;
}

function storageCard(s) {
  const kind = { file: 'On disk', database: 'In the database', memory: 'In memory only: a restart forgets it' }[s.kind] ?? s.kind;
  if (!s.up) return card('Storage', 'bad', s.kind === 'database' ? 'The database cannot be used: webhooks are answered 503.' : 'Cannot be written: webhooks are answered 503.', element('p', 'error', s.error ?? ''));
  return card('Storage', s.kind === 'memory' ? 'poor' : 'good', `${kind}.`, s.bytes ? bytes(s.bytes) : '');
}

function webhooksCard({ webhooks: w, trouble: all }) {
  const line = (name, at) => tick(element('p'), () => `last ${name}: ${at ? ago(at) : `none since the start at ${clock(w.since)}`}`);
  const lines = [line('accepted', w.last_accepted), line('refused', w.last_refused), w.refusal ? element('p', 'error', w.refusal) : ''];
  if (w.last_refused && !(w.last_accepted && new Date(w.last_accepted) >= new Date(w.last_refused))) return card('Webhooks', 'poor', 'The last one was refused.', ...lines);
  if (all.some((t) => t.kind === 'refused')) return card('Webhooks', 'poor', 'Accepted, but not from every sender.', ...lines);
  if (w.last_accepted) return card('Webhooks', 'good', 'Accepted.', ...lines);
  return card('Webhooks', w.alerts_received ? '' : 'poor', `None has come since the start at ${clock(w.since)}.`);
}

function replicaCard(r) {
  const lines = [r.inbox_webhooks ? `webhooks that wait for the leader: ${r.inbox_webhooks}` : '', r.inbox_set_aside ? `webhooks that could not be used: ${r.inbox_set_aside}` : ''];
  if (r.leads) return card('Replica', r.inbox_set_aside ? 'poor' : 'good', 'This replica leads.', ...lines);
  if (r.has_leader) return card('Replica', '', 'This replica follows. The list is read from the database; only the leader knows calls, their failures and pauses.', ...lines);
  return card('Replica', 'bad', 'No replica leads.', ...lines);
}

function watchdogCard(w) {
  const lines = [`heard: ${w.heard}`, w.missing ? `missing: ${w.missing}` : '', w.unwatched ? `not watched yet: ${w.unwatched}` : ''];
  for (const s of w.missing_sources ?? []) lines.push(`silent since ${clock(s.heard_at)}: ${s.source}`);
  if (w.missing) return card('Watchdog', 'bad', 'A source of alerts is silent.', ...lines);
  const not = w.never_heard ? 'Never heard since the start.' : 'Not heard yet.';
  return card('Watchdog', w.heard ? 'good' : 'poor', w.heard ? 'Heard.' : not, ...lines);
}

function syncCard(s) {
  const at = tick(element('p'), () => `${s.alerts} ${s.alerts === 1 ? 'alert' : 'alerts'}, ${ago(s.at)}`);
  return card('Sync', s.complete ? 'good' : 'poor', s.complete ? 'Complete.' : 'Not complete: absent alerts are not resolved.', element('p', 'alias', s.source), at);
}

function servicesCard(s) {
  const names = s.unknown.slice(0, 5).map((u) => element('p', 'error', `${u.name} (${u.count}×)`));
  if (s.error) names.unshift(element('p', 'error', s.error));
  const headline = s.unknown.length ? `Alert24 has no service of ${s.unknown.length === 1 ? 'this name' : 'these names'}.` : `${counted(s.known, 'service is', 'services are')} known by name.`;
  return card('Services', s.unknown.length || s.error ? 'poor' : 'good', headline, ...names);
}

const buttons = new Map();
function showGroups(counts) {
  for (const [is, name, title] of groups) {
    let b = buttons.get(is);
    if (!b) {
      b = element('button', 'group', element('b'), element('span', '', name));
      b.type = 'button';
      b.title = title;
      b.addEventListener('click', () => { set({ is: view.is === is ? '' : is }); last = ''; });
      buttons.set(is, b);
      byId('groups').append(b);
    }
    b.firstChild.textContent = counts ? counts[name].toLocaleString('en') : '?';
    b.setAttribute('aria-pressed', String(view.is === is));
    b.classList.toggle('trouble', trouble.has(is) && counts?.[name] > 0);
  }
}

const kinds = {
  ignored: 'ignored', held: 'held', unusable: 'unusable', no_room: 'no room', never_opened: 'never opened', skipped: 'skipped', refused: 'refused',
};

function showNotices(notices) {
  byId('notices-section').hidden = notices.length === 0;
  byId('notices').replaceChildren(...notices.map((n) => notice(n)));
}

// notice is one reason why an alert has no incident.
export function notice(n) {
  const when = tick(element('span', 'when'), () => ago(n.last));
  when.title = stamp(n.last);
  const times = n.count > 1 ? `${n.count} times since ${clock(n.first)}` : '';
  const until = n.until ? `, until ${clock(n.until)}` : '';
  return element('li', '', element('span', 'kind', kinds[n.kind] ?? n.kind), element('span', 'text', element('span', 'alias', n.alias ?? ''), ` ${n.text}${until}${n.from ? `, from ${n.from}` : ''}`),
    element('span', 'times', times), when);
}
