// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package incident

import (
	"cmp"
	"slices"
	"strings"

	"github.com/alert24/otelcol-alert24/internal/labels"
)

// differing returns the names of the labels that differ between the alerts, in order.
func differing(alerts []Alert) []string {
	var names []string
	add := func(set, other labels.Set) {
		for _, l := range set {
			if value, there := other.Lookup(l.Name); !there || value != l.Value {
				names = append(names, l.Name)
			}
		}
	}
	for i := range alerts[1:] {
		add(alerts[0].Labels, alerts[1+i].Labels)
		add(alerts[1+i].Labels, alerts[0].Labels)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Ranking finds the worst alerts, as many as an incident shows.
type Ranking struct {
	worst []*Packed
}

// Takes reports whether p would be among the worst.
func (r *Ranking) Takes(p *Packed) bool {
	return len(r.worst) < maxShown || worseFirst(r.worst[maxShown-1], p) >= 0
}

// Add adds an alert, which must not change.
func (r *Ranking) Add(p *Packed) {
	if !r.Takes(p) {
		return
	}
	if r.worst == nil {
		r.worst = make([]*Packed, 0, maxShown)
	}
	r.worst = r.worst[:min(len(r.worst), maxShown-1)]
	i, _ := slices.BinarySearchFunc(r.worst, p, worseFirst)
	r.worst = slices.Insert(r.worst, i, p)
}

// Alerts returns the alerts, worst first.
func (r *Ranking) Alerts() []Alert {
	alerts := make([]Alert, len(r.worst))
	for i, p := range r.worst {
		alerts[i] = p.Unpack()
	}
	return alerts
}

// Worse reports whether p comes before q in an incident: it is worse, or equal and has text while q has none, or equal and older.
func (p *Packed) Worse(q *Packed) bool { return worseFirst(p, q) < 0 }

func worseFirst(a, b *Packed) int {
	if c := cmp.Compare(b.Severity, a.Severity); c != 0 {
		return c
	}
	if brief := a.IsBrief(); brief != b.IsBrief() {
		if brief {
			return 1
		}
		return -1
	}
	return cmp.Or(
		a.StartsAt.Compare(b.StartsAt),
		strings.Compare(a.Fingerprint, b.Fingerprint),
	)
}
