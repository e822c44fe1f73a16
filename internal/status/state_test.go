// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

var start = time.Date(2026, 3, 19, 14, 30, 0, 0, time.UTC)

// life is an entry and its events.
type life struct {
	t      *testing.T
	policy protocol.Policy
	entry  protocol.Timed
	now    time.Time
	seq    int64
}

func newLife(t *testing.T) *life {
	t.Helper()
	return &life{t: t, now: start, policy: protocol.Policy{
		SettleTime: 15 * time.Second, EchoWindow: 6 * time.Minute, EchoHold: 6 * time.Minute, ClosedRetention: time.Hour, Members: 100,
		Backoff: backoff,
	}}
}

var backoff = protocol.Backoff{
	Initial: time.Second, Max: time.Minute, Multiplier: 2, Slow: protocol.Slow, Hourly: protocol.Hourly, SlowAfter: protocol.SlowAfter,
}

func (l *life) event(firing bool, sender string) {
	l.seq++
	a := incident.Alert{
		Fingerprint: "f1", Name: "HighErrorRate", Severity: incident.Critical, StartsAt: start,
		Labels: labels.New(labels.Label{Name: "alertname", Value: "HighErrorRate"}, labels.Label{Name: "instance", Value: "api-01.prod"}),
	}
	l.entry, _ = l.policy.Apply(l.entry, []protocol.Event{{
		Alias: "HighErrorRate:api-01.prod", Key: protocol.Key{1}, Firing: firing, Alert: incident.Pack(&a), Epoch: "e", Seq: l.seq, Sender: sender, EndsAt: l.now,
	}}, l.now)
}

func (l *life) fires()    { l.event(true, "am-1") }
func (l *life) resolves() { l.event(false, "am-1") }

// want is what the incident should say.
func want() *protocol.Content {
	return &protocol.Content{News: incident.Hashes{incident.FieldTitle: 1, incident.FieldSeverity: 2}, Severity: incident.Critical}
}

// call begins the call that is due, and learns the answer if there is one.
func (l *life) call(kind protocol.Kind, answer *protocol.Answer) {
	l.t.Helper()
	d := l.policy.Decide(l.entry, want(), l.now)
	require.Equal(l.t, kind, d.Call.Kind)
	l.entry = l.policy.Begin(l.entry, d.Call, l.now)
	if answer != nil {
		answer.Sent = *want()
		l.entry, _ = l.policy.Learn(l.entry, d.Call, *answer, l.now)
	}
}

func (l *life) opens() {
	l.t.Helper()
	l.call(protocol.Create, &protocol.Answer{Result: protocol.Done, Incident: protocol.Shown{ID: "id-1", Number: 1042, Seen: true, Open: true, StartedAt: start}})
}

// with opens an incident, lets more happen, and changes the entry.
func with(change func(e *protocol.Entry), more ...func(l *life)) func(l *life) {
	return func(l *life) {
		for _, happens := range append([]func(*life){(*life).fires, (*life).opens}, more...) {
			happens(l)
		}
		change(l.entry.Entry)
	}
}

// unavailable is the result while Alert24 is down.
var unavailable = Result{Call: "create", Reason: "HTTP 503 Service Unavailable"}

// states are lives and their expected descriptions.
var states = []struct {
	name    string
	happens func(l *life)
	known   Known
	kind    Kind
	want    string
}{
	{"fires", (*life).fires, Known{}, Opening, "waits to be opened"},
	{"its create is under way", func(l *life) { l.fires(); l.call(protocol.Create, nil) }, Known{}, Opening, "being opened"},
	{"its create fails once", func(l *life) {
		l.fires()
		l.call(protocol.Create, &protocol.Answer{Result: protocol.NotSent})
	}, Known{Last: unavailable}, Retrying, "create failed, next try in 1 s: HTTP 503 Service Unavailable"},
	{"its create fails three times", func(l *life) {
		l.fires()
		for range 3 {
			l.call(protocol.Create, &protocol.Answer{Result: protocol.NotSent})
			if l.entry.Attempts < 3 {
				l.now = l.entry.RetryAt
			}
		}
	}, Known{Last: unavailable}, Retrying, "create failed 3 times, next try in 4 s: HTTP 503 Service Unavailable"},
	{
		"its create fails, and no create leaves for a while", func(l *life) {
			l.fires()
			l.call(protocol.Create, &protocol.Answer{Result: protocol.NotSent})
		},
		Known{Last: unavailable, CreatesPausedUntil: start.Add(time.Minute), PausedUntil: start.Add(time.Hour)},
		Retrying,
		"create failed, next try when calls are allowed again at " + start.Add(time.Minute).Local().Format(time.TimeOnly) + ": HTTP 503 Service Unavailable",
	},
	{"its create fails, and the pause ends before the next try", func(l *life) {
		l.fires()
		l.call(protocol.Create, &protocol.Answer{Result: protocol.NotSent})
	}, Known{CreatesPausedUntil: start.Add(time.Millisecond)}, Retrying, "create failed, next try in 1 s"},
	{
		"its close fails, and no call leaves for a while", func(l *life) {
			l.fires()
			l.opens()
			l.resolves()
			l.call(protocol.Close, &protocol.Answer{Result: protocol.NotSent})
		},
		Known{PausedUntil: start.Add(time.Hour)},
		Retrying,
		"resolved; close failed for #1042, next try when calls are allowed again at " + start.Add(time.Hour).Local().Format(time.TimeOnly),
	},
	{"its update fails", func(l *life) {
		l.fires()
		l.opens()
		l.entry.Attempts, l.entry.RetryAt = 1, l.now.Add(time.Second)
	}, Known{PendingSince: start, Last: Result{Call: "update", Reason: "HTTP 503"}}, Retrying, "open as #1042; update failed, next try in 1 s: HTTP 503"},
	{"its update failed, and it says again what was written", func(l *life) {
		l.fires()
		l.opens()
		l.entry.Attempts, l.entry.RetryAt, l.entry.ConfirmedAt = 1, l.now, time.Time{}
	}, Known{Last: Result{Call: "update", Reason: "HTTP 503"}}, Open, "open as #1042"},
	{"its create has no answer", func(l *life) {
		l.fires()
		l.call(protocol.Create, &protocol.Answer{Result: protocol.Unanswered})
		l.now = l.entry.RetryAt
	}, Known{}, Retrying, "create failed, next try now"},
	{"Alert24 refuses all of it", func(l *life) {
		l.fires()
		l.call(protocol.Create, &protocol.Answer{Result: protocol.Refused})
		l.call(protocol.Create, &protocol.Answer{Result: protocol.Refused})
	}, Known{Last: Result{Call: "create", Reason: "HTTP 422"}}, Parked, "Alert24 refused the incident, in full and in its short form, next try in 1 s: HTTP 422"},
	{
		"Alert24 refuses all of it, and then does not answer", func(l *life) {
			l.fires()
			l.call(protocol.Create, &protocol.Answer{Result: protocol.Refused})
			l.call(protocol.Create, &protocol.Answer{Result: protocol.Refused})
			l.now = l.entry.ParkedAt
			l.call(protocol.Create, &protocol.Answer{Result: protocol.NotSent})
		},
		Known{Last: unavailable, Refused: Result{Call: "create", Reason: "HTTP 422"}},
		Parked,
		"Alert24 refused the incident, in full and in its short form, next try in 1 s: HTTP 422",
	},
	{
		"its create fails so often that it is slow", func(l *life) {
			l.fires()
			for range protocol.SlowAfter {
				if at := l.entry.RetryAt; at.After(l.now) {
					l.now = at
				}
				l.call(protocol.Create, &protocol.Answer{Result: protocol.NotSent})
			}
		},
		Known{Last: unavailable, Backoff: backoff},
		Retrying,
		"create failed 10 times, next try at " + start.Add(243*time.Second+protocol.Slow).Local().Format(time.TimeOnly) +
			" (every 6 minutes after ten tries): HTTP 503 Service Unavailable",
	},
	{"another tool has the alias", func(l *life) {
		l.fires()
		l.call(protocol.Create, &protocol.Answer{Result: protocol.Foreign, Incident: protocol.Shown{ID: "id-9"}})
	}, Known{}, Blocked, "not opened: another tool's open incident id-9 has this alias"},
	{"open", func(l *life) { l.fires(); l.opens() }, Known{}, Open, "open as #1042 (last seen " + start.Local().Format(time.TimeOnly) + ")"},
	{"open, and something has changed", func(l *life) { l.fires(); l.opens() }, Known{PendingSince: start}, Updating, "open as #1042; being updated"},
	{"resolved", func(l *life) { l.fires(); l.opens(); l.resolves() }, Known{}, Closing, "resolved; #1042 waits to be closed"},
	{
		"resolved, with a delay", func(l *life) { l.fires(); l.opens(); l.resolves() },
		Known{ResolveDelay: time.Minute, Now: start},
		Closing,
		"resolved; #1042 stays open until " + start.Add(time.Minute).Local().Format(time.TimeOnly),
	},
	{"its close is under way", func(l *life) { l.fires(); l.opens(); l.resolves(); l.call(protocol.Close, nil) }, Known{}, Closing, "resolved; #1042 is being closed"},
	{"its close fails", func(l *life) {
		l.fires()
		l.opens()
		l.resolves()
		l.call(protocol.Close, &protocol.Answer{Result: protocol.NotSent})
	}, Known{}, Retrying, "resolved; close failed for #1042, next try in 1 s"},
	{"closed", func(l *life) {
		l.fires()
		l.opens()
		l.resolves()
		l.call(protocol.Close, &protocol.Answer{Result: protocol.Done, Incident: protocol.Shown{ID: "id-1", Seen: true}})
	}, Known{}, Closed, "#1042 is closed"},
	{"resolved before anything was sent", func(l *life) { l.fires(); l.resolves() }, Known{}, NeverOpened, "resolved before an incident was opened"},
	{"held", func(l *life) {
		l.fires()
		l.resolves()
		l.event(true, "am-2")
	}, Known{}, Held, "waits until " + start.Add(6*time.Minute).Local().Format(time.TimeOnly) +
		": it may be a late repeat, because am-1 resolved it at " + start.Local().Format(time.TimeOnly)},
	{"its create had no answer", with(func(e *protocol.Entry) { e.Incident.State, e.Doubt.Creates = protocol.None, 1 }), Known{}, Doubtful, "a create had no answer; the bridge looks for its incident"},
	{"its update was refused", with(func(e *protocol.Entry) { e.Refused.Kind = protocol.Update }), Known{}, Parked, "open as #1042; Alert24 refused its update"},
	{"its update had no answer", with(func(e *protocol.Entry) { e.Doubt.Set = true }), Known{}, Doubtful, "open as #1042; a call had no answer, and the bridge looks at the incident"},
	{"two incidents are open", with(func(e *protocol.Entry) { e.Extra = []string{"id-2"} }), Known{}, Open, "open as #1042; another open incident of the alias is being closed (last seen " + start.Local().Format(time.TimeOnly) + ")"},
	{"a person closed its incident", with(func(e *protocol.Entry) { e.Incident.State, e.Dismissed = protocol.Closed, true }), Known{}, Dismissed, "#1042 stays closed until the alert resolves, because a person closed it"},
	{"left to a person", with(func(e *protocol.Entry) { e.Left = true }, (*life).resolves), Known{}, LeftOpen, "resolved; a person closes #1042"},
	{"resolved in doubt", with(func(e *protocol.Entry) { e.Doubt.Set = true }, (*life).resolves), Known{}, Doubtful, "resolved; #1042 closes when it is certain what became of an unanswered call"},
	{"never seen firing", (*life).resolves, Known{}, Doubtful, "resolved, and never seen firing; the bridge looks for its incident"},
	{
		"a lookup waits", (*life).resolves,
		Known{PausedUntil: start.Add(time.Minute)},
		Doubtful,
		"resolved, and never seen firing; the bridge looks for its incident; the lookup waits, next try " + whenAllowed(start.Add(time.Minute)),
	},
	{"a lookup waits for the storage", (*life).resolves, Known{Stuck: true}, Doubtful, "waits: nothing is sent until the storage can be written"},
}

func TestStateInWords(t *testing.T) {
	for _, c := range states {
		t.Run(c.name, func(t *testing.T) {
			l := newLife(t)
			c.happens(l)
			c.known.Timers = l.entry.Timers
			s := StateOf(l.entry.Entry, &c.known)
			assert.Equal(t, c.kind, s.Kind)
			assert.Equal(t, c.want, s.String(l.now))
		})
	}
}

func TestAPauseThatHasEndedIsNotTold(t *testing.T) {
	assert.Equal(t, "waits", State{Text: "waits", Until: start}.String(start), "nor is another wait")
	s := State{Text: "create failed", NextTry: start, PausedUntil: start.Add(time.Minute)}
	assert.Equal(t, "create failed, next try now", s.String(start.Add(time.Minute)))
}

func TestHeldNamesWhoResolvedIt(t *testing.T) {
	for sender, want := range map[string]string{
		"http://am-1:9093 10.0.0.1 0a1b2c3d": "http://am-1:9093", " 10.0.0.1": "10.0.0.1", "sync": "the sync", " ": "another sender",
	} {
		l := newLife(t)
		l.fires()
		l.event(false, sender)
		l.event(true, "am-2")
		assert.Equal(t, "it may be a late repeat, because "+want+" resolved it", StateOf(l.entry.Entry, &Known{}).Reason)
		row := RowOf(l.entry.Entry, &Known{})
		assert.Equal(t, 1, row.Held)
		assert.Equal(t, "critical", row.Severity, "that of the incident that may be opened")
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0 s", 12 * time.Second: "12 s", 90 * time.Second: "1 min 30 s", 3*time.Hour + 5*time.Minute: "3 h 5 min", 50 * time.Hour: "2 d 2 h",
	} {
		assert.Equal(t, want, Span(d))
	}
	for d, want := range map[time.Duration]string{
		-time.Second: "now", time.Millisecond: "now", 59 * time.Second: "in 59 s",
		5 * time.Minute: "at " + start.Add(5*time.Minute).Local().Format(time.TimeOnly),
		24 * time.Hour:  "at " + start.Add(24*time.Hour).Local().Format(time.DateTime),
	} {
		assert.Equal(t, want, When(start.Add(d), start))
	}
}

func TestPage(t *testing.T) {
	assert.Equal(t, "https://app.alert24.net", Page("https://app.alert24.net/api/v1"))
	assert.Empty(t, incidentLink(Page("nonsense"), "id"))
	assert.Equal(t, "http://localhost:1/incidents/a%2Fb", incidentLink(Page("http://localhost:1/api/v1"), "a/b"))
}

// A time of another day has its date.
func TestTimesOfOtherDays(t *testing.T) {
	now := time.Date(2026, 11, 27, 8, 0, 0, 0, time.Local)
	s := State{Text: "stays open", Until: now.Add(30 * time.Hour), Reason: "resolved", ReasonAt: now.Add(-30 * time.Hour)}
	assert.Equal(t, "stays open until 2026-11-28 14:00:00: resolved at 2026-11-26 02:00:00", s.String(now))
}
