// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// What a person would do to an incident in the web application: resolve, acknowledge, assign, edit.

import { element } from './element.js';

const severities = ['critical', 'high', 'medium', 'low', 'maintenance'];

export class Actions {
  constructor(id) {
    this.path = `/_sandbox/incidents/${encodeURIComponent(id)}`;
    this.resolve = this.button('Resolve as a person', () => this.send(this.open ? '/resolve' : '/reopen', 'POST'));
    this.acknowledge = this.button('Acknowledge', () => this.send('/acknowledge', 'POST'));
    this.edit = this.button('Edit or assign', () => this.begin());
    this.problem = element('span', 'problem');
    this.problem.setAttribute('role', 'status');
    this.form = this.makeForm();
    this.element = element('div', '', element('div', 'actions', this.resolve, this.acknowledge, this.edit, this.problem), this.form);
  }

  update(incident, open) {
    this.incident = incident;
    this.open = open;
    this.resolve.textContent = open ? 'Resolve as a person' : 'Reopen as a person';
    this.acknowledge.hidden = !open || incident.status === 'acknowledged';
  }

  button(text, act) {
    const b = element('button', '', text);
    b.type = 'button';
    b.addEventListener('click', act);
    return b;
  }

  makeForm() {
    const field = (label, input) => element('label', 'field', element('span', '', label), input);
    this.fields = {
      title: element('input', ''),
      severity: element('select', '', ...severities.map((s) => element('option', '', s))),
      assigned_to: element('input', ''),
      description: element('textarea', ''),
    };
    this.fields.description.rows = 6;
    const save = element('button', '', 'Save');
    const form = element('form', 'edit', field('Title', this.fields.title), field('Severity', this.fields.severity),
      field('Assigned to', this.fields.assigned_to), field('Description', this.fields.description),
      element('div', 'actions', save, this.button('Cancel', () => this.end())));
    form.hidden = true;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.save();
    });
    form.addEventListener('keydown', (event) => event.key === 'Escape' && this.end());
    return form;
  }

  begin() {
    for (const [name, input] of Object.entries(this.fields)) input.value = this.incident[name] ?? '';
    this.before = this.values();
    this.form.hidden = false;
    this.fields.title.focus();
  }

  end() {
    this.problem.textContent = '';
    this.form.hidden = true;
    this.edit.focus();
  }

  values() {
    return Object.fromEntries(Object.entries(this.fields).map(([name, input]) => [name, input.value]));
  }

  // save sends what was changed in the form only, as a person who leaves the rest alone.
  async save() {
    if (!this.fields.title.value.trim()) {
      this.problem.textContent = 'That failed: title is required';
      return;
    }
    const changed = Object.entries(this.values()).filter(([name, value]) => value !== this.before[name]);
    if (changed.length === 0 || await this.send('', 'PATCH', Object.fromEntries(changed))) this.end();
  }

  async send(path, method, body) {
    this.problem.textContent = '';
    try {
      const response = await fetch(this.path + path, { method, body: body && JSON.stringify(body) });
      if (!response.ok) throw new Error((await response.json()).error.message);
      return true;
    } catch (error) {
      this.problem.textContent = `That failed: ${error.message}`;
      return false;
    }
  }
}
