// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// work runs one worker.
func (r *Reconciler) work(c crew) {
	for {
		alias, ok := r.queue.get(c)
		if !ok {
			return
		}
		if !r.process(alias) {
			r.queue.done(alias)
		}
	}
}

// process makes the alias's next call, if it needs one. It reports whether an answer is under way. That answer then ends the work on the alias.
func (r *Reconciler) process(alias string) bool {
	d, content := r.prepare(alias)
	kind := d.Call.Kind
	if kind == protocol.NoCall && (d.Wake.IsZero() || d.Wake.After(time.Now())) {
		r.origins.take(alias)
		r.wake(alias, d.Wake)
		return false
	}
	at := r.queue.laneOf(alias)
	if kind != protocol.NoCall && kind != protocol.Lookup {
		if opens := r.gate.opensAt(laneOfRequest(kind, at)); opens.After(time.Now()) {
			r.queue.addAt(alias, opens) // by then it may need something else
			return false
		}
	}
	e, d, err := r.ledger.Claim(r.stopping, alias)
	switch {
	case err != nil:
		if r.stopping.Err() == nil {
			r.observer.StorageFailed(err)
		}
		r.queue.addAt(alias, time.Now().Add(storagePause))
		return false
	case d.Call.Kind == protocol.NoCall:
		r.wake(alias, d.Wake)
		return false
	case d.Call.Kind == protocol.Lookup:
		r.finder.ask(questionOf(e, d.Call), at)
		r.queue.add(alias) // other calls need not wait for a lookup
		return false
	}
	r.call(e, d.Call, at, content)
	return true
}

// prepare calls the ledger's Prepare, and lets the alias hurry if the API works again.
func (r *Reconciler) prepare(alias string) (protocol.Decision, *incident.Content) {
	d, content := r.ledger.Prepare(alias)
	since := r.recovery.wait(alias, d.Slow)
	if since.IsZero() {
		return d, content
	}
	switch hurried, err := r.ledger.Hurry(r.stopping, alias, since); {
	case err != nil:
		if r.stopping.Err() == nil {
			r.observer.StorageFailed(err)
		}
		r.queue.addAt(alias, time.Now().Add(storagePause))
	case hurried:
		return r.ledger.Prepare(alias)
	}
	return d, content
}

// wake queues the alias for the given time.
func (r *Reconciler) wake(alias string, at time.Time) {
	if !at.IsZero() {
		r.queue.addAt(alias, at)
	}
}

func questionOf(e *protocol.Entry, c protocol.Call) *question {
	q := &question{Question: alert24.Question{Alias: e.Alias, ID: c.ID, Depth: c.Depth, Fresh: c.Fresh, Since: c.At}, call: c}
	q.Titles, q.AnyTitle = e.Titles()
	return q
}

// call makes a claimed call of an alias in the given lane and hands over its answer. The worker does not commit the answer: a lost answer
// leaves doubt, which is safe.
func (r *Reconciler) call(e *protocol.Entry, c protocol.Call, at lane, prepared *incident.Content) {
	ctx, span := r.startSpan(r.calls, e.Alias, c)
	ctx = urgent(permit(ctx, r.cfg.MayCall, c.At), at)
	began := time.Now()
	answer, err := r.carryOut(ctx, e, c, prepared)
	_, answer.TurnedAway = errors.AsType[*PausedError](err)
	endSpan(span, answer, err)
	r.finish(&answered{Answered: protocol.Answered{Alias: e.Alias, Call: c, Answer: answer}, err: err, held: true}, time.Since(began))
}

func (r *Reconciler) carryOut(ctx context.Context, e *protocol.Entry, c protocol.Call, prepared *incident.Content) (protocol.Answer, error) {
	switch c.Kind {
	case protocol.Create:
		content, sent := r.content(e, c, prepared)
		answer, err := r.manager.Create(ctx, alert24.Draft{Alias: e.Alias, Content: content, Short: c.Short})
		if answer.Sent == (protocol.Content{}) {
			answer.Sent = sent // otherwise the manager has reported what left
		}
		answer.ContentSuspect = r.creates.note(e.Alias, answer.Result, err, r.recovery.reads())
		return answer, err
	case protocol.Update:
		content, sent := r.content(e, c, prepared)
		return r.update(ctx, e, c, content, sent)
	case protocol.Close:
		if c.Renew {
			return r.renew(ctx, e, c)
		}
		return r.manager.Close(ctx, c.ID, closeAt(e, c))
	default: // protocol.Reopen
		return r.manager.Reopen(ctx, c.ID)
	}
}

// content returns the content of the call. It uses the prepared content if the write-ahead names it, and otherwise renders again.
func (r *Reconciler) content(e *protocol.Entry, c protocol.Call, prepared *incident.Content) (incident.Content, protocol.Content) {
	if prepared != nil && protocol.Of(prepared) == c.Content {
		return *prepared, c.Content
	}
	return r.ledger.Content(e)
}

// closeAt returns when the incident ended; zero if the call must not send a time.
func closeAt(e *protocol.Entry, c protocol.Call) time.Time {
	if c.Bare {
		return time.Time{}
	}
	at := e.EndedAt()
	if c.ID != e.Incident.ID || e.Firing() || at.IsZero() {
		return time.Now() // a second incident, or one whose alert fires again
	}
	return at
}

// heard tells the gate what it cannot see: that the API refused the key. It bounds how long the API can hold the alias back, because a
// create may be its next call. When the API works again, it queues the slow aliases.
func (r *Reconciler) heard(kind protocol.Kind, a *protocol.Answer, err error) {
	if Asked(err) {
		for _, alias := range r.recovery.heard(kind, alert24.Works(a.Result, err)) {
			r.queue.add(alias)
		}
	}
	if status(err) == http.StatusUnauthorized {
		r.gate.deny(r.cfg.DeniedPause)
	}
	a.RetryAfter = min(max(a.RetryAfter, 0), maxPagePause)
}

// status returns the HTTP status in err, or 0 if there was no answer.
func status(err error) int {
	if e, ok := errors.AsType[*alert24.Error](err); ok {
		return e.Status
	}
	return 0
}
