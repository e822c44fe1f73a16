// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// How one incident is drawn. Everything that came over the API goes in as text, never as markup.

import { Actions } from './actions.js';
import { element } from './element.js';
import { clock, span, stamp } from './time.js';

function time(iso) {
  const e = element('time', '', clock(iso));
  e.dateTime = iso;
  e.title = stamp(iso);
  return e;
}

export const isOpen = (incident) => incident.status !== 'resolved' && incident.status !== 'postmortem';

// Row is the element of one incident, kept while the incident changes so that it stays open and focused.
export class Row {
  constructor(id) {
    this.id = id;
    this.parts = {
      severity: element('span', 'severity'),
      title: element('div', 'title'),
      alias: element('div', 'alias'),
      marks: element('div', 'marks'),
      status: element('span', 'status'),
      time: element('span', 'time'),
      duration: element('span', 'duration'),
    };
    const { severity, title, alias, marks, status, time, duration } = this.parts;
    this.text = element('div', '');
    this.history = element('div', '');
    this.actions = new Actions(id); // kept, so that what somebody types stays while the incident changes
    this.detail = element('div', 'detail', element('div', '', this.text, this.actions.element), this.history);
    this.element = element('details', 'incident',
      element('summary', '', severity, element('div', 'main', title, alias, marks), status, time, duration), this.detail);
    this.element.addEventListener('toggle', () => this.element.open && this.loadDetail());
    this.element.addEventListener('animationend', () => this.element.classList.remove('changed'));
  }

  update(incident, now, isNews) {
    this.incident = incident;
    this.element.dataset.severity = incident.severity;
    this.element.dataset.id = incident.id;
    this.parts.severity.textContent = incident.severity;
    this.parts.title.textContent = incident.title;
    this.parts.alias.textContent = incident.alias || `#${incident.incident_number}, no alias`;
    this.parts.marks.replaceChildren(...marks(incident));
    this.parts.status.textContent = incident.status;
    this.parts.time.replaceChildren(time(incident.started_at));
    this.tick(now);
    if (isNews) {
      this.element.classList.remove('changed');
      void this.element.offsetWidth; // lets the animation start again
      this.element.classList.add('changed');
    }
    if (this.element.open) this.loadDetail();
  }

  // tick shows how long the incident has lasted.
  tick(now) {
    const { started_at, resolved_at, updated_at } = this.incident;
    const end = isOpen(this.incident) ? now : Date.parse(resolved_at ?? updated_at);
    const text = span(end - Date.parse(started_at));
    if (this.parts.duration.textContent !== text) this.parts.duration.textContent = text;
  }

  async loadDetail() {
    const request = (this.request = {}); // only the newest answer counts
    try {
      const response = await fetch(`/_sandbox/incidents/${encodeURIComponent(this.id)}`);
      const body = await response.json();
      if (request !== this.request) return;
      if (!response.ok) throw new Error(body.error.message);
      this.showDetail(body.data);
    } catch (error) {
      if (request === this.request) this.text.replaceChildren(element('p', '', `Its history cannot be shown: ${error.message}`));
    }
  }

  showDetail(incident) {
    this.text.replaceChildren(...(incident.description ? [withLinks(incident.description)] : []), facts(incident));
    this.history.replaceChildren(history(incident));
    this.actions.update(incident, isOpen(incident));
  }
}

// people says how people would be paged.
const people = (channels) => channels.join(', ').replace('sms', 'SMS');

// marks are an incident's occurrences, and who would be paged.
function marks(incident) {
  const found = [];
  if (incident.dedup_count) found.push(element('span', 'mark', `${incident.dedup_count + 1} occurrences`));
  if (incident.would_page.length) found.push(element('span', 'mark pages', `would page: ${people(incident.would_page)}`));
  return found;
}

function facts(incident) {
  const list = element('dl', 'facts');
  const add = (name, ...value) => list.append(element('dt', '', name), element('dd', '', ...value));
  const labels = Object.entries(incident.labels ?? {}).map(([k, v]) => `${k}=${v}`);
  add('Number', `#${incident.incident_number}`);
  add('Started', stamp(incident.started_at));
  if (incident.acknowledged_at) add('Acknowledged', stamp(incident.acknowledged_at));
  if (incident.resolved_at) add('Resolved', stamp(incident.resolved_at));
  add('Source', incident.source);
  add('Occurrences', String(incident.dedup_count + 1));
  add('Would page', incident.would_page.length ? people(incident.would_page) : 'nobody');
  if (labels.length) add('Labels', labels.join(', '));
  if (incident.tags?.length) add('Tags', incident.tags.join(', '));
  if (incident.affected_services?.length) add('Services', incident.affected_services.join(', '));
  if (incident.impact_description) add('Impact', incident.impact_description);
  if (incident.assigned_to) add('Assigned to', incident.assigned_to);
  add('Id', element('code', '', incident.id));
  return list;
}

const by = { person: ' by a person', 'other tool': ' by another tool' };

function history(incident) {
  const list = element('ol', 'history');
  const dropped = incident.history_dropped ?? 0;
  incident.history.forEach((event, n) => {
    if (n === 1 && dropped) list.append(element('li', '', element('span', 'by', `${dropped} more, not kept`)));
    const item = element('li', '', time(event.at), event.kind, element('span', 'by', by[event.by] ?? ''));
    item.dataset.kind = event.kind;
    if (event.request_id) item.title = event.request_id;
    if (event.would_page) item.append(element('span', 'mark pages', `would page: ${people(event.would_page)}`));
    if (event.public) item.append(element('span', 'mark', 'on the status page'));
    for (const change of event.changes ?? []) {
      item.append(element('span', 'change', `${change.field.replaceAll('_', ' ')} `, ...(change.from ? [`${change.from} → `] : []),
        element('b', '', change.to || 'none')));
    }
    if (event.kind === 'updated' && !event.changes?.length) item.append(element('span', 'change', 'nothing changed'));
    list.append(item);
  });
  return element('div', '', element('h3', '', 'History'), list);
}

// withLinks makes links of web addresses in a text.
function withLinks(text) {
  const p = element('p', 'description');
  for (const part of text.split(/(https?:\/\/[^\s<>"]+)/)) {
    if (/^https?:\/\//.test(part) && URL.canParse(part)) {
      const link = element('a', '', part);
      link.href = part;
      link.target = '_blank';
      link.rel = 'noopener noreferrer';
      p.append(link);
    } else {
      p.append(part);
    }
  }
  return p;
}
