// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// under is the same event with the alias that another configuration would give it.
func under(alias string, ev protocol.Event) protocol.Event {
	ev.Alias = alias
	return ev
}

// An alert stays under the alias under which it fires until it resolves, whatever alias its events bring.
func TestAnAlertStaysUnderItsAlias(t *testing.T) {
	m := NewMemory()
	now := at(0)
	clock := func() time.Time { return now }
	l := New(testConfig(10, clock), m)
	apply(t, l, firing("am1", at(0)))
	open(t, l, theAlias, "1")

	for _, again := range []bool{false, true} {
		if again {
			l = New(testConfig(10, clock), m)
			_, err := l.Load(t.Context())
			require.NoError(t, err)
		}
		events := []protocol.Event{under("b", firing("am1", at(0)))}
		assert.Equal(t, []protocol.Outcome{protocol.Repeated}, apply(t, l, events...), "restarted %t", again)
		assert.Nil(t, l.Get("b"))
	}
	events := []protocol.Event{under("b", resolved("am1", at(0), at(1)))}
	outcomes, err := l.Apply(t.Context(), events, nil)
	require.NoError(t, err)
	assert.Equal(t, []protocol.Outcome{protocol.Resolved}, outcomes)
	assert.Equal(t, []string{theAlias}, l.ToWake(events, outcomes), "the alias that needs a call")
	answer(t, l, theAlias, protocol.Close, accepted("1", false))

	now = at(1000)
	assert.Equal(t, []protocol.Outcome{protocol.Fired}, apply(t, l, under("b", firing("am1", now))), "the next firing has the new alias")
	assert.True(t, l.Get("b").Firing())
	assert.False(t, l.Get(theAlias).Firing())
}

// A held alert may fire in the end, so it stays under its alias, too.
func TestAHeldAlertStaysUnderItsAlias(t *testing.T) {
	l := New(testConfig(10, func() time.Time { return at(0) }), nil)
	apply(t, l, firing("am1", at(0)), resolved("am1", at(0), at(0)))
	require.Equal(t, []protocol.Outcome{protocol.EchoHeld}, apply(t, l, firing("am2", at(0))))
	assert.Equal(t, []protocol.Outcome{protocol.EchoIgnored}, apply(t, l, under("b", firing("am2", at(0)))))
	assert.Nil(t, l.Get("b"))
}

func TestAPinnedEventIsUsedAsItIs(t *testing.T) {
	l := New(testConfig(10, func() time.Time { return at(0) }), nil)
	apply(t, l, firing("am1", at(0)))
	pinned := under("b", firing("am1", at(0)))
	pinned.Pinned = true
	assert.Equal(t, []protocol.Outcome{protocol.Fired}, apply(t, l, pinned))
	assert.True(t, l.Get("b").Firing())
}

func TestAlertsWithOtherKeysAreApart(t *testing.T) {
	l := New(testConfig(10, func() time.Time { return at(0) }), nil)
	apply(t, l, firing("am1", at(0)), of("b", firing("am1", at(0))))
	apply(t, l, resolved("am1", at(0), at(0)))
	assert.False(t, l.Get(theAlias).Firing())
	assert.True(t, l.Get("b").Firing())
}

// One transaction takes two webhooks of one alert, each with another alias. They open one incident.
func TestAnAlertFiresUnderOneAliasInATransaction(t *testing.T) {
	l := New(testConfig(10, func() time.Time { return at(0) }), nil)
	events := []protocol.Event{firing("am1", at(0)), under("b", firing("am1", at(0)))}
	assert.Equal(t, []protocol.Outcome{protocol.Fired, protocol.Repeated}, apply(t, l, events...))
	assert.Nil(t, l.Get("b"))

	c := newClient()
	l = New(testConfig(10, func() time.Time { return at(0) }), c)
	one := func(alias string) func() error {
		return func() error {
			_, err := l.Apply(t.Context(), []protocol.Event{under(alias, firing("am1", at(0)))}, nil)
			return err
		}
	}
	first := func() error {
		_, err := l.Apply(t.Context(), []protocol.Event{of("first", firing("am1", at(0)))}, nil)
		return err
	}
	for _, err := range inOneTransaction(t, c, l, first, one("a"), one("b")) {
		require.NoError(t, err)
	}
	_, live := l.Counts()
	assert.Equal(t, 2, live, "first, and a or b: %v", l.Aliases())
}

// A webhook whose transaction failed is routed again when it is tried alone.
func TestRoutingIsMadeAnewWithEachTry(t *testing.T) {
	c := newClient()
	l := New(testConfig(10, func() time.Time { return at(0) }), c)
	c.spoils = "a"
	var mu sync.Mutex
	failed := 0
	one := func(alias string) func() error {
		return func() error {
			_, err := l.Apply(t.Context(), []protocol.Event{under(alias, firing("am1", at(0)))}, nil)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed++
				assert.Equal(t, "a", alias)
			}
			return nil
		}
	}
	first := func() error {
		_, err := l.Apply(t.Context(), []protocol.Event{of("first", firing("am1", at(0)))}, nil)
		return err
	}
	for _, err := range inOneTransaction(t, c, l, first, one("a"), one("b")) {
		require.NoError(t, err)
	}
	assert.Equal(t, 1, failed)
	require.NotNil(t, l.Get("b"))
	assert.True(t, l.Get("b").Firing())
}

func TestIgnoredEvents(t *testing.T) {
	l := New(testConfig(1, func() time.Time { return at(0) }), nil)
	apply(t, l, of("live", firing("am1", at(0))))
	ignored := resolved("am1", at(0), time.Time{})
	ignored.Ignored = true
	assert.Equal(t, []protocol.Outcome{protocol.Ignored}, apply(t, l, ignored), "also without room")
	assert.Nil(t, l.Get(theAlias))

	l = New(testConfig(1, func() time.Time { return at(0) }), nil)
	apply(t, l, firing("am1", at(0)))
	assert.Equal(t, []protocol.Outcome{protocol.NeverOpened}, apply(t, l, under("b", ignored)), "it fires: this ends it, under its alias")
	assert.False(t, l.Get(theAlias).Firing())
}

// The decision to ignore an alert must see a firing of the alert that is just being written.
func TestTheDecisionToIgnoreIsMadeInsideTheWrite(t *testing.T) {
	for range 200 {
		l := New(testConfig(10, func() time.Time { return at(0) }), NewMemory())
		ignored := resolved("am1", at(0), time.Time{})
		ignored.Ignored = true
		var fired, dropped []protocol.Outcome
		var wg sync.WaitGroup
		wg.Go(func() { fired = apply(t, l, firing("am1", at(0))) })
		wg.Go(func() { dropped = apply(t, l, under("b", ignored)) })
		wg.Wait()
		require.Equal(t, []protocol.Outcome{protocol.Fired}, fired)
		switch dropped[0] {
		case protocol.Ignored:
			require.True(t, l.Get(theAlias).Firing(), "it came first")
		default:
			require.Equal(t, protocol.NeverOpened, dropped[0])
			require.False(t, l.Get(theAlias).Firing())
		}
		require.Nil(t, l.Get("b"))
	}
}
