// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import "time"

// reach is how far back a reading of the list has come. The API says that its list begins with the newest incident, and not by
// which time: so the order is learned from the rows. In a list by creation, all behind a page whose incidents were created before some
// moment were created before it, too. In a list by update that holds for the time of the update, and what was updated before was created
// before. A list in any other order proves nothing until it ends.
type reach struct {
	end bool // the list ended
	// before is the newest time of the oldest page; zero: none, or the order proves nothing.
	before           time.Time
	created, updated order
}

// order follows the times of rows, which are to fall.
type order struct {
	least  time.Time
	fell   bool // at least once: rows that are all of one time prove nothing
	broken bool
}

// holds: the list is in this order.
func (o *order) holds() bool { return o.fell && !o.broken }

// orderMargin is how far rows may be out of order: servers' clocks differ, and what is made at the same time stands in any order.
const orderMargin = time.Minute

// add notes the times of a page.
func (o *order) add(times []time.Time) {
	if len(times) == 0 {
		return
	}
	o.broken = o.broken || times[0].Before(times[len(times)-1])
	for _, at := range times {
		o.fell = o.fell || at.Before(o.least)
		o.broken = o.broken || !o.least.IsZero() && at.Sub(o.least) > orderMargin
		if o.least.IsZero() || at.Before(o.least) {
			o.least = at
		}
	}
}

// covers: all that was created at or after bound was read.
func (r *reach) covers(bound time.Time) bool {
	return r.end || !r.before.IsZero() && r.before.Before(bound)
}

// add notes a page.
func (r *reach) add(p *page) {
	r.end = r.end || !p.more
	created := make([]time.Time, len(p.rows))
	updated := make([]time.Time, len(p.rows))
	for i := range p.rows {
		row := &p.rows[i]
		created[i], updated[i] = row.CreatedAt.time(), row.UpdatedAt.time()
		if created[i].IsZero() {
			return // the row may be of any age, so the page is not wholly older than anything
		}
		if updated[i].IsZero() {
			updated[i] = created[i]
		}
	}
	r.created.add(created)
	r.updated.add(updated)
	var newest time.Time
	if !r.created.broken {
		newest = latest(newest, created)
	}
	if !r.updated.broken {
		newest = latest(newest, updated)
	}
	switch {
	case !r.created.holds() && !r.updated.holds():
		r.before = time.Time{}
	case r.before.IsZero() || newest.Before(r.before):
		r.before = newest
	}
}

func latest(newest time.Time, times []time.Time) time.Time {
	for _, at := range times {
		if at.After(newest) {
			newest = at
		}
	}
	return newest
}
