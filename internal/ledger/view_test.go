// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// requireSays requires that the next call is a create, and that disk and the call have the description of the alerts at that time.
func requireSays(t *testing.T, l *Ledger, description string) {
	t.Helper()
	e, d, err := l.Claim(t.Context(), theAlias)
	require.NoError(t, err)
	require.Equal(t, protocol.Create.String(), d.Call.Kind.String())
	content, want := l.Content(e)
	require.Equal(t, description, content.Description)
	assert.Equal(t, want, d.Call.Content)
	assert.Equal(t, want, e.Inflight().Content)
}

// Content that was rendered for other members is not used for the entry.
func TestNoStaleContent(t *testing.T) { //nolint:funlen // one list of cases that share a disk
	now := at(0)
	disk := newDisk()
	start := func(t *testing.T) *Ledger {
		t.Helper()
		now, disk = at(0), newDisk()
		l := New(testConfig(10, func() time.Time { return now }), &disk)
		_, err := l.Load(t.Context())
		require.NoError(t, err)
		return l
	}
	t.Run("after a failed write", func(t *testing.T) {
		l := start(t)
		disk.full = true
		_, err := l.Apply(t.Context(), []protocol.Event{saying("first", firing("am1", at(0)))}, nil)
		require.ErrorIs(t, err, errDiskFull)
		disk.full = false
		apply(t, l, saying("second", firing("am1", at(0))))
		requireSays(t, l, "second")
	})
	t.Run("after a failed write of a known alias", func(t *testing.T) {
		l := start(t)
		apply(t, l, resolved("am1", at(-2), at(-1)))
		answer(t, l, theAlias, protocol.Lookup, protocol.Answer{Result: protocol.Done})
		answer(t, l, theAlias, protocol.Lookup, protocol.Answer{Result: protocol.Done})
		disk.full = true
		_, err := l.Apply(t.Context(), []protocol.Event{saying("first", firing("am1", at(0)))}, nil)
		require.ErrorIs(t, err, errDiskFull)
		disk.full = false
		apply(t, l, saying("second", firing("am1", at(0))))
		requireSays(t, l, "second")
	})
	t.Run("an event comes before the end of a hold is written", func(t *testing.T) {
		l := start(t)
		low := func(fingerprint, says string) protocol.Event {
			ev := saying(says, alert(fingerprint, firing("am1", at(0))))
			ev.Alert.Severity = incident.Low
			return ev
		}
		ends := low("f2", "ends")
		apply(t, l, low("f0", "stays"), ends)
		apply(t, l, alert("f1", resolved("am1", at(0), at(1))))
		require.Equal(t, []protocol.Outcome{protocol.EchoHeld}, apply(t, l, alert("f1", saying("held", firing("am2", at(0))))))
		answer(t, l, theAlias, protocol.Create, protocol.Answer{Result: protocol.NotSent})
		now = at(600)
		require.Equal(t, protocol.Create.String(), l.Peek(theAlias).Call.Kind.String())
		ends.Firing, ends.EndsAt = false, at(500)
		apply(t, l, ends)
		e := l.Get(theAlias)
		if e.Inflight().Kind == protocol.Create { // otherwise it waits to be rendered
			_, want := l.Content(e)
			assert.Equal(t, want, e.Inflight().Content)
		}
		requireSays(t, l, "held")
	})
	t.Run("the alerts belong to other aliases than the events say", func(t *testing.T) {
		l := start(t)
		comes, goes := saying("comes", alert("f1", firing("am1", at(0)))), saying("goes", alert("f2", of("other", firing("am1", at(0)))))
		apply(t, l, comes)
		apply(t, l, goes)
		comes = saying("stays", comes)
		comes.Alias, goes.Alias = "a third", theAlias
		goes.Alert.Severity = incident.Critical
		apply(t, l, goes, comes)
		requireSays(t, l, "stays")
	})
}

// With only_rises, an incident keeps the worst severity of its episode.
func TestSeverityOnlyRises(t *testing.T) {
	for _, onlyRises := range []bool{false, true} {
		cfg := testConfig(10, func() time.Time { return at(0) })
		cfg.SeverityOnlyRises = onlyRises
		l := New(cfg, newClient())
		worst := firing("am1", at(0))
		lesser := worst
		lesser.Alert.Severity = incident.Low
		apply(t, l, worst)
		before, _ := l.Content(l.Get(theAlias))
		apply(t, l, lesser)
		content, _ := l.Content(l.Get(theAlias))
		if onlyRises {
			assert.Equal(t, before, content)
		} else {
			assert.Equal(t, incident.Low, content.Severity)
		}
	}
}
