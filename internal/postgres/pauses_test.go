// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPauses(t *testing.T) {
	at := time.Now().Add
	var p pauses
	assert.Equal(t, at(0), p.since(at(0)), "nobody ticks")
	p.tickAt(at(0))
	assert.Equal(t, at(stopped), p.since(at(stopped)), "it is only slow")
	assert.Equal(t, at(0), p.since(at(7*time.Second)), "it was stopped, and this may have come at any time")
	p.tickAt(at(7 * time.Second))
	p.tickAt(at(7*time.Second + tickInterval))
	assert.Equal(t, at(0), p.since(at(7*time.Second+backlog-1)), "it has waited as well")
	assert.Equal(t, at(7*time.Second+backlog), p.since(at(7*time.Second+backlog)))
}

// A process may be stopped again before it has read what waited in its sockets.
func TestTwoPauses(t *testing.T) {
	at := time.Now().Add
	var p pauses
	p.tickAt(at(0))
	p.tickAt(at(7 * time.Second))
	p.tickAt(at(7*time.Second + tickInterval))
	assert.Equal(t, at(0), p.since(at(10*time.Second)), "it may have waited through both stops")
	p.tickAt(at(10 * time.Second))
	p.tickAt(at(10*time.Second + backlog))
	assert.Equal(t, at(10*time.Second+backlog), p.since(at(13*time.Second)), "there was time to read what waited before")
}

func TestWatchPausesUntilItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := &DB{now: time.Now}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); db.WatchPauses(ctx) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, time.Now(), db.Arrival().ours)
		cancel()
		<-done
		time.Sleep(2 * stopped)
		assert.True(t, db.Arrival().ours.Before(time.Now()))
	})
}

// A webhook that waited in the socket of a stopped process is late, although the process has just seen it.
func TestWebhookThatWaitedForAStoppedProcessIsLate(t *testing.T) {
	t.Parallel()
	now := time.Now()
	db := open(t, server.URL(server.Database(t)), func(c *Config) { c.now = func() time.Time { return now } })
	put(t, db, "", "teaches the database's time")
	db.pauses.tickAt(now)
	now = now.Add(Punctual + time.Second)
	late := db.Arrival()
	require.ErrorIs(t, db.Punctual(late), ErrLate)
	db.pauses.tickAt(now)
	now = now.Add(backlog)
	next := db.Arrival()
	require.NoError(t, db.Punctual(next))
	require.Greater(t, next.theirs.Sub(late.theirs), Punctual, "the database refuses it as well")
}
