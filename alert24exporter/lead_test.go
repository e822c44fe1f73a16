// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// leadership is one without a database. Its commits fail while broken is set.
type leadership struct {
	ledger.Leadership
	rows   []ledger.Row
	broken bool
	then   func() // called after each commit
}

func (*leadership) Load(context.Context, func(ledger.Loaded) error, func(string, []byte) []byte) error {
	return nil
}

func (l *leadership) Inbox(context.Context, []int64) (rows []ledger.Row, rest []int64, err error) {
	return l.rows, nil, nil
}

func (l *leadership) CommitInbox(_ context.Context, _ []ledger.Change, done ledger.Consumed) error {
	if l.broken {
		return errors.New("broken")
	}
	l.rows = slices.DeleteFunc(slices.Clone(l.rows), func(r ledger.Row) bool { return slices.Contains(done.IDs, r.ID) })
	if l.then != nil {
		l.then()
	}
	return nil
}

func (*leadership) Unsettled() time.Duration { return 0 }
func (*leadership) MayCall(time.Time) bool   { return true }
func (*leadership) Publish(int)              {}
func (*leadership) Size() int64              { return 0 }

// leave puts records into the inbox.
func (l *leadership) leave(t *testing.T, ld plog.Logs) {
	t.Helper()
	payload, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	require.NoError(t, err)
	l.rows = append(l.rows, ledger.Row{ID: int64(len(l.rows)), Payload: payload})
}

// newLeader returns a replica that has just taken the leadership.
func newLeader(t *testing.T) (*replica, *leadership, *term) {
	t.Helper()
	cfg := configOf(sandboxtest.Start(t, sandbox.Options{}))
	r, l := &replica{alert24Exporter: unstarted(t, cfg), lease: time.Second}, &leadership{}
	term, err := r.take(t.Context(), l)
	require.NoError(t, err)
	return r, l, term
}

// A list must not overtake the webhooks that are in the inbox with it: it may let an alert fire that one of them resolves.
func TestListWaitsForTheInbox(t *testing.T) {
	r, l, term := newLeader(t)

	l.leave(t, logs(alertAttributes("firing")))
	l.leave(t, listOf(watchdogKey))
	l.broken = true
	r.drain(t.Context(), term, l)
	assert.Empty(t, r.lately.lists(), "the webhook before it is not applied yet")
	l.broken = false
	r.drain(t.Context(), term, l)
	assert.Len(t, r.lately.lists(), 1)
	assert.Empty(t, l.rows)
}

// While the lists of one transaction are about to be applied, a webhook of the leader may read the inbox again, with newer lists. These
// wait until the webhooks around them are applied.
func TestListWaitsForTheTransactionThatReadIt(t *testing.T) {
	r, l, term := newLeader(t)

	l.leave(t, logs(alertAttributes("firing")))
	l.then = func() {
		l.then = nil
		l.leave(t, listOf(watchdogKey))
		_, err := r.unpack(l.rows[0]) // as the next transaction does, which then fails
		assert.NoError(t, err)
	}
	r.drain(t.Context(), term, l)
	assert.Empty(t, r.lately.lists(), "the transaction that read it has not ended")
	l.broken = true
	r.drain(t.Context(), term, l)
	assert.Empty(t, r.lately.lists(), "it failed")
	l.broken = false
	r.drain(t.Context(), term, l)
	assert.Len(t, r.lately.lists(), 1)
	assert.Empty(t, l.rows)
}
