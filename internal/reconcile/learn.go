// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"time"

	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	// storagePause is the time between attempts to write to a failing storage.
	storagePause = time.Second
	// maxUnlearnt bounds the waiting answers. When it is reached, workers wait, too.
	maxUnlearnt = 1024
)

// answered is an answer on its way to the ledger.
type answered struct {
	protocol.Answered
	err  error
	held bool // no other worker gets the alias until the answer is learned
}

// finish hands over the answer to a call.
func (r *Reconciler) finish(a *answered, took time.Duration) {
	r.heard(a.Call.Kind, &a.Answer, a.err)
	r.observer.Called(a.Alias, a.Call.Kind, a.Answer.Result, took, a.err)
	r.answers <- a
}

// found hands over the answer to a lookup.
func (r *Reconciler) found(q *question, a protocol.Answer, took time.Duration, err error) {
	answer := &answered{Answered: protocol.Answered{Alias: q.Alias, Call: q.call, Answer: a}, err: err}
	if a.TurnedAway {
		r.answers <- answer // it says nothing about the API
		return
	}
	r.finish(answer, took)
}

// outdated reports whether the entry has changed so that the answer to a lookup would mean nothing.
func (r *Reconciler) outdated(q *question) bool {
	e := r.ledger.Timed(q.Alias)
	return e.Entry == nil || e.Version != q.call.Version
}

// learn commits all waiting answers in one transaction.
func (r *Reconciler) learn() {
	for first := range r.answers {
		batch := []*answered{first}
		for n := len(r.answers); n > 0; n-- {
			batch = append(batch, <-r.answers)
		}
		r.commit(batch)
	}
}

func (r *Reconciler) commit(batch []*answered) {
	answers := make([]*protocol.Answered, len(batch))
	for i, a := range batch {
		answers[i] = &a.Answered
	}
	for {
		err := r.ledger.Learn(context.Background(), answers)
		if err == nil {
			break
		}
		r.observer.StorageFailed(err)
		if !sleep.For(r.stopping, storagePause) {
			return // shutting down: disk has the write-ahead, so the calls are in doubt after the restart
		}
	}
	for _, a := range batch {
		if a.Entry != nil {
			r.observer.Learned(&a.Answered, a.err)
		}
		if a.Rests {
			r.wake(a.Alias, a.Wake)
		} else {
			r.queue.add(a.Alias)
		}
		if a.held {
			r.queue.done(a.Alias)
		}
	}
}
