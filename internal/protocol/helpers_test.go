// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

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
		Members:         100,
		Backoff:         Backoff{Initial: time.Second, Max: minute, Multiplier: 2, Slow: Slow, Hourly: Hourly, SlowAfter: SlowAfter},
	}
}

// fires returns a firing of the critical alert f0 with the given start. Callers change what differs.
func fires(sender string, startsAt time.Time) Event {
	return Event{
		Alias: theAlias, Key: keys[0], Firing: true, Sender: sender,
		Alert: incident.Pack(&incident.Alert{Fingerprint: "f0", Severity: incident.Critical, StartsAt: startsAt}),
	}
}

func resolves(sender string, startsAt, endsAt time.Time) Event {
	ev := fires(sender, startsAt)
	ev.Firing, ev.EndsAt = false, endsAt
	return ev
}

func (ev Event) order(epoch string, seq int64) Event {
	ev.Epoch, ev.Seq = epoch, seq
	return ev
}

// undated is the event of a log record that tells no start.
func (ev Event) undated() Event {
	ev.Undated = true
	return ev
}

// low is the event for a second alert, f1, of low severity.
func (ev Event) low() Event {
	ev.Key, ev.Alert.Fingerprint, ev.Alert.Severity = keys[1], "f1", incident.Low
	return ev
}

// says returns the event with a text.
func (ev Event) says(text string) Event {
	a := ev.Alert.Unpack()
	a.Description = text
	ev.Alert = incident.Pack(&a)
	return ev
}

func applyOne(p *Policy, e Timed, ev Event, now time.Time) (Timed, Outcome) {
	n, outcomes := p.Apply(e, []Event{ev}, now)
	return n, outcomes[0]
}

// want returns the content that the incident of e should have.
func want(e Timed) *Content {
	if !e.Firing() {
		return nil
	}
	c := render(worstAlerts(e.Entry))
	return &c
}

// showing returns the open incident 1 with content c.
func showing(c Content) Shown {
	return Shown{ID: "1", Seen: true, Open: true, Fields: c.Sent}
}

// opened returns an entry whose one alert fires and whose incident "1" is open and up to date.
func opened(t *testing.T, p *Policy, now time.Time) Timed {
	t.Helper()
	e, outcome := applyOne(p, Timed{}, fires(am1, now), now)
	require.Equal(t, Fired, outcome)
	f := showing(*want(e))
	f.StartedAt = now
	return answerNext(t, p, e, now, Answer{Result: Done, Incident: f})
}

// closing returns an entry whose alert has resolved, with its incident still open.
func closing(t *testing.T, p *Policy, now time.Time) Timed {
	t.Helper()
	e, outcome := applyOne(p, opened(t, p, now), resolves(am1, now, now), now)
	require.Equal(t, Resolved, outcome)
	return e
}

// answerNext makes the entry's next call and lets it learn a.
func answerNext(t *testing.T, p *Policy, e Timed, now time.Time, a Answer) Timed {
	t.Helper()
	d := p.Decide(e, want(e), now)
	require.NotEqual(t, NoCall, d.Call.Kind, "no call is due: %+v", e)
	e = p.Begin(e, d.Call, now)
	if d.Call.Kind != Lookup {
		d.Call.At = now
	}
	if a.Sent == (Content{}) && e.Firing() {
		a.Sent = *want(e)
	}
	e, _ = p.Learn(e, d.Call, a, now)
	return e
}

// with returns a changed copy.
func with(e Timed, change func(n *Timed)) Timed {
	n := e.copy()
	change(&n)
	return n
}

func TestNames(t *testing.T) {
	for o := range NumOutcomes {
		require.NotEmpty(t, o.String())
	}
	for k := NoCall; k <= Lookup; k++ {
		require.NotEmpty(t, k.String())
	}
	for r := Unanswered; r <= Foreign; r++ {
		require.NotEmpty(t, r.String())
	}
	for l := Nothing; l <= NotOpened; l++ {
		require.NotEmpty(t, l.String())
	}
	for s := None; s <= Unknown; s++ {
		require.NotEmpty(t, s.String())
	}
	for f := Full; f <= SeverityOnly; f++ {
		require.NotEmpty(t, f.String())
		require.NotZero(t, f.Fields())
	}
}

// done returns the answer that shows the incident.
func done(id string, open bool) Answer {
	return Answer{Result: Done, Incident: Shown{ID: id, Seen: true, Open: open}}
}

// worstOfAll is Members.Worst without the buckets' summaries.
func worstOfAll(e *Entry) ([]incident.Alert, incident.Context) {
	var r incident.Ranking
	var more incident.Context
	for m := range e.Members.All() {
		if !m.Firing {
			continue
		}
		more.Members++
		if start := m.Alert.StartsAt; !start.IsZero() && (more.Since.IsZero() || start.Before(more.Since)) {
			more.Since = start
		}
		r.Add(&m.Alert)
	}
	return r.Alerts(), more
}
