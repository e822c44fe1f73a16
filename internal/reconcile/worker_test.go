// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

const alias = "HighErrorRate:api-01.prod"

func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestIncidentOpensUpdatesAndCloses(t *testing.T) {
	inWorld(t, options{}, func(t *testing.T, w *world) {
		w.fire(t, alias, incident.High, "first")
		pass(moment)
		require.Len(t, w.open(alias), 1)
		id := w.open(alias)[0].ID

		w.fire(t, alias, incident.High, "second")
		pass(moment)
		require.Len(t, w.requests(opUpdate, alias), 1)
		assert.Equal(t, protocol.Fields(incident.FieldTitle), w.requests(opUpdate, alias)[0].fields)
		assert.Equal(t, incident.HashText("second"), w.open(alias)[0].Fields[incident.FieldTitle])

		pass(time.Minute)
		ended := time.Now()
		w.resolve(t, alias)
		pass(moment)
		assert.Empty(t, w.open(alias))
		require.Len(t, w.requests(opClose, alias), 1)
		assert.Equal(t, ended, w.requests(opClose, alias)[0].ended)
		assert.Equal(t, []protocol.Lesson{protocol.Opened, protocol.Updated, protocol.ClosedIt}, w.seen.lessons)
		assert.Equal(t, protocol.Closed, w.ledger.Get(alias).Incident.State)
		assert.Equal(t, id, w.ledger.Get(alias).Incident.ID)
	})
}

func TestAnUpdateLeavesWhatAPersonWrote(t *testing.T) {
	inWorld(t, options{}, func(t *testing.T, w *world) {
		w.fire(t, alias, incident.High, "first")
		pass(moment)
		id := w.open(alias)[0].ID
		w.change(id, func(r *row) { r.Fields[incident.FieldTitle] = incident.HashText("a person's title") })
		w.fire(t, alias, incident.Critical, "second")
		pass(moment)
		require.Len(t, w.requests(opUpdate, alias), 1)
		assert.Equal(t, protocol.Fields(incident.FieldSeverity), w.requests(opUpdate, alias)[0].fields)
		assert.Equal(t, incident.HashText("a person's title"), w.open(alias)[0].Fields[incident.FieldTitle])
		assert.True(t, w.ledger.Get(alias).Written.Theirs.Has(incident.FieldTitle))
	})
}

// Each is what the reading before an update shows.
func TestAnUpdateReadsFirst(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*row)
		read   *fate
		writes int // within a moment
		state  protocol.State
		lesson protocol.Lesson
		result protocol.Result
	}{
		"open":                            {nil, nil, 1, protocol.Open, protocol.Updated, protocol.Done},
		"says it already":                 {func(r *row) { r.Fields = incident.Hashes{} }, nil, 1, protocol.Open, protocol.Updated, protocol.Done},
		"closed by a person":              {func(r *row) { r.Open = false }, nil, 0, protocol.Closed, protocol.FoundClosed, protocol.Done},
		"gone":                            {nil, isGone, 0, protocol.Closed, protocol.FoundClosed, protocol.Gone},
		"the key may not read":            {nil, forbidden, 1, protocol.Open, protocol.Updated, protocol.Done},
		"the key is not known":            {nil, denied, 0, protocol.Open, protocol.Retrying, protocol.Denied},
		"the reading fails":               {nil, fails, 0, protocol.Open, protocol.Retrying, protocol.NotSent},
		"the reading is refused":          {nil, refuses, 0, protocol.Open, protocol.Retrying, protocol.NotSent},
		"the API asks to come later":      {nil, &fate{result: protocol.NotSent, status: 429, retryAfter: time.Hour}, 0, protocol.Open, protocol.Retrying, protocol.NotSent},
		"the reading shows nothing of it": {func(r *row) { r.Seen = false }, nil, 1, protocol.Open, protocol.Updated, protocol.Done},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, options{}, func(t *testing.T, w *world) {
				w.ledger.policy.ReopenNever = true
				w.fire(t, alias, incident.High, "first")
				pass(moment)
				if c.change != nil {
					w.change(w.open(alias)[0].ID, c.change)
				}
				w.fate(always(opRead, alias, c.read))
				w.fire(t, alias, incident.High, "second")
				pass(moment)
				assert.Len(t, w.requests(opUpdate, alias), c.writes)
				e := w.ledger.Get(alias)
				assert.Equal(t, c.state, e.Incident.State)
				assert.False(t, e.Doubt.Set, "nothing is uncertain")
				assert.Equal(t, c.lesson, w.seen.lessons[1])
				last := w.seen.calls[2]
				assert.Equal(t, protocol.Update, last.kind)
				assert.Equal(t, c.result, last.result)
				assert.LessOrEqual(t, time.Until(e.Timers().RetryAt), maxPagePause)
			})
		})
	}
}

func TestAnUpdateWithoutNeedWritesNothing(t *testing.T) {
	inWorld(t, options{}, func(t *testing.T, w *world) {
		w.fire(t, alias, incident.High, "first")
		pass(moment)
		w.ledger.apply(firing(alias, incident.High, "second"))
		_, want := w.ledger.Content(w.ledger.Get(alias))
		w.change(w.open(alias)[0].ID, func(r *row) { r.Fields = want.Sent })
		w.loop.Notify(t.Context(), alias)
		pass(moment)
		assert.Len(t, w.requests(opRead, alias), 1)
		assert.Empty(t, w.requests(opUpdate, alias))
		pass(time.Minute)
		assert.Len(t, w.requests(opRead, alias), 1, "it is not asked again")
	})
}

func TestFewerFieldsForAnAPIThatCannotDigestAll(t *testing.T) {
	inWorld(t, options{}, func(t *testing.T, w *world) {
		for _, a := range []string{alias, "other"} {
			w.fire(t, a, incident.High, "first")
		}
		pass(moment)
		w.fate(always(opUpdate, alias, fails))
		w.fire(t, alias, incident.High, "second")
		pass(5 * time.Second)
		assert.Equal(t, protocol.Full, w.ledger.Get(alias).Timers().Form, "perhaps the API is down")
		w.fire(t, "other", incident.High, "second")
		pass(15 * time.Minute)
		assert.NotEqual(t, protocol.Full, w.ledger.Get(alias).Timers().Form)
		assert.Contains(t, w.seen.lessons, protocol.Shrunk)
	})
}

func TestAFiringNeverWaitsForALookup(t *testing.T) {
	for _, op := range []string{opDeep, opList, opRead} {
		inWorld(t, options{fates: always(op, "", hangs)}, func(t *testing.T, w *world) {
			w.resolve(t, alias) // of an alias that nobody knows: all open incidents are listed
			pass(time.Second)
			assert.Equal(t, protocol.Unknown, w.ledger.Get(alias).Incident.State)
			fired := time.Now()
			w.fire(t, alias, incident.Critical, "burns")
			pass(moment)
			require.Len(t, w.requests(opCreate, alias), 1)
			assert.Zero(t, w.requests(opCreate, alias)[0].at.Sub(fired))
			require.Len(t, w.open(alias), 1)
		})
	}
}

func TestCallsThatHangHoldNoPageBack(t *testing.T) {
	inWorld(t, options{}, func(t *testing.T, w *world) {
		for i := range 20 {
			w.fire(t, fmt.Sprint("alias-", i), incident.High, "first")
		}
		pass(time.Second)
		w.fate(func(op, _ string) *fate {
			if op != opCreate {
				return hangs
			}
			return nil
		})
		for i := range 20 {
			if i%2 == 0 {
				w.resolve(t, fmt.Sprint("alias-", i))
			} else {
				w.fire(t, fmt.Sprint("alias-", i), incident.High, "second")
			}
			w.resolve(t, fmt.Sprint("unknown-", i))
		}
		pass(time.Second)
		for i := range 20 {
			w.fire(t, fmt.Sprint("new-", i), incident.Low, "fires")
		}
		pass(21 * (rtt + 2*learnDelay))
		for i := range 20 {
			assert.Len(t, w.open(fmt.Sprint("new-", i)), 1)
		}
	})
}

func TestAnUnansweredCreateIsRepeatedAfterALookAtTheNewest(t *testing.T) {
	for _, commit := range []bool{false, true} {
		inWorld(t, options{}, func(t *testing.T, w *world) {
			w.fate(always(opCreate, alias, &fate{result: protocol.Unanswered, commit: commit}))
			w.fire(t, alias, incident.Critical, "burns")
			pass(moment)
			w.fate(nil)
			pass(3 * time.Second)
			require.Len(t, w.open(alias), 1)
			want := 2
			if commit {
				want = 1 // the lookup found it
			}
			creates := w.requests(opCreate, alias)
			require.Len(t, creates, want)
			assert.LessOrEqual(t, creates[want-1].at.Sub(creates[0].at), 2*time.Second+rtt+2*learnDelay)
			pass(time.Minute)
			assert.False(t, w.ledger.Get(alias).Doubt.Set)
			assert.Len(t, w.open(alias), 1)
		})
	}
}

func TestAnUnansweredCreateWaitsTwoSecondsForALookAtTheMost(t *testing.T) {
	inWorld(t, options{}, func(t *testing.T, w *world) {
		w.fate(func(op, _ string) *fate {
			if op == opCreate {
				return fails
			}
			return hangs
		})
		w.fire(t, alias, incident.Critical, "burns")
		pass(moment)
		w.fate(always(opList, "", hangs))
		pass(2 * time.Second)
		creates := w.requests(opCreate, alias)
		require.Len(t, creates, 2)
		assert.LessOrEqual(t, creates[1].at.Sub(creates[0].at), 2*time.Second+rtt+2*learnDelay)
	})
}

func TestNothingIsClaimedDuringAPause(t *testing.T) {
	inWorld(t, options{}, func(t *testing.T, w *world) {
		w.loop.gate.Deny(time.Minute)
		for i := range 20 {
			w.fire(t, fmt.Sprint("alias-", i), incident.High, "fires")
		}
		w.fire(t, "over", incident.High, "comes and goes")
		pass(30 * time.Second)
		assert.Zero(t, w.ledger.claims)
		w.resolve(t, "over")
		pass(30*time.Second + moment)
		assert.Len(t, w.requests(opCreate, ""), 20)
		assert.Empty(t, w.requests("", "over"))
	})
}

func TestAKeyThatIsNotKnownPausesAll(t *testing.T) {
	inWorld(t, options{fates: always(opCreate, "", denied)}, func(t *testing.T, w *world) {
		for i := range 20 {
			w.fire(t, fmt.Sprint("alias-", i), incident.High, "fires")
		}
		pass(59 * time.Second)
		assert.LessOrEqual(t, len(w.requests(opCreate, "")), 16, "those on their way when the first answer came")
		w.fate(nil)
		pass(2 * time.Minute)
		for i := range 20 {
			assert.Len(t, w.open(fmt.Sprint("alias-", i)), 1)
		}
	})
}

func TestA429WithoutATimePausesAll(t *testing.T) {
	inWorld(t, options{fates: always(opCreate, alias, &fate{result: protocol.NotSent, status: 429})}, func(t *testing.T, w *world) {
		w.fire(t, alias, incident.High, "fires")
		pass(2 * rtt)
		assert.False(t, w.loop.gate.Open(protocol.Lookup))
		w.fate(nil)
		pass(10 * time.Second)
		assert.Len(t, w.open(alias), 1)
	})
}

func TestTheAPICannotHoldAPageBackForLong(t *testing.T) {
	inWorld(t, options{fates: always(opCreate, alias, &fate{result: protocol.NotSent, status: 503, retryAfter: time.Hour})},
		func(t *testing.T, w *world) {
			fired := time.Now()
			w.fire(t, alias, incident.High, "fires")
			pass(moment)
			w.fate(nil)
			pass(10 * time.Minute)
			creates := w.requests(opCreate, alias)
			require.Len(t, creates, 2)
			assert.LessOrEqual(t, creates[1].at.Sub(fired), 5*time.Minute+time.Second)
		})
}

func TestCloseAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newFakeLedger(t)
		ended := time.Now()
		e, _ := l.policy.Apply(nil, []protocol.Event{firing("a", incident.High, "x"), resolved("a")}, ended)
		burns, _ := l.policy.Apply(nil, []protocol.Event{firing("a", incident.High, "x")}, ended)
		pass(time.Hour)
		for want, cs := range map[time.Time][]time.Time{
			ended: {closeAt(e, protocol.Call{})},
			{}:    {closeAt(e, protocol.Call{Bare: true}), closeAt(burns, protocol.Call{Bare: true})},
			time.Now(): {
				closeAt(e, protocol.Call{ID: "a second one"}), closeAt(burns, protocol.Call{Renew: true}),
				closeAt(&protocol.Entry{}, protocol.Call{}),
			},
		} {
			for _, at := range cs {
				assert.Equal(t, want, at)
			}
		}
	})
}

func TestStorageThatFails(t *testing.T) {
	inWorld(t, options{}, func(t *testing.T, w *world) {
		w.ledger.fail(errors.New("disk full"))
		w.fire(t, alias, incident.High, "fires")
		pass(5*time.Second + moment)
		assert.Empty(t, w.requests(opCreate, ""), "nothing leaves that the disk does not know")
		assert.Len(t, w.seen.storage, 6)
		w.ledger.fail(nil)
		pass(time.Second)
		require.Len(t, w.open(alias), 1)

		w.resolve(t, alias)
		pass(rtt / 2)
		w.ledger.fail(errors.New("disk full")) // while the answer is under way
		pass(5 * time.Second)
		w.ledger.fail(nil)
		pass(time.Second)
		assert.Len(t, w.requests(opClose, alias), 1)
		assert.Equal(t, protocol.Closed, w.ledger.Get(alias).Incident.State)
	})
}
