// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// Creates are rendered and written ahead together with their alerts only as far as they can leave soon. The others are written ahead
// when they leave, with their content at that time.
func TestCreatesAreArmedUpToABound(t *testing.T) {
	const aliases, most = 7, 3
	disk := newDisk()
	cfg := testConfig(aliases, func() time.Time { return at(0) })
	cfg.Armed = most
	l := New(cfg, &disk)
	var events []protocol.Event
	for i := range aliases {
		events = append(events, of(fmt.Sprint("alias ", i), saying(fmt.Sprint("text ", i), firing("am1", at(0)))))
	}
	armed := func() (n int) {
		for _, ev := range events {
			if e, there := l.Look(ev.Alias); there && e.Timers().Armed {
				n++
			}
		}
		return n
	}
	apply(t, l, events[:2]...)
	assert.Equal(t, 2, armed())
	apply(t, l, events[2:6]...)
	assert.Equal(t, most, armed())
	apply(t, l, events[0]) // a repeat needs no room
	assert.Equal(t, most, armed())

	for i, ev := range events[:6] {
		e, d, err := l.Claim(t.Context(), ev.Alias)
		require.NoError(t, err)
		require.Equal(t, protocol.Create.String(), d.Call.Kind.String())
		content, want := l.Content(e)
		assert.Equal(t, fmt.Sprint("text ", i), content.Description)
		assert.Equal(t, want, e.Inflight().Content)
	}
	apply(t, l, events[6])
	e, _ := l.Look(events[6].Alias)
	assert.True(t, e.Timers().Armed, "the others have left")
}

// If a create was armed too long ago, its write-ahead no longer counts and is written again.
func TestStaleArmIsWrittenAheadAnew(t *testing.T) {
	for age, anew := range map[time.Duration]bool{time.Second: false, 3 * time.Second: true} {
		now := at(100)
		s := &shared{disk: newDisk()}
		l := sharing(t, s, 10, func(c *Config) {
			c.Now, c.Fresh = func() time.Time { return now }, 2*time.Second
		})
		apply(t, l, firing("a", at(0)))
		commits := len(s.commits)
		now = now.Add(age)
		e, d, err := l.Claim(t.Context(), theAlias)
		require.NoError(t, err)
		began := at(100)
		if anew {
			began = now
		}
		assert.Equal(t, began, d.Call.At)
		assert.Equal(t, began, e.Inflight().At)
		assert.Equal(t, e.Inflight(), s.decode(t).Inflight())
		assert.Equal(t, anew, len(s.commits) > commits)
	}
}
