// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func (m *fakeManager) Find(ctx context.Context, questions []alert24.Question) ([]protocol.Answer, error) {
	answers, failed := make([]protocol.Answer, len(questions)), error(nil)
	began := time.Now()
	listed := protocol.Answer{Result: protocol.Done}
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
		answers[i] = protocol.Answer{Result: listed.Result, RetryAfter: listed.RetryAfter, Began: began}
		if listed.Result == protocol.Done {
			answers[i].Found = m.found(q)
		}
		if q.ID != "" && listed.Result == protocol.Done && q.Depth == protocol.Known {
			if read, err := m.read(ctx, protocol.Lookup, q.ID); err == nil {
				answers[i].Found = append(answers[i].Found, read.Incident)
			} else if read.Result != protocol.Gone {
				answers[i].Result, failed = protocol.Incomplete, err
				if read.Result == protocol.Denied {
					answers[i].Result = protocol.Denied
				}
			}
		}
	}
	return answers, failed
}

func (m *fakeManager) found(q alert24.Question) (found []protocol.Shown) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.alias == q.Alias && q.Depth > protocol.Known {
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
