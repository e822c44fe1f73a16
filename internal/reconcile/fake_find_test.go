// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Find reads the list, except for the depth Known, and then, by its id, each known incident that the list has not shown.
func (m *fakeManager) Find(ctx context.Context, questions []alert24.Question, found func(i int, a protocol.Answer, err error)) {
	listed, failed := protocol.Answer{Result: protocol.Done}, error(nil)
	began := time.Now()
	if depth := questions[0].Depth; depth > protocol.Known {
		op := opDeep
		if depth == protocol.Newest {
			op = opList
		}
		if listed, failed = m.send(ctx, protocol.Lookup, request{op: op, questions: len(questions)}, func() protocol.Answer {
			return protocol.Answer{Result: protocol.Done}
		}); failed != nil && listed.Result != protocol.Denied {
			listed.Result = protocol.Incomplete
		}
	}
	for i, q := range questions {
		a, err := protocol.Answer{Result: listed.Result, RetryAfter: listed.RetryAfter, Began: began}, failed
		if failed == nil {
			a.Found = m.found(q)
			if q.Fresh { // here, an alias has no other open incident
				a.Found = slices.DeleteFunc(a.Found, func(s protocol.Shown) bool { return s.ID == q.ID })
			}
		}
		known := slices.ContainsFunc(a.Found, func(s protocol.Shown) bool { return s.ID == q.ID })
		if q.ID != "" && failed == nil && !known {
			var read protocol.Answer
			if read, err = m.read(ctx, protocol.Lookup, q.ID); err == nil {
				a.Found, a.ByID = append(a.Found, read.Incident), true
			} else if read.Result != protocol.Gone {
				a.Result = protocol.Incomplete
				if read.Result == protocol.Denied {
					a.Result = protocol.Denied
				}
			} else {
				err, a.ByID = nil, true
			}
		}
		found(i, a, err)
	}
}

const (
	page   = 100             // incidents
	margin = 5 * time.Minute // of how far back the list is read
)

// found returns the incidents of the alias that the list shows.
func (m *fakeManager) found(q alert24.Question) (found []protocol.Shown) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, r := range m.rows {
		newest := q.Depth == protocol.Newest && len(m.rows)-i <= page
		since := q.Depth == protocol.Since && !r.CreatedAt.Before(q.Since.Add(-margin))
		if r.alias == q.Alias && (newest || since || q.Depth == protocol.All) {
			found = append(found, r.Shown)
		}
	}
	return found
}

func (m *fakeManager) Open(ctx context.Context) (alert24.Listing, error) {
	l := alert24.Listing{IDs: map[string]bool{}}
	_, err := m.send(ctx, protocol.Lookup, request{op: opOpen}, func() protocol.Answer {
		for _, r := range m.rows {
			if r.Open {
				l.IDs[r.ID] = true
				l.Ours = append(l.Ours, alert24.Listed{Tag: incident.AliasTag(r.alias), ID: r.ID, CreatedAt: r.CreatedAt})
			}
		}
		return protocol.Answer{Result: protocol.Done}
	})
	return l, err
}
