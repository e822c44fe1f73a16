// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestRecovery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recovery
		assert.Zero(t, r.wait("a", true))
		assert.Empty(t, r.heard(protocol.Create, protocol.Done.Works()), "it has not failed")
		assert.False(t, r.awaited())

		assert.Empty(t, r.heard(protocol.Create, protocol.Unanswered.Works()))
		assert.True(t, r.awaited())
		r.wait("b", true)
		r.wait("c", true)
		r.wait("a", false)
		assert.Empty(t, r.heard(protocol.Close, protocol.Denied.Works()))

		time.Sleep(time.Second)
		assert.ElementsMatch(t, []string{"b", "c"}, r.heard(protocol.Create, protocol.Refused.Works()))
		assert.False(t, r.awaited())
		assert.Equal(t, time.Now(), r.wait("b", true))
		assert.Zero(t, r.wait("c", false))

		time.Sleep(time.Second)
		assert.Empty(t, r.heard(protocol.Close, protocol.Gone.Works()), "it has worked since")
		assert.Equal(t, time.Now().Add(-time.Second), r.wait("b", true))
		assert.Empty(t, r.heard(protocol.Lookup, protocol.Incomplete.Works()))
		assert.True(t, r.awaited())
		assert.Equal(t, []string{"b"}, r.heard(protocol.Lookup, protocol.Done.Works()), "nothing but a reading has failed")
		assert.Empty(t, r.heard(protocol.Create, protocol.NotSent.Works()))
		r.wait("b", false)
		assert.False(t, r.awaited(), "nobody waits")
		assert.Empty(t, r.heard(protocol.Lookup, protocol.Incomplete.Works()))
		assert.False(t, r.reads())
		assert.Empty(t, r.heard(protocol.Create, protocol.Foreign.Works()))
		assert.True(t, r.reads(), "what writes can read")
	})
}

// TestWhatIsReadLetsOneGoAhead: the call of that alias shows whether the API writes, too.
func TestWhatIsReadLetsOneGoAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r recovery
		time.Sleep(lookOutInterval)
		r.heard(protocol.Lookup, protocol.Incomplete.Works())
		r.heard(protocol.Create, protocol.Unanswered.Works())
		r.wait("a", true)
		r.wait("b", true)
		first := r.heard(protocol.Lookup, protocol.Done.Works())
		require.Len(t, first, 1)
		assert.True(t, r.awaited())
		assert.Empty(t, r.heard(protocol.Lookup, protocol.Done.Works()), "another one at once")
		for _, alias := range []string{"a", "b"} {
			assert.Equal(t, alias == first[0], !r.wait(alias, true).IsZero())
		}
		time.Sleep(lookOutInterval)
		r.heard(protocol.Create, protocol.Unanswered.Works())
		assert.Len(t, r.heard(protocol.Lookup, protocol.Done.Works()), 1)
		r.wait("a", true)
		r.wait("b", true)
		assert.ElementsMatch(t, []string{"a", "b"}, r.heard(protocol.Create, protocol.Done.Works()))
		assert.Equal(t, time.Now(), r.wait("a", true))
		assert.Equal(t, time.Now(), r.wait("b", true))
	})
}

// TestWhatTheGateKeepsBack: a call that the gate keeps back shows nothing about the API.
func TestWhatTheGateKeepsBack(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		for _, err := range []error{&PausedError{}, ErrNotPermitted} {
			w.loop.heard(protocol.Create, &protocol.Answer{Result: protocol.NotSent}, fmt.Errorf("create: %w", err))
			assert.False(t, w.loop.recovery.writeFailed)
		}
		w.loop.heard(protocol.Create, &protocol.Answer{Result: protocol.NotSent}, assert.AnError)
		assert.True(t, w.loop.recovery.writeFailed)
	})
}

// outage lets n aliases fire, one a minute, while the API fails, until the last one is slow.
func (w *world) outage(n int) {
	w.fate(always("", "", fails))
	for i := range n {
		w.fire(fmt.Sprint("alias-", i), incident.High, "fires")
		pass(time.Minute)
	}
	pass(20 * time.Minute)
	require.Empty(w.t, w.rowsOpen())
}

func (w *world) rowsOpen() (open []string) {
	for _, a := range w.ledger.Aliases() {
		if len(w.open(a)) > 0 {
			open = append(open, a)
		}
	}
	return open
}

func TestAfterAnOutageAllIsOpenedSoon(t *testing.T) {
	for name, n := range map[string]int{"many": 40, "one": 1} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, options{}, func(w *world) {
				w.outage(n)
				w.fate(nil)
				pass(lookOutInterval + 5*time.Second)
				assert.Len(t, w.rowsOpen(), n)
				assert.Len(t, w.rows, n, "none twice")
			})
		})
	}
}

// TestWhatFiresAgainDuringAnOutageIsOpenedSoon: the closes were carried out, but not answered. The lookup that finds this does not delay
// the create that follows, although a slow alias may call only once.
func TestWhatFiresAgainDuringAnOutageIsOpenedSoon(t *testing.T) {
	carriedOut := &fate{result: protocol.Unanswered, status: 500, commit: true}
	for _, n := range []int{1, 20} {
		for _, outage := range []time.Duration{time.Minute, 2 * time.Minute, 10 * time.Minute, time.Hour} {
			t.Run(fmt.Sprint(n, " for ", outage), func(t *testing.T) {
				inWorld(t, options{}, func(w *world) {
					for i := range n {
						w.fire(fmt.Sprint("alias-", i), incident.High, "fires")
					}
					pass(10 * time.Minute)
					w.fate(func(op, _ string) *fate {
						if op == opClose {
							return carriedOut
						}
						return fails
					})
					for i := range n {
						w.resolve(fmt.Sprint("alias-", i))
					}
					pass(20 * time.Second)
					for i := range n {
						w.fire(fmt.Sprint("alias-", i), incident.High, "fires again")
					}
					pass(outage)
					require.Empty(t, w.rowsOpen())
					w.fate(nil)
					pass(lookOutInterval + 5*time.Second)
					assert.Len(t, w.rowsOpen(), n)
					assert.Len(t, w.rows, 2*n)
				})
			})
		}
	}
}

// TestAnAPIThatOnlyReads: reading keeps succeeding, but nothing opens. Once writing works, no alias waits longer than one that is tried
// every six minutes.
func TestAnAPIThatOnlyReads(t *testing.T) {
	for minutes := range 12 {
		inWorld(t, options{}, func(w *world) {
			w.fate(always(opCreate, "", &fate{result: protocol.NotSent, status: 503}))
			w.fire(alias, incident.Critical, "fires")
			pass(20*time.Minute + time.Duration(minutes)*time.Minute)
			w.fate(nil)
			pass(protocol.Slow + moment)
			assert.Len(t, w.open(alias), 1, "after %d minutes", minutes)
		})
	}
}

// TestARecoveryThatTakesItsTime: first reading works again, later writing. The waiting aliases have saved their calls for that.
func TestARecoveryThatTakesItsTime(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		const n = 40
		w.outage(n)
		w.fate(always(opCreate, "", fails))
		pass(4 * time.Minute)
		assert.Empty(t, w.rowsOpen())
		w.fate(nil)
		pass(2*lookOutInterval + 5*time.Second)
		assert.Len(t, w.rowsOpen(), n)
	})
}

// TestOnlyWhatIsSlowLooksOut: without slow aliases nothing is read.
func TestOnlyWhatIsSlowLooksOut(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		lists := func() int { return len(w.requests(opList, "")) }
		w.outage(1)
		n := lists()
		pass(time.Hour)
		assert.InDelta(t, time.Hour/lookOutInterval, lists()-n, 20, "and some for the alias, which is in doubt")
		w.fate(nil)
		pass(time.Minute)
		n = lists()
		pass(24 * time.Hour)
		assert.Equal(t, n, lists(), "the API works")
		w.fate(always("", "", fails))
		w.loop.check()
		n = lists()
		pass(24 * time.Hour)
		assert.Equal(t, n, lists(), "no alias waits")
	})
}

func TestLookingOutWaitsForAPause(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.outage(1)
		w.loop.gate.deny(30 * time.Minute)
		n := len(w.requests(opList, ""))
		pass(29 * time.Minute)
		assert.Len(t, w.requests(opList, ""), n)
		w.fate(nil)
		pass(time.Minute + moment)
		assert.Len(t, w.open("alias-0"), 1)
	})
}

// TestTwelveCallsAnHour: the limit holds even if the API works now and then for other aliases, but not for this one.
func TestTwelveCallsAnHour(t *testing.T) {
	for _, half := range []time.Duration{20 * time.Second, time.Minute, 3 * time.Minute, 7 * time.Minute, 40 * time.Minute} {
		t.Run(half.String(), func(t *testing.T) {
			began := time.Now()
			inWorld(t, options{}, func(w *world) {
				began = time.Now()
				w.fate(func(_, of string) *fate {
					if of == alias || time.Since(began)/half%2 == 0 {
						return &fate{result: protocol.NotSent, status: 503}
					}
					return nil
				})
				w.fire(alias, incident.High, "fires")
				for range 10 * 60 {
					pass(time.Minute)
					w.loop.check()
				}
				creates := w.requests(opCreate, alias)[protocol.SlowAfter-1:]
				for i := range creates[12:] {
					require.GreaterOrEqual(t, creates[i+12].at.Sub(creates[i].at), time.Hour, "from call %d", i)
				}
				assert.Greater(t, len(creates), 60)
				pairs := slices.ContainsFunc(creates[1:], func(q request) bool {
					i := slices.Index(creates, q)
					return q.at.Sub(creates[i-1].at) < protocol.Slow-time.Minute
				})
				assert.True(t, pairs, "some were before their turn")
			})
		})
	}
}

// TestAHurryThatCannotBeStored: it waits for the storage.
func TestAHurryThatCannotBeStored(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.outage(1)
		w.ledger.fail(assert.AnError)
		w.fate(nil)
		pass(lookOutInterval + time.Second)
		assert.Empty(t, w.open("alias-0"))
		assert.Contains(t, w.seen.now().storage, assert.AnError)
		w.ledger.fail(nil)
		pass(storagePause + moment)
		assert.Len(t, w.open("alias-0"), 1)
	})
}
