// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"net/http"
	"sync"
	"time"

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
	answer.Server = r.updates.note(e.Alias, answer.Result, status(err))
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

const (
	// maxFailing bounds the aliases whose failing updates are remembered.
	maxFailing = 1024
	// sameRow is how long after a failure the next one belongs to the same row. Tries of one alias are at most an hour apart.
	sameRow = 2 * time.Hour
)

// updateRecord finds out whether the API rejects one update or fails for all.
type updateRecord struct {
	mu      sync.Mutex
	count   uint64             // of updates
	failing map[string]failure // consecutive failures, by alias
	last    success            // the last update that was carried out
	other   success            // the last one of another alias than last
}

type failure struct {
	count uint64    // at the first one
	last  time.Time // when the last one came
}

type success struct {
	alias string
	count uint64
}

// note remembers the result of an update. It reports whether the update failed with a server error although an update of another alias
// has succeeded since the first failure of this one.
func (u *updateRecord) note(alias string, r protocol.Result, status int) (server bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count++
	switch {
	case r == protocol.Done:
		delete(u.failing, alias)
		if u.last.alias != alias {
			u.other = u.last
		}
		u.last = success{alias, u.count}
		return false
	case r != protocol.Unanswered || status < http.StatusInternalServerError:
		return false
	}
	row, failed := u.failing[alias]
	if !failed || time.Since(row.last) > sameRow {
		u.remember(alias)
		return false
	}
	u.failing[alias] = failure{row.count, time.Now()}
	of := u.last
	if of.alias == alias {
		of = u.other
	}
	return of.count > row.count
}

func (u *updateRecord) remember(alias string) {
	if u.failing == nil {
		u.failing = map[string]failure{}
	}
	if len(u.failing) >= maxFailing {
		oldest := alias
		for a, row := range u.failing {
			if oldest == alias || row.count < u.failing[oldest].count {
				oldest = a
			}
		}
		delete(u.failing, oldest)
	}
	u.failing[alias] = failure{u.count, time.Now()}
}
