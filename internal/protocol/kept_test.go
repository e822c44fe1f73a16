// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// drawClosed draws a closed entry.
func drawClosed(t *rapid.T) Timed {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := rapid.Custom(func(t *rapid.T) time.Time {
		if n := rapid.Int64Range(-1e15, 1e15).Draw(t, "ns"); rapid.Bool().Draw(t, "known") {
			return start.Add(time.Duration(n))
		}
		return time.Time{}
	})
	hashes := func(name string) (h incident.Hashes) {
		for i := range h {
			if rapid.Bool().Draw(t, name) {
				h[i] = rapid.Uint64().Draw(t, name)
			}
		}
		return h
	}
	text := rapid.StringN(0, 40, -1)
	e := Timed{Entry: &Entry{
		Alias:      "a",
		Incident:   Incident{Closed, text.Draw(t, "id"), rapid.Int64().Draw(t, "number"), at.Draw(t, "started")},
		Written:    Written{hashes("news"), hashes("shown"), FieldSet(rapid.Byte().Draw(t, "theirs")), 3, incident.High},
		Doubt:      Doubt{Finished: rapid.Bool().Draw(t, "finished")},
		QuietSince: start.Add(time.Minute), ConfirmedAt: at.Draw(t, "confirmed"), Version: rapid.Uint64().Draw(t, "version"),
	}, Timers: Timers{Tries: rapid.Int32().Draw(t, "tries"), LastTry: at.Draw(t, "last try"), ListsAt: at.Draw(t, "lists at")}}
	e.Members = e.Members.draft()
	for i := range rapid.IntRange(0, 40).Draw(t, "members") {
		a := incident.Packed{Fingerprint: strconv.Itoa(i), Severity: incident.Low, LeftOpen: rapid.Bool().Draw(t, "left"), StartsAt: at.Draw(t, "start")}
		e.Members.set(&Member{
			Key: Key{byte(i), 1}, Alert: a.Brief(), Epoch: text.Draw(t, "epoch"), Seq: rapid.Int64().Draw(t, "seq"), LastSeen: at.Draw(t, "seen"),
			EndsAt: at.Draw(t, "end"), ResolvedBy: text.Draw(t, "by"), ResolvedAt: at.Draw(t, "resolved"),
			ShownBy: text.Draw(t, "shown by"),
		})
	}
	e.Members.text = rapid.Uint64().Draw(t, "text")
	e.Members.seal()
	return e
}

// An entry is the same after Pack and Unpack, whatever it holds.
func TestKeptIsTheEntry(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawClosed(t)
		kept, ok := Pack(e)
		require.True(t, ok)
		got := kept.Unpack("a")
		require.Equal(t, string(AppendRecord(nil, e.Entry)), string(AppendRecord(nil, got.Entry)))
		require.Equal(t, e.Buckets(), got.Buckets())
		for i := range e.Buckets() {
			require.Equal(t, string(AppendBucket(nil, e.Entry, i)), string(AppendBucket(nil, got.Entry, i)))
		}
		require.Equal(t, e.Timers, got.Timers)
		require.Equal(t, e.Members.Says(), got.Members.Says())
		require.Equal(t, e.EndedAt(), got.EndedAt())
	})
}

// What an episode with doubt leaves behind does not keep its closed entry from being packed.
func TestPackAfterDoubt(t *testing.T) {
	p := testPolicy()
	for name, a := range map[string]Answer{
		"unanswered": {Result: Unanswered},
		"no body":    {Result: Done, Incident: Shown{ID: "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := closing(t, p, at(0))
			e = with(e, func(n *Timed) { n.FullAt = at(50) })
			e = answerNext(t, p, e, at(1), a)
			closed := Answer{Result: Done, Found: []Shown{{ID: "1", Seen: true}}}
			for i := 2; !e.Over(); i += 20 {
				closed.Began, closed.Incident = at(i), closed.Found[0]
				e = answerNext(t, p, e, at(i), closed)
			}
			_, ok := Pack(e)
			assert.True(t, ok, "%+v", e.Timers)
		})
	}
}

// An entry that is not closed, or that a Kept cannot hold, is not packed.
func TestPackRefusesWhatIsNotOver(t *testing.T) {
	base := func() Timed {
		return Timed{Entry: &Entry{Alias: "a", Incident: Incident{State: Closed, ID: "1"}, QuietSince: time.Unix(1, 0)}}
	}
	_, ok := Pack(base())
	require.True(t, ok)
	for name, change := range map[string]func(e *Timed){
		"open":      func(e *Timed) { e.Incident.State, e.Left = Open, true },
		"unknown":   func(e *Timed) { e.Incident.State = Unknown },
		"doubt":     func(e *Timed) { e.Doubt.Set = true },
		"inflight":  func(e *Timed) { e.setInflight(Call{Kind: Close}) },
		"extra":     func(e *Timed) { e.Extra = []string{"2"} },
		"unsure":    func(e *Timed) { e.Unsure = []Content{{}} },
		"foreign":   func(e *Timed) { e.Foreign = "3" },
		"dismissed": func(e *Timed) { e.Dismissed = true },
		"peak":      func(e *Timed) { e.Peak = incident.High },
		"timers":    func(e *Timed) { e.Verify = true },
		"held": func(e *Timed) {
			e.Members = e.Members.draft()
			e.Members.set(&Member{Key: Key{1}, Alert: incident.Packed{}.Brief(), HeldUntil: time.Unix(5, 0)})
		},
		"fires": func(e *Timed) {
			e.Members = e.Members.draft()
			e.Members.set(&Member{Key: Key{1}, Firing: true})
		},
		"has text": func(e *Timed) {
			e.Members = e.Members.draft()
			e.Members.set(&Member{Key: Key{1}, Alert: incident.Pack(&incident.Alert{Description: "d"})})
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := base()
			change(&e)
			_, ok := Pack(e)
			assert.False(t, ok)
		})
	}
}

// Summaries agree with a pass over all members.
func TestSummariesAreTheMembers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		p := &Policy{EchoWindow: 5 * time.Second, EchoHold: 5 * time.Second, ClosedRetention: 20 * time.Second, Members: 1000}
		if rapid.Bool().Draw(t, "stale") {
			p.StaleAfter = 15 * time.Second
		}
		var e Timed
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			now := start.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "now")) * time.Second)
			var events []Event
			for range rapid.IntRange(1, 40).Draw(t, "events") {
				n := rapid.IntRange(0, 60).Draw(t, "alert")
				ev := Event{Alias: "a", Key: Key{byte(n), 1}, Firing: rapid.Bool().Draw(t, "fires"), Sender: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "from")}
				ev.StaleAfter = rapid.SampledFrom([]time.Duration{0, 0, 10 * time.Second, 20 * time.Second}).Draw(t, "own end")
				ev.Alert = incident.Pack(&incident.Alert{
					Fingerprint: strconv.Itoa(n), Severity: incident.Severity(1 + n%4), StartsAt: start.Add(time.Duration(n%7) * time.Second),
				})
				events = append(events, ev)
			}
			e, _ = p.Apply(e, events, now)
			plain := e.copy()
			plain.Members = plain.Members.draft()
			for i := range plain.Members.buckets {
				plain.Members.buckets[i].sum = nil
			}
			later := now.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "later")) * time.Second)
			require.Equal(t, p.due(plain.Entry, later), p.due(e.Entry, later))
			require.Equal(t, p.nextTimer(&plain, later), p.nextTimer(&e, later))
			require.Equal(t, p.expiresAt(plain.Entry), p.expiresAt(e.Entry))
			require.Equal(t, plain.EndedAt(), e.EndedAt())
			require.Equal(t, plain.FirstStart(), e.FirstStart())
			want, wantMore := worstOfAll(e.Entry)
			got, gotMore := e.Members.Worst()
			require.Equal(t, want, got)
			require.Equal(t, wantMore, gotMore)
			a, b := p.Tick(plain, later), p.Tick(e, later)
			require.Equal(t, a.Entry == nil, b.Entry == nil)
			if a.Entry != nil {
				require.Equal(t, string(AppendRecord(nil, a.Entry)), string(AppendRecord(nil, b.Entry)))
				for i := range a.Buckets() {
					require.Equal(t, string(AppendBucket(nil, a.Entry, i)), string(AppendBucket(nil, b.Entry, i)))
				}
			}
			if b.Entry == nil {
				e = b
			}
		}
	})
}

// Members above the limit keep only key, severity and times, so that none is forgotten.
func TestMembersAboveTheLimitHaveNoText(t *testing.T) {
	const most, n = 20, 100
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := &Policy{Members: most}
	var events []Event
	for i := range n {
		events = append(events, Event{Alias: "a", Key: Key{byte(i), 1}, Firing: true, Alert: incident.Pack(&incident.Alert{
			Fingerprint: strconv.Itoa(i), Severity: incident.High, StartsAt: now, Description: "text",
		})})
	}
	events[n-1].Alert.Severity = incident.Critical
	e, _ := p.Apply(Timed{}, events, now)
	e, did := p.Apply(e, events, now)
	for _, o := range did {
		require.Equal(t, Repeated, o, "a repeat says nothing new, although its text is not kept")
	}
	whole := 0
	for m := range e.Members.All() {
		if !m.Alert.IsBrief() {
			whole++
		}
		assert.Equal(t, now, m.Alert.StartsAt)
	}
	assert.Equal(t, most, whole)
	assert.Equal(t, n, e.Members.Firing())
	assert.Equal(t, incident.Critical, e.Worst())
	for i := range events {
		events[i].Firing = false
	}
	e, _ = p.Apply(e, events, now)
	assert.False(t, e.Firing(), "none is forgotten")
}
