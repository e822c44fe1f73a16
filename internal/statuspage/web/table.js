// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// The table of live aliases: one page of it, sorted and filtered by the bridge, so that ten thousand rows cost as little as ten.

import { byId, element, since, state, stamp, tick } from './dom.js';
import { quiet } from './trouble.js';

const rowsPerPage = 100;

// view is what the reader wants to see. It stays in the address, so that it can be shared and survives a reload.
export const view = {
  filter: '', is: '', sort: 'severity', order: 'asc', page: 0,
  query() {
    const q = new URLSearchParams({ sort: this.sort, order: this.order, offset: this.page * rowsPerPage, limit: rowsPerPage });
    if (this.filter) q.set('filter', this.filter);
    if (this.is) q.set('is', this.is);
    return q.toString();
  },
  read() {
    const q = new URLSearchParams(location.search);
    for (const name of ['filter', 'is', 'sort', 'order']) if (q.has(name)) this[name] = q.get(name);
    this.page = Math.max(0, Number.parseInt(q.get('page') ?? '0', 10) || 0);
  },
  write() {
    const q = new URLSearchParams();
    if (this.filter) q.set('filter', this.filter);
    if (this.is) q.set('is', this.is);
    if (this.sort !== 'severity' || this.order !== 'asc') { q.set('sort', this.sort); q.set('order', this.order); }
    if (this.page) q.set('page', this.page);
    const search = q.toString();
    history.replaceState(null, '', `${location.pathname}${search ? `?${search}` : ''}${location.hash}`);
  },
};

let changed = () => {};
export function onView(f) { changed = f; }

// set changes the view. Anything but another page begins at the first one.
export function set(to) {
  Object.assign(view, { page: 0 }, to);
  view.write();
  showSort();
  changed();
}

function showSort() {
  byId('sort').value = `${view.sort} ${view.order}`;
  for (const th of document.querySelectorAll('th[data-sort]')) {
    if (th.dataset.sort === view.sort) th.setAttribute('aria-sort', view.order === 'asc' ? 'ascending' : 'descending');
    else th.removeAttribute('aria-sort');
  }
}

const shown = new Map(); // rows by alias: { tr, text }

// showRows shows a part of the table. Rows that stay keep their element, and so the focus.
export function showRows({ rows, total, offset }) {
  const body = byId('rows');
  const wanted = new Set(rows.map((r) => r.alias));
  for (const [alias, { tr }] of shown) {
    if (!wanted.has(alias)) {
      tr.remove();
      shown.delete(alias);
    }
  }
  rows.forEach((row, at) => {
    const text = JSON.stringify(row);
    let known = shown.get(row.alias);
    if (!known) {
      known = { tr: element('tr'), text: '' };
      known.tr.setAttribute('role', 'row');
      shown.set(row.alias, known);
    }
    if (known.text !== text) {
      fill(known.tr, row);
      known.text = text;
    }
    if (body.children[at] !== known.tr) body.insertBefore(known.tr, body.children[at] ?? null);
  });
  showEmpty(total);
  showPager(total, offset, rows.length);
}

function fill(tr, row) {
  const focused = tr.contains(document.activeElement);
  tr.dataset.severity = row.severity;
  tr.dataset.state = row.state.kind;
  const a = element('a', 'title', row.title || row.alias);
  a.href = `#alias=${encodeURIComponent(row.alias)}`;
  const alias = element('span', 'alias', row.title ? row.alias : '');
  const age = tick(element('span'), () => (row.since ? since(row.since) : ''));
  if (row.since) age.title = stamp(row.since);
  const cells = [
    element('td', 'severity', row.severity || '–'),
    element('td', 'alert', a, alias, row.firing > 1 ? element('span', 'members', `${row.firing} alerts fire`) : ''),
    element('td', 'state', tick(element('span'), () => state(row.state))),
    element('td', 'since', age),
  ];
  for (const td of cells) td.setAttribute('role', 'cell');
  tr.replaceChildren(...cells);
  if (focused) a.focus();
}

let wrong = [];
let known = -1; // rows; below 0: the bridge has not said yet

// showQuiet says in an empty table what is wrong, or that all is quiet.
export function showQuiet(all) {
  wrong = all;
  if (known >= 0) showEmpty(known);
}

function showEmpty(total) {
  known = total;
  const empty = byId('empty');
  empty.hidden = total > 0;
  byId('table').hidden = total === 0;
  const [title, text, tone] = view.filter || view.is
    ? ['Nothing matches', 'No live alias has what you look for. Closed ones are not in this list.', '']
    : quiet(wrong);
  empty.dataset.tone = tone;
  empty.querySelector('.empty-title').textContent = title;
  empty.querySelector('.empty-text').textContent = text;
}

function showPager(total, offset, n) {
  byId('pager').hidden = total <= rowsPerPage && offset === 0;
  const number = (i) => i.toLocaleString('en');
  byId('where').textContent = n ? `${number(offset + 1)} to ${number(offset + n)} of ${number(total)}` : `none of ${number(total)} here`;
  byId('previous').disabled = offset === 0;
  byId('next').disabled = offset + n >= total;
  if (n === 0 && total > 0 && view.page > 0) set({ page: Math.floor((total - 1) / rowsPerPage) });
}

// rowKeys moves through the rows with the arrow keys.
export function rowKeys(event) {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
  if (event.target.matches?.('select')) return;
  const links = [...document.querySelectorAll('#rows a.title')];
  const at = links.indexOf(document.activeElement);
  const next = links[event.key === 'ArrowDown' ? at + 1 : at - 1];
  if (next) {
    event.preventDefault();
    next.focus();
  }
}

let typing = 0;
byId('filter').addEventListener('input', (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => set({ filter: event.target.value.trim() }), 150);
});
byId('sort').addEventListener('change', (event) => {
  const [sort, order] = event.target.value.split(' ');
  set({ sort, order });
});
for (const th of document.querySelectorAll('th[data-sort]')) {
  th.querySelector('button').addEventListener('click', () => {
    const { sort } = th.dataset;
    set({ sort, order: view.sort === sort && view.order === 'asc' ? 'desc' : 'asc' });
  });
}
byId('previous').addEventListener('click', () => { set({ page: Math.max(0, view.page - 1) }); scrollTo(0, 0); });
byId('next').addEventListener('click', () => { set({ page: view.page + 1 }); scrollTo(0, 0); });
byId('rows').addEventListener('click', (event) => {
  const link = event.target.closest('tr')?.querySelector('a.title');
  if (link && event.target !== link && getSelection().isCollapsed) link.click();
});

view.read();
byId('filter').value = view.filter;
showSort();
