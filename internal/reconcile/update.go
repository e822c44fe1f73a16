// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"net/http"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// update reads the incident and writes only fields that differ and that no person has changed.
func (r *Reconciler) update(
	ctx context.Context, e *protocol.Entry, c protocol.Call, content incident.Content, sent protocol.Content,
) (protocol.Answer, error) {
	answer, writes, err := r.readBefore(ctx, c)
	answer.Sent = sent
	if !writes {
		return answer, err
	}
	fields := protocol.Patch(e, sent, answer.Before, c.Form)
	if fields == 0 {
		answer.Result = protocol.Done
		return answer, nil
	}
	before := answer.Before
	answer, err = r.manager.Update(ctx, c.ID, alert24.Draft{Alias: e.Alias, Content: content}, fields)
	answer.Before, answer.Sent = before, sent
	answer.ContentSuspect = r.updates.note(e.Alias, answer.Result, err, r.recovery.reads())
	return answer, err
}

// renew closes the incident so that another one pages people, unless it reads that somebody closed it.
func (r *Reconciler) renew(ctx context.Context, e *protocol.Entry, c protocol.Call) (protocol.Answer, error) {
	if answer, writes, err := r.readBefore(ctx, c); !writes {
		return answer, err
	}
	return r.manager.Close(ctx, c.ID, closeAt(e, c))
}

// readBefore reads the incident before c writes to it. If c must not write, the answer says why.
func (r *Reconciler) readBefore(ctx context.Context, c protocol.Call) (answer protocol.Answer, writes bool, err error) {
	read, err := r.manager.Read(ctx, c.ID)
	answer = protocol.Answer{Result: read.Result, RetryAfter: read.RetryAfter, Before: read.Incident}
	switch {
	case read.Result == protocol.Done:
		writes = !read.Incident.Seen || read.Incident.Open
	case read.Result == protocol.Denied && status(err) == http.StatusForbidden:
		answer.Before, writes = protocol.Shown{}, true // the key may write but not read
	case read.Result == protocol.Gone, read.Result == protocol.Denied:
	default:
		answer.Result = protocol.NotSent
	}
	return answer, writes, err
}
