// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package pauses

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPauses(t *testing.T) {
	at := time.Now().Add
	var p Pauses
	assert.Equal(t, at(0), p.Since(at(0)), "nobody ticks")
	p.Tick(at(0))
	assert.Equal(t, at(stopped), p.Since(at(stopped)), "it is only slow")
	assert.Equal(t, at(0), p.Since(at(7*time.Second)), "it was stopped, and this may have come at any time")
	p.Tick(at(7 * time.Second))
	p.Tick(at(7*time.Second + tickInterval))
	assert.Equal(t, at(0), p.Since(at(7*time.Second+Backlog-1)), "it has waited as well")
	assert.Equal(t, at(7*time.Second+Backlog), p.Since(at(7*time.Second+Backlog)))
}

// A process may be stopped again before it has read what waited in its sockets.
func TestTwoPauses(t *testing.T) {
	at := time.Now().Add
	var p Pauses
	p.Tick(at(0))
	p.Tick(at(7 * time.Second))
	p.Tick(at(7*time.Second + tickInterval))
	assert.Equal(t, at(0), p.Since(at(10*time.Second)), "it may have waited through both stops")
	p.Tick(at(10 * time.Second))
	p.Tick(at(10*time.Second + Backlog))
	assert.Equal(t, at(10*time.Second+Backlog), p.Since(at(13*time.Second)), "there was time to read what waited before")
}

func TestWatchUntilItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p Pauses
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); p.Watch(ctx, time.Now) }()
		time.Sleep(time.Minute)
		synctest.Wait()
		assert.Equal(t, time.Now(), p.Since(time.Now()))
		cancel()
		<-done
		time.Sleep(2 * stopped)
		assert.True(t, p.Since(time.Now()).Before(time.Now()))
	})
}
