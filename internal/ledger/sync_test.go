// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// listing is a complete snapshot with the alerts of the events.
func listing(events ...protocol.Event) *protocol.Snapshot {
	s := &protocol.Snapshot{Source: "alertmanager", Complete: true, AbsentFor: 10 * time.Second, Listed: map[protocol.Key]bool{}}
	for _, ev := range events {
		s.Listed[ev.Key] = true
	}
	return s
}

// look hands the snapshot to the ledger and returns the aliases of the records that it wrote.
func look(t *testing.T, c *client, l *Ledger, s *protocol.Snapshot) (did protocol.Sighting, wake, written []string) {
	t.Helper()
	c.batches = nil
	did, wake, err := l.Sync(t.Context(), s)
	require.NoError(t, err)
	for _, batch := range c.batches {
		written = append(written, batch...)
	}
	return did, wake, written
}

// TestSyncWritesWhatChanges: an alert that is listed every minute is written once; one that resolves is written and wakes its alias.
func TestSyncWritesWhatChanges(t *testing.T) {
	c, now := newClient(), at(0)
	l := New(testConfig(10, func() time.Time { return now }), c)
	a, b := of("a", firing("am1", at(0))), of("b", firing("am1", at(0)))
	apply(t, l, a, b)

	did, wake, written := look(t, c, l, listing(a, b))
	assert.Equal(t, protocol.Sighting{Shown: 2}, did)
	assert.Empty(t, wake)
	assert.ElementsMatch(t, []string{"a", "b"}, written)

	for i := 1; i < 5; i++ {
		now = at(i)
		did, wake, written = look(t, c, l, listing(a, b))
		assert.Equal(t, protocol.Sighting{}, did)
		assert.Empty(t, wake)
		assert.Empty(t, written)
	}
	now = at(6)
	_, _, written = look(t, c, l, listing(a))
	assert.Empty(t, written, "an absence is remembered, not written")
	now = at(16)
	did, wake, written = look(t, c, l, listing(a))
	assert.Equal(t, protocol.Sighting{Resolved: 1}, did)
	assert.Equal(t, []string{"b"}, wake)
	assert.Equal(t, []string{"b"}, written)
	assert.False(t, l.Get("b").Firing())
	assert.Equal(t, at(6), l.Get("b").EndedAt())
}

// TestSyncAfterARestart: listed alerts are still known as listed, and an absence counts from the start.
func TestSyncAfterARestart(t *testing.T) {
	c, now := newClient(), at(0)
	l := New(testConfig(10, func() time.Time { return now }), c)
	a := of("a", firing("am1", at(0)))
	apply(t, l, a)
	look(t, c, l, listing(a))
	look(t, c, l, listing())

	now = at(100)
	l = New(testConfig(10, func() time.Time { return now }), c)
	_, err := l.Load(t.Context())
	require.NoError(t, err)
	did, _, _ := look(t, c, l, listing())
	assert.Equal(t, protocol.Sighting{}, did)
	now = at(110)
	did, wake, _ := look(t, c, l, listing())
	assert.Equal(t, protocol.Sighting{Resolved: 1}, did)
	assert.Equal(t, []string{"a"}, wake)
}

// TestSyncIsBounded: no transaction examines more entries than syncTogether.
func TestSyncIsBounded(t *testing.T) {
	const n = 2*syncTogether + 1
	c := newClient()
	l := New(testConfig(n, func() time.Time { return at(0) }), c)
	events := make([]protocol.Event, n)
	for i := range events {
		events[i] = of(fmt.Sprintf("alias %d", i), firing("am1", at(0)))
	}
	apply(t, l, events...)
	did, _, written := look(t, c, l, listing(events...))
	assert.Equal(t, n, did.Shown)
	assert.Len(t, written, n)
	require.Len(t, c.batches, 3)
	for _, batch := range c.batches {
		assert.LessOrEqual(t, len(batch), syncTogether)
	}
}

// TestSyncDecidesAboutAHeldEcho: an alias of which no alert fires, but one is held, is examined, too.
func TestSyncDecidesAboutAHeldEcho(t *testing.T) {
	c, now := newClient(), at(0)
	l := New(testConfig(10, func() time.Time { return now }), c)
	apply(t, l, firing("am1", at(0)))
	open(t, l, theAlias, "1")
	apply(t, l, resolved("am1", at(0), at(1)))
	answer(t, l, theAlias, protocol.Close, accepted("1", false))
	now = at(2)
	require.Equal(t, []protocol.Outcome{protocol.EchoHeld}, apply(t, l, firing("am2", at(0))))
	now = at(3)
	_, wake, _ := look(t, c, l, listing(firing("am2", at(0))))
	assert.Equal(t, []string{theAlias}, wake)
	assert.True(t, l.Get(theAlias).Firing())
}

// TestSyncThatFails: the failed transaction changes nothing, and the next snapshot makes up for it.
func TestSyncThatFails(t *testing.T) {
	c := newClient()
	l := New(testConfig(10, func() time.Time { return at(0) }), c)
	a := of("a", firing("am1", at(0)))
	apply(t, l, a)
	before := l.Get("a")
	c.full = true
	_, _, err := l.Sync(t.Context(), listing(a))
	require.ErrorIs(t, err, errDiskFull)
	assert.Same(t, before, l.Get("a"))
	c.full = false
	did, _, _ := look(t, c, l, listing(a))
	assert.Equal(t, protocol.Sighting{Shown: 1}, did)
}

// TestSyncThatFailsHalfway: what resolved before the failure is woken, because the next snapshot shows nothing new about it.
func TestSyncThatFailsHalfway(t *testing.T) {
	const n = syncTogether + 1
	c, now := newClient(), at(0)
	l := New(testConfig(n, func() time.Time { return now }), c)
	events := make([]protocol.Event, n)
	for i := range events {
		events[i] = of(fmt.Sprintf("alias %04d", i), firing("am1", at(0)))
	}
	apply(t, l, events...)
	look(t, c, l, listing(events...))
	look(t, c, l, listing())
	now, c.spoils = at(10), events[n-1].Alias
	did, wake, err := l.Sync(t.Context(), listing())
	require.ErrorContains(t, err, "spoilt")
	assert.Equal(t, syncTogether, did.Resolved)
	assert.Len(t, wake, syncTogether)
}

// Records from elsewhere can name any source. The silences of the real one, whose list comes again and again, stay known.
func TestSourcesOfSilencesAreBounded(t *testing.T) {
	s := newSilences()
	list := func(source string, key byte) *protocol.Snapshot {
		return &protocol.Snapshot{Source: source, Silences: []protocol.Silence{{ID: "1", Silence: incident.Silence{By: "jane", Until: at(100)}, Keys: []protocol.Key{{key}}}}}
	}
	for i := range 2 * maxSources {
		s.take(list("made up "+strconv.Itoa(i), 1))
		s.take(list("am", 2))
	}
	assert.Equal(t, maxSources, s.bySource.Len())
	said, known := s.bySource.Peek("am")
	assert.True(t, known)
	assert.Contains(t, said, protocol.Key{2})
}

// TestSilences: the renderer sees the silences of the last list; a silence alone makes no call.
func TestSilences(t *testing.T) {
	c, now := newClient(), at(0)
	cfg := testConfig(10, func() time.Time { return now })
	var told incident.Silence
	var silenced int
	cfg.Render = func(alias string, firing []incident.Alert, more incident.Context) incident.Content {
		told, silenced = more.Silence, more.Silenced
		return render(alias, firing, more)
	}
	l := New(cfg, c)
	a, b := of("a", firing("am1", at(0))), of("b", firing("am1", at(0)))
	apply(t, l, a, b)
	open(t, l, "a", "1")
	s := listing(a, b)
	silence := func(by string, until int) protocol.Silence {
		return protocol.Silence{ID: by, Silence: incident.Silence{By: by, Until: at(until)}, Keys: []protocol.Key{a.Key}}
	}
	s.Silences = []protocol.Silence{silence("joe", 50), silence("jane", 100), silence("jim", 70)}
	_, wake, _ := look(t, c, l, s)
	assert.Empty(t, wake)
	_, _ = l.Content(l.Get("a"))
	assert.Equal(t, incident.Silence{By: "jane", Until: at(100)}, told, "the one that ends last")
	assert.Equal(t, 1, silenced)
	_, _ = l.Content(l.Get("b"))
	assert.Zero(t, told)
	assert.Zero(t, silenced)
	assert.Equal(t, protocol.NoCall, l.Peek("a").Call.Kind)

	look(t, c, l, listing(a, b))
	_, _ = l.Content(l.Get("a"))
	assert.Zero(t, told, "it is over")
}
