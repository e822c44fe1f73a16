// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// If there are too many closed entries, the oldest expire. Entries that may still need an incident do not.
func TestClosedEntriesAreBounded(t *testing.T) {
	const most = 20
	now := at(0)
	m := NewMemory()
	l := New(testConfig(most, func() time.Time { return now }), m)
	apply(t, l, of("live", firing("am1", at(0))))
	// A held firing is not live yet, but can become live.
	apply(t, l, of("held", firing("am1", at(0))), of("held", resolved("am1", at(0), at(0))))
	require.Equal(t, []protocol.Outcome{protocol.EchoHeld}, apply(t, l, of("held", firing("am2", at(0)))))
	require.True(t, l.Get("held").Over())

	for i := range 3 * most {
		now = at(1 + i)
		alias := fmt.Sprint("closed-", i)
		apply(t, l, of(alias, firing("am1", now)), of(alias, resolved("am1", now, now)))
		entries, live := l.Counts()
		require.Equal(t, 1, live)
		require.LessOrEqual(t, entries-live, most)
		require.NotNil(t, l.Get(alias), "the newest stays")
	}
	assert.Nil(t, l.Get("closed-0"))
	assert.Contains(t, m.records, fmt.Sprint("closed-", 3*most-1))
	assert.NotContains(t, m.records, "closed-0")
	assert.True(t, l.Get("live").Firing())
	require.NotNil(t, l.Get("held"))
	now = now.Add(6 * minute)
	assert.Equal(t, protocol.Create, l.Peek("held").Call.Kind)
	assert.Len(t, m.records, len(l.Aliases()))
}

// An entry may fire after it was chosen to expire.
func TestAnEntryThatFiresAgainDoesNotExpire(t *testing.T) {
	c := newClient()
	l := New(testConfig(10, func() time.Time { return at(1) }), c)
	apply(t, l, firing("am1", at(0)), resolved("am1", at(0), at(0)))
	c.batches, l.cfg.Aliases = nil, 0
	errs := inOneTransaction(t, c, l,
		func() error { return l.Note(t.Context(), "first", []byte("1")) },
		func() error {
			_, err := l.Apply(t.Context(), []protocol.Event{firing("am1", at(1))}, nil)
			return err
		},
		func() error {
			l.boundClosed(t.Context())
			return nil
		})
	require.NoError(t, errors.Join(errs...))
	require.NotNil(t, l.Get(theAlias))
	assert.True(t, l.Get(theAlias).Firing())
}

// A resolve takes back a create that has not left. Neither disk nor memory keeps a trace of it.
func TestAnArmedCreateIsTakenBack(t *testing.T) {
	c := newClient()
	l := New(testConfig(10, func() time.Time { return at(0) }), c)
	apply(t, l, firing("am1", at(0)))
	require.Equal(t, protocol.Create, c.decode(t).Inflight().Kind, "the write-ahead rides with the event")
	assert.Equal(t, []protocol.Outcome{protocol.NeverOpened}, apply(t, l, resolved("am1", at(0), at(0))))
	assert.Equal(t, protocol.NoCall, l.Get(theAlias).Inflight().Kind)
	assert.Equal(t, protocol.NoCall, c.decode(t).Inflight().Kind)
	_, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	assert.Equal(t, protocol.Decision{Wake: at(3600)}, d)
}

func TestStats(t *testing.T) {
	now := at(0)
	m := NewMemory()
	l := New(testConfig(10, func() time.Time { return now }), m)
	assert.Zero(t, l.Stats())
	for _, alias := range []string{"open", "waits", "parked", "doubt", "blocked", "closed", "held"} {
		apply(t, l, of(alias, firing("am1", now)))
		now = now.Add(time.Second)
	}
	open(t, l, "open", "1")
	answer(t, l, "doubt", protocol.Create, protocol.Answer{Result: protocol.Unanswered})
	answer(t, l, "blocked", protocol.Create, protocol.Answer{Result: protocol.Foreign, Incident: protocol.Shown{ID: "9"}})
	refuse := func() {
		l.Peek("parked")
		answer(t, l, "parked", protocol.Create, protocol.Answer{Result: protocol.Refused, Sent: contentOf(l, "parked")})
	}
	refuse()
	refuse()
	apply(t, l, of("closed", resolved("am1", at(0), now)), of("held", resolved("am1", at(0), now)), of("held", firing("am2", at(0))))
	s := l.Stats()
	assert.Equal(t, m.Size(), s.Size)
	s.Size = 0
	assert.Equal(t, Stats{
		Aliases: 7, Live: 5, Open: 1, Pending: 2, Oldest: at(1), Held: 1, Parked: 1, Doubt: 1, Blocked: 1,
	}, s, "waits and doubt are pending")
	assert.Equal(t, map[string]string{"open": "1", "blocked": "9"}, l.Expected())
}

func contentOf(l *Ledger, alias string) protocol.Content {
	_, content := l.Content(l.Get(alias))
	return content
}

// A closed entry that fires again continues where it stopped, with a create whose content is on disk.
func TestAClosedEntryFiresAgain(t *testing.T) {
	for _, restarted := range []bool{false, true} {
		now := at(0)
		c := newClient()
		cfg := testConfig(10, func() time.Time { return now })
		l := New(cfg, c)
		apply(t, l, firing("am1", at(0)))
		open(t, l, theAlias, "1")
		apply(t, l, resolved("am1", at(0), at(0)))
		answer(t, l, theAlias, protocol.Close, accepted("1", false))
		require.Empty(t, l.store.slots)
		require.Len(t, l.store.closed, 1)
		before := string(c.record())
		assert.Equal(t, before, string(protocol.AppendRecord(nil, l.Get(theAlias))))
		if restarted {
			l = New(cfg, c)
			_, err := l.Load(t.Context())
			require.NoError(t, err)
			require.Len(t, l.store.closed, 1)
		}
		assert.Equal(t, []string{theAlias}, l.Aliases())
		assert.Equal(t, protocol.Decision{Wake: at(3600)}, l.Peek(theAlias))
		assert.Equal(t, Stats{Aliases: 1, Size: c.Size()}, l.Stats())

		now = at(1000)
		assert.Equal(t, []protocol.Outcome{protocol.Fired}, apply(t, l, firing("am1", now)))
		call := c.decode(t).Inflight()
		assert.Equal(t, protocol.Create, call.Kind)
		assert.Equal(t, contentOf(l, theAlias), call.Content)
		assert.Equal(t, "1", l.Get(theAlias).Incident.ID)
		require.Len(t, l.store.slots, 1)
		require.Empty(t, l.store.closed)
	}
}
