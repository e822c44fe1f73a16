// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// restarts is a ledger over a journal, and a history of alerts, lists and calls.
type restarts struct {
	*disk
	ledger *ledger.Ledger
	now    time.Time
	said   int
}

var aliases = []string{"a", "b"}

func (r *restarts) open(t *rapid.T) {
	j := New(r.disk)
	j.log.slack = 0 // records move with nearly every write
	r.ledger = openLedger(t, j, func() time.Time { return r.now })
}

// some draws the events of some alerts of an alias.
func (r *restarts) some(t *rapid.T) []protocol.Event {
	alias := rapid.SampledFrom(aliases).Draw(t, "alias")
	from := rapid.SampledFrom([]int{0, 5, 16}).Draw(t, "from")
	var events []protocol.Event
	for i := range rapid.SampledFrom([]int{1, 3, 16, 32}).Draw(t, "alerts") {
		fingerprint := fmt.Sprint("f", from+i)
		events = append(events, protocol.Event{
			Alias: alias, Key: keyOf(alias + fingerprint), Firing: true, Sender: "am1",
			Alert: incident.Pack(&incident.Alert{Fingerprint: fingerprint, Severity: incident.Critical, StartsAt: at(0), Description: strconv.Itoa(r.said)}),
		})
	}
	return events
}

func (r *restarts) apply(t *rapid.T, events []protocol.Event) {
	_, err := r.ledger.Apply(t.Context(), events, nil)
	require.NoError(t, err)
}

func (r *restarts) fire(t *rapid.T) {
	events := r.some(t)
	sender := rapid.SampledFrom([]string{"am1", "am2"}).Draw(t, "sender")
	for i := range events {
		events[i].Sender = sender
	}
	r.apply(t, events)
}

func (r *restarts) resolve(t *rapid.T) {
	events := r.some(t)
	for i := range events {
		events[i].Firing, events[i].EndsAt = false, r.now
	}
	r.apply(t, events)
}

func (r *restarts) list(t *rapid.T) {
	s := &protocol.Snapshot{Source: "am", Complete: rapid.Bool().Draw(t, "complete"), AbsentFor: time.Minute, Listed: map[protocol.Key]bool{}}
	for _, ev := range r.some(t) {
		s.Listed[ev.Key] = true
	}
	_, _, err := r.ledger.Sync(t.Context(), s)
	require.NoError(t, err)
}

// call makes the next call of an alias, and may learn its answer.
func (r *restarts) call(t *rapid.T) {
	alias := rapid.SampledFrom(aliases).Draw(t, "alias")
	r.ledger.Prepare(alias)
	_, d, err := r.ledger.Claim(t.Context(), alias)
	require.NoError(t, err)
	if d.Call.Kind == protocol.NoCall || rapid.IntRange(0, 3).Draw(t, "answered") == 0 {
		return
	}
	a := protocol.Answer{
		Result: rapid.SampledFrom([]protocol.Result{protocol.Done, protocol.Done, protocol.Unanswered, protocol.Refused}).Draw(t, "result"),
		Began:  r.now, Sent: d.Call.Content, Wrote: protocol.Full.Fields(),
	}
	if d.Call.Kind != protocol.Lookup {
		a.Incident = protocol.Shown{ID: "1", Seen: a.Result == protocol.Done, Open: d.Call.Kind != protocol.Close}
	}
	require.NoError(t, r.ledger.Learn(t.Context(), []*protocol.Answered{{Alias: alias, Call: d.Call, Answer: a}}))
}

// state describes each entry, or with restarts what a restart now must make of it. Time has done what it can do.
func (r *restarts) state(restarts bool) (all []string) {
	policy := testPolicy()
	for _, alias := range r.ledger.Aliases() {
		timed := protocol.Timed{Entry: r.ledger.Get(alias)}
		if restarts {
			e := *timed.Entry
			if e.Inflight().Kind == protocol.Lookup {
				e.WriteAhead = nil // a lookup needs no write-ahead
			}
			timed = policy.Load(&e, r.now)
		}
		for next := policy.Tick(timed, r.now); next != timed; next = policy.Tick(timed, r.now) {
			if timed = next; timed.Entry == nil {
				break
			}
		}
		if timed.Entry == nil {
			continue
		}
		e := *timed.Entry
		var members []string
		for m := range e.Members.All() {
			members = append(members, fmt.Sprint(m.Alert.Fingerprint, m.Firing, !m.HeldUntil.IsZero(), m.EndsAt, m.ResolvedBy, m.ResolvedAt, m.ShownBy))
		}
		slices.Sort(members)
		e.Members, e.Version = protocol.Members{}, 0
		e.Unsure = nil // the news of a create in the short form is not written
		all = append(all, fmt.Sprintf("%+v %v", e, members))
	}
	slices.Sort(all)
	return all
}

// A restart loses nothing but what needs no write: that alerts were repeated or listed again, and lookups.
func TestARestartLosesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &restarts{disk: newDisk(), now: at(0)}
		r.open(t)
		t.Repeat(map[string]func(*rapid.T){
			"fire":    r.fire,
			"repeat":  r.fire,
			"resolve": r.resolve,
			"change":  func(t *rapid.T) { r.said++; r.fire(t) },
			"list":    r.list,
			"call":    r.call,
			"more":    r.call,
			"wait": func(t *rapid.T) {
				r.now = r.now.Add(time.Duration(rapid.SampledFrom([]int{1, 20, 400, 4000}).Draw(t, "seconds")) * time.Second)
			},
			"restart": func(t *rapid.T) {
				want := r.state(true)
				r.open(t)
				require.Equal(t, want, r.state(false))
			},
		})
	})
}
