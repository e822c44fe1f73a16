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
	inWorld(t, options{}, func(w *world) {
		w.fire(alias, incident.High, "first")
		pass(moment)
		require.Len(t, w.open(alias), 1)
		id := w.open(alias)[0].ID

		w.fire(alias, incident.High, "second")
		pass(moment)
		require.Len(t, w.requests(opUpdate, alias), 1)
		assert.Equal(t, protocol.Fields(incident.FieldTitle), w.requests(opUpdate, alias)[0].fields)
		assert.Equal(t, incident.HashText("second"), w.open(alias)[0].Fields[incident.FieldTitle])

		pass(time.Minute)
		ended := time.Now()
		w.resolve(alias)
		pass(moment)
		assert.Empty(t, w.open(alias))
		require.Len(t, w.requests(opClose, alias), 1)
		assert.Equal(t, ended, w.requests(opClose, alias)[0].ended)
		assert.Equal(t, []protocol.Lesson{protocol.Opened, protocol.Updated, protocol.ClosedIt}, w.seen.now().lessons)
		assert.Equal(t, protocol.Closed, w.ledger.Get(alias).Incident.State)
		assert.Equal(t, id, w.ledger.Get(alias).Incident.ID)
	})
}

func TestAFiringNeverWaitsForALookup(t *testing.T) {
	for _, op := range []string{opDeep, opList, opRead} {
		inWorld(t, options{fates: always(op, "", hangs)}, func(w *world) {
			w.resolve(alias) // for an unknown alias, all open incidents are listed
			pass(time.Second)
			assert.Equal(t, protocol.Unknown, w.ledger.Get(alias).Incident.State)
			fired := time.Now()
			w.fire(alias, incident.Critical, "burns")
			pass(moment)
			require.Len(t, w.requests(opCreate, alias), 1)
			assert.Zero(t, w.requests(opCreate, alias)[0].at.Sub(fired))
			require.Len(t, w.open(alias), 1)
		})
	}
}

func TestCallsThatHangHoldNoPageBack(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		for i := range 20 {
			w.fire(fmt.Sprint("alias-", i), incident.High, "first")
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
				w.resolve(fmt.Sprint("alias-", i))
			} else {
				w.fire(fmt.Sprint("alias-", i), incident.High, "second")
			}
			w.resolve(fmt.Sprint("unknown-", i))
		}
		pass(time.Second)
		for i := range 20 {
			w.fire(fmt.Sprint("new-", i), incident.Low, "fires")
		}
		pass(21 * rtt)
		for i := range 20 {
			assert.Len(t, w.open(fmt.Sprint("new-", i)), 1)
		}
	})
}

func TestAnUnansweredCreateIsRepeatedAfterALookAtTheNewest(t *testing.T) {
	for _, commit := range []bool{false, true} {
		inWorld(t, options{}, func(w *world) {
			w.fate(always(opCreate, alias, &fate{result: protocol.Unanswered, commit: commit}))
			w.fire(alias, incident.Critical, "burns")
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
			assert.LessOrEqual(t, creates[want-1].at.Sub(creates[0].at), 2*time.Second+rtt)
			pass(time.Minute)
			assert.False(t, w.ledger.Get(alias).Doubt.Set)
			assert.Len(t, w.open(alias), 1)
		})
	}
}

func TestAnUnansweredCreateWaitsTwoSecondsForALookAtTheMost(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fate(func(op, _ string) *fate {
			if op == opCreate {
				return fails
			}
			return hangs
		})
		w.fire(alias, incident.Critical, "burns")
		pass(moment)
		w.fate(always(opList, "", hangs))
		pass(2 * time.Second)
		creates := w.requests(opCreate, alias)
		require.Len(t, creates, 2)
		assert.LessOrEqual(t, creates[1].at.Sub(creates[0].at), 2*time.Second+rtt)
	})
}

func TestNothingIsClaimedDuringAPause(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.loop.gate.deny(time.Minute)
		for i := range 20 {
			w.fire(fmt.Sprint("alias-", i), incident.High, "fires")
		}
		w.fire("over", incident.High, "comes and goes")
		pass(30 * time.Second)
		assert.Zero(t, w.ledger.claimed())
		w.resolve("over")
		pass(30*time.Second + moment)
		assert.Len(t, w.requests(opCreate, ""), 20)
		assert.Empty(t, w.requests("", "over"))
	})
}

func TestAKeyThatIsNotKnownPausesAll(t *testing.T) {
	inWorld(t, options{fates: always(opCreate, "", denied)}, func(w *world) {
		for i := range 20 {
			w.fire(fmt.Sprint("alias-", i), incident.High, "fires")
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
	inWorld(t, options{fates: always(opCreate, alias, &fate{result: protocol.NotSent, status: 429})}, func(w *world) {
		w.fire(alias, incident.High, "fires")
		pass(2 * rtt)
		assert.False(t, w.loop.gate.Open(protocol.Lookup))
		w.fate(nil)
		pass(10 * time.Second)
		assert.Len(t, w.open(alias), 1)
	})
}

func TestTheAPICannotHoldAPageBackForLong(t *testing.T) {
	inWorld(t, options{fates: always(opCreate, alias, &fate{result: protocol.NotSent, status: 503, retryAfter: time.Hour})},
		func(w *world) {
			fired := time.Now()
			w.fire(alias, incident.High, "fires")
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
		e, _ := l.policy.Apply(protocol.Timed{}, []protocol.Event{firing("a", incident.High, "x"), resolved("a")}, ended)
		burns, _ := l.policy.Apply(protocol.Timed{}, []protocol.Event{firing("a", incident.High, "x")}, ended)
		other := firing("a", incident.High, "x")
		other.Key = keyOf("b")
		one, _ := l.policy.Apply(e, []protocol.Event{other}, ended) // one of two has ended
		pass(time.Hour)
		for want, cs := range map[time.Time][]time.Time{
			ended: {closeAt(e.Entry, protocol.Call{})},
			{}:    {closeAt(e.Entry, protocol.Call{Bare: true}), closeAt(burns.Entry, protocol.Call{Bare: true})},
			time.Now(): {
				closeAt(e.Entry, protocol.Call{ID: "a second one"}), closeAt(burns.Entry, protocol.Call{Renew: true}),
				closeAt(one.Entry, protocol.Call{Renew: true}),
				closeAt(&protocol.Entry{}, protocol.Call{}),
			},
		} {
			for _, at := range cs {
				assert.Equal(t, want, at)
			}
		}
	})
}

// An incident without any mark of ours may be ours if it has one of our titles.
func TestALookupNamesTheTitles(t *testing.T) {
	e := &protocol.Entry{Incident: protocol.Incident{State: protocol.Open}}
	e.Written.Shown[incident.FieldTitle] = 7
	q := questionOf(e, protocol.Call{Kind: protocol.Lookup})
	assert.Equal(t, []uint64{7}, q.Titles)
	assert.False(t, q.AnyTitle)
	assert.True(t, questionOf(&protocol.Entry{Incident: protocol.Incident{State: protocol.Unknown}}, protocol.Call{Kind: protocol.Lookup}).AnyTitle)
}

// When its entry expires, an alias needs no call. Its worker still has to release it.
func TestAnAliasThatExpiredFiresAgain(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fire(alias, incident.High, "fires")
		pass(moment)
		w.resolve(alias)
		pass(2 * time.Hour)
		require.Nil(t, w.ledger.Get(alias))
		w.fire(alias, incident.High, "fires again")
		pass(moment)
		assert.Len(t, w.open(alias), 1)
	})
}

func TestStorageThatFails(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.ledger.fail(errors.New("disk full"))
		w.fire(alias, incident.High, "fires")
		pass(5*time.Second + moment)
		assert.Empty(t, w.requests(opCreate, ""), "nothing leaves that the disk does not know")
		assert.Len(t, w.seen.now().storage, 6)
		w.ledger.fail(nil)
		pass(time.Second)
		require.Len(t, w.open(alias), 1)

		w.resolve(alias)
		pass(rtt / 2)
		w.ledger.fail(errors.New("disk full")) // the storage fails while the answer is under way
		pass(5 * time.Second)
		w.ledger.fail(nil)
		pass(time.Second)
		assert.Len(t, w.requests(opClose, alias), 1)
		assert.Equal(t, protocol.Closed, w.ledger.Get(alias).Incident.State)
	})
}

// Content that was rendered to decide on a call is not rendered again, unless the alerts changed before the write-ahead.
func TestPreparedContentIsWhatTheWriteAheadNames(t *testing.T) {
	l := newFakeLedger(t)
	l.apply(firing(alias, incident.High, "before"))
	_, prepared := l.Prepare(alias)
	require.NotNil(t, prepared)
	named := protocol.Call{Kind: protocol.Create, Content: protocol.Of(prepared)}
	l.apply(firing(alias, incident.High, "after"))
	r := &Reconciler{ledger: l}

	content, sent := r.content(l.Get(alias), named, prepared)
	assert.Equal(t, "before", content.Title)
	assert.Equal(t, named.Content, sent)

	content, sent = r.content(l.Get(alias), protocol.Call{Kind: protocol.Create, Content: sent}, nil)
	assert.Equal(t, "after", content.Title)
	content, _ = r.content(l.Get(alias), protocol.Call{Kind: protocol.Create, Content: sent}, prepared)
	assert.Equal(t, "after", content.Title)
}
