// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

const (
	minute = time.Minute
	hour   = time.Hour
)

// testPolicy has the defaults of the exporter's configuration, without jitter.
func testPolicy() *Policy {
	return &Policy{
		SettleTime:      15 * time.Second,
		EchoWindow:      6 * minute,
		EchoHold:        6 * minute,
		Refresh:         hour,
		ClosedRetention: hour,
		Backoff:         Backoff{Initial: time.Second, Max: minute, Multiplier: 2},
		Render:          render,
	}
}

// firing is an event of the one critical alert f0 that started at the time; change what differs.
func firing(sender string, startsAt time.Time) Event {
	return Event{
		Alias: theAlias, Firing: true, Sender: sender,
		Alert: incident.Pack(&incident.Alert{Fingerprint: "f0", Severity: incident.Critical, StartsAt: startsAt}),
	}
}

func resolved(sender string, startsAt, endsAt time.Time) Event {
	ev := firing(sender, startsAt)
	ev.Firing, ev.EndsAt = false, endsAt
	return ev
}

func (ev Event) order(epoch string, seq int64) Event {
	ev.Epoch, ev.Seq = epoch, seq
	return ev
}

// low is the event for a second alert, f1, of low severity.
func (ev Event) low() Event {
	ev.Alert.Fingerprint, ev.Alert.Severity = "f1", incident.Low
	return ev
}

// opened returns an entry whose one alert fires and whose incident "1" is open and up to date.
func opened(t *testing.T, p *Policy, now time.Time) *Entry {
	t.Helper()
	e, outcome := p.Apply(nil, firing("am1", now), now)
	require.Equal(t, Fired, outcome)
	return answerNext(t, p, e, now, Answer{Verdict: Accepted, Incident: Found{ID: "1", Open: true, StartedAt: now}})
}

// closing returns an entry whose alert has resolved, with its incident still open.
func closing(t *testing.T, p *Policy, now time.Time) *Entry {
	t.Helper()
	e, outcome := p.Apply(opened(t, p, now), resolved("am1", now, now), now)
	require.Equal(t, Resolved, outcome)
	return e
}

// answerNext makes the entry's next call and lets it learn a.
func answerNext(t *testing.T, p *Policy, e *Entry, now time.Time, a Answer) *Entry {
	t.Helper()
	d := p.Decide(e, now)
	require.NotEqual(t, NoCall, d.Call.Kind, "no call is due: %+v", e)
	if d.Call.Kind != Lookup {
		e = p.Begin(e, d.Call, now)
		d.Call.At = now
	}
	e, _ = p.Learn(e, d.Call, a, now)
	return e
}

func accepted(id string, open bool) Answer {
	return Answer{Verdict: Accepted, Incident: Found{ID: id, Open: open}}
}
