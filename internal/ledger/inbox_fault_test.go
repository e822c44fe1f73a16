// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestNothingOvertakesAnInboxThatCannotBeCommitted(t *testing.T) {
	s := &shared{disk: newDisk()}
	l := sharing(t, s, 10, nil)
	s.leave(1, "fired")
	s.fails = errDiskFull
	_, err := l.Apply(t.Context(), []protocol.Event{resolved("a", at(0), at(50))}, nil)
	require.ErrorIs(t, err, errDiskFull)
	require.ErrorIs(t, l.Drain(t.Context()), errDiskFull)
	assert.Nil(t, l.Get(theAlias))
	s.fails = nil
	assert.Equal(t, []protocol.Outcome{protocol.NeverOpened}, apply(t, l, resolved("a", at(0), at(50))))
	assert.Len(t, s.commits, 1)
}

// Webhooks that share a transaction are tried alone if it fails. None may pass an inbox that could not be read or applied. A call may.
func TestSharedWritesAndAnInboxThatFails(t *testing.T) {
	for _, reads := range []bool{false, true} {
		s := &shared{disk: newDisk()}
		l := sharing(t, s, 10, nil)
		s.leave(1, "fired")
		errInbox := errors.New("timeout")
		if reads {
			s.keeps = errInbox
		} else {
			s.hides = errInbox
		}
		l.store.turn <- struct{}{} // so that all wait for one transaction
		var webhooks [2]error
		var call error
		var wg sync.WaitGroup
		for i := range webhooks {
			wg.Go(func() { _, webhooks[i] = l.Apply(t.Context(), []protocol.Event{resolved("a", at(0), at(50))}, nil) })
		}
		wg.Go(func() { call = l.Learn(t.Context(), nil) })
		require.Eventually(t, func() bool {
			l.store.pending.Lock()
			defer l.store.pending.Unlock()
			return len(l.store.pending.writes) == 3
		}, time.Minute, time.Millisecond)
		<-l.store.turn
		wg.Wait()
		for _, err := range webhooks {
			require.ErrorIs(t, err, errInbox)
		}
		if !reads {
			require.NoError(t, call)
		}
		assert.Nil(t, l.Get(theAlias))
		assert.Empty(t, s.commits)
	}
}

// Nothing is applied out of order if a part cannot be committed.
func TestNothingOvertakesAPartOfTheInboxThatCannotBeCommitted(t *testing.T) {
	s := &shared{disk: newDisk(), part: 1}
	l := sharing(t, s, 10, nil)
	s.leave(1, "fired")
	s.leave(2, "fired")
	for fails := 1; fails <= 2; fails++ {
		reads := 0
		s.reading = func() {
			reads++
			if s.keeps = nil; reads == fails { // a later commit, or one of the webhook alone, would work
				s.keeps = errDiskFull
			}
		}
		_, err := l.Apply(t.Context(), []protocol.Event{resolved("a", at(0), at(50))}, nil)
		require.ErrorIs(t, err, errDiskFull)
		require.Len(t, s.rows, 3-fails)
	}
	assert.True(t, l.Get(theAlias).Firing())
	s.reading, s.keeps = nil, nil
	apply(t, l, resolved("a", at(0), at(50)))
	assert.False(t, l.Get(theAlias).Firing())
	assert.Empty(t, s.rows)
}
