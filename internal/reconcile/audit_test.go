// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func audits(every time.Duration) func(*Config) {
	return func(c *Config) { c.AuditInterval = every }
}

func TestStartTellsWhetherTheKeyWorks(t *testing.T) {
	for want, f := range map[protocol.Result]*fate{protocol.Done: nil, protocol.Denied: denied, protocol.Incomplete: fails} {
		inWorld(t, options{fates: always(opList, "", f)}, func(w *world) {
			pass(moment)
			require.Len(t, w.seen.now().calls, 1)
			assert.Equal(t, protocol.Lookup, w.seen.now().calls[0].kind)
			assert.Equal(t, want, w.seen.now().calls[0].result)
			assert.Equal(t, f == nil, w.seen.now().calls[0].err == nil)
			assert.Equal(t, f != denied, w.loop.gate.Open(protocol.Create))
			assert.Len(t, w.requests("", ""), 1, "one cheap reading")
			pass(24 * time.Hour)
			assert.Len(t, w.requests("", ""), 1, "no audit unless it is on")
		})
	}
}

func TestAuditFindsWhatWasCarriedOutLate(t *testing.T) {
	inWorld(t, options{cfg: audits(10 * time.Minute)}, func(w *world) {
		w.fire(alias, incident.High, "fires")
		pass(moment)
		w.resolve(alias)
		pass(moment)
		require.Empty(t, w.open(alias))
		w.change("", func(*row) { w.add(alias) }) // a late create, given up long ago
		w.ledger.fail(errors.New("disk full"))
		pass(11 * time.Minute)
		require.ErrorContains(t, w.seen.now().audits[0].err, "disk full")
		require.Len(t, w.open(alias), 1)
		w.ledger.fail(nil)
		pass(10 * time.Minute)
		assert.Empty(t, w.open(alias))
		assert.Equal(t, audited{}, w.seen.now().audits[1])
	})
}

func TestAuditFindsWhatIsClosed(t *testing.T) {
	inWorld(t, options{cfg: audits(10 * time.Minute)}, func(w *world) {
		w.fire("open", incident.High, "fires")
		w.fire(alias, incident.High, "fires")
		pass(moment)
		w.change(w.open(alias)[0].ID, func(r *row) { r.Open = false }) // by a late close, given up long ago
		pass(11 * time.Minute)
		assert.Len(t, w.open(alias), 1)
		assert.Len(t, w.requests(opCreate, alias), 2)
		assert.Len(t, w.requests(opRead, alias), 1, "the list alone is not believed")
		assert.Len(t, w.requests("", "open"), 1, "what the list shows as open is not looked up")
	})
}

// Only an audit notices that another tool's incident closes. So while one blocks an alias, there are audits even if they are off.
func TestAuditOpensOursWhenAnothersIsClosed(t *testing.T) {
	for name, every := range map[string]time.Duration{"on": 10 * time.Minute, "off": 0} {
		t.Run(name, func(t *testing.T) {
			foreign := &fate{result: protocol.Foreign, met: "of another tool"}
			inWorld(t, options{cfg: audits(every), fates: always(opCreate, alias, foreign)}, func(w *world) {
				w.fire(alias, incident.High, "fires")
				pass(9 * time.Minute)
				require.Len(t, w.requests(opCreate, alias), 1, "it is blocked")
				w.fate(nil)
				pass(2 * time.Minute)
				assert.Len(t, w.open(alias), 1)
				audited := len(w.seen.now().audits)
				pass(11 * time.Minute)
				assert.Equal(t, every > 0, len(w.seen.now().audits) > audited, "an audit although it is off and nothing is blocked")
			})
		})
	}
}

// A key may not be allowed to list, or the list may always fail.
func TestAuditThatFailsOpensOursWhenAnothersIsClosed(t *testing.T) {
	for name, f := range map[string]*fate{"may not list": forbidden, "fails": fails} {
		t.Run(name, func(t *testing.T) {
			foreign := &fate{result: protocol.Foreign, met: "of another tool"}
			blocked := func(op, a string) *fate {
				switch {
				case op == opCreate && a == alias:
					return foreign
				case op == opOpen:
					return f
				}
				return nil
			}
			inWorld(t, options{cfg: audits(10 * time.Minute), fates: blocked}, func(w *world) {
				w.fire("other", incident.High, "fires")
				w.fire(alias, incident.High, "fires")
				pass(35 * time.Minute)
				assert.Len(t, w.requests(opCreate, alias), 4, "one after each audit")
				assert.Equal(t, "of another tool", w.ledger.Get(alias).Foreign)
				w.fate(always(opOpen, "", f))
				pass(10 * time.Minute)
				assert.Len(t, w.open(alias), 1)
				assert.Len(t, w.requests("", "other"), 1, "an audit that fails shows nothing of ours")
			})
		})
	}
}

// A stop interrupts an audit. That shows nothing.
func TestAuditThatIsInterruptedTriesNothing(t *testing.T) {
	inWorld(t, options{cfg: audits(10 * time.Minute)}, func(w *world) {
		w.fate(always(opCreate, alias, &fate{result: protocol.Foreign, met: "of another tool"}))
		w.fire(alias, incident.High, "fires")
		pass(9 * time.Minute)
		w.fate(always(opOpen, "", hangs))
		pass(time.Minute + time.Second)
		require.Len(t, w.requests(opOpen, ""), 1)
		w.restart()
		pass(moment)
		assert.Len(t, w.requests(opCreate, alias), 1)
		assert.Empty(t, w.seen.now().audits)
		for _, c := range w.seen.now().calls {
			assert.False(t, c.kind == protocol.Lookup && c.err != nil, "a stop is reported as a failure")
		}
	})
}

func TestAuditThatWaitsForReadingsStops(t *testing.T) {
	inWorld(t, options{cfg: audits(time.Minute)}, func(w *world) {
		for range cap(w.loop.finder.slow) {
			w.loop.finder.slow <- struct{}{}
		}
		pass(2 * time.Minute)
		assert.Empty(t, w.requests(opOpen, ""))
		w.loop.Shutdown()
		assert.Empty(t, w.seen.now().audits)
		assert.Len(t, w.loop.finder.slow, cap(w.loop.finder.slow), "it takes the place of another reading away")
		w.start()
	})
}

func TestAuditLeavesWhatPeopleDidAndCountsOrphans(t *testing.T) {
	inWorld(t, options{cfg: audits(time.Minute)}, func(w *world) {
		w.fire(alias, incident.High, "fires")
		pass(moment)
		id := w.open(alias)[0].ID
		w.resolve(alias)
		pass(moment)
		w.change(id, func(r *row) { r.Open = true })
		w.change("", func(*row) { w.add("of a ledger that is lost") })
		pass(10 * time.Minute)
		assert.Len(t, w.open(alias), 1, "a person opened it again")
		assert.Len(t, w.open("of a ledger that is lost"), 1, "an orphan is never closed")
		assert.Equal(t, audited{orphans: 1}, w.seen.now().audits[len(w.seen.now().audits)-1])
		assert.Len(t, w.requests(opClose, ""), 1)
	})
}

func TestAuditTellsOfARevokedKey(t *testing.T) {
	inWorld(t, options{cfg: audits(10 * time.Minute)}, func(w *world) {
		w.fate(always(opOpen, "", denied))
		pass(10*time.Minute + moment)
		require.Len(t, w.seen.now().audits, 1)
		require.Error(t, w.seen.now().audits[0].err)
		last := w.seen.now().calls[len(w.seen.now().calls)-1]
		assert.Equal(t, protocol.Denied, last.result)
		assert.Error(t, last.err)
		assert.False(t, w.loop.gate.Open(protocol.Create), "it holds the others back")
	})
}

func TestAuditWaitsForAPause(t *testing.T) {
	inWorld(t, options{cfg: audits(time.Minute)}, func(w *world) {
		w.loop.gate.deny(30 * time.Minute)
		pass(29 * time.Minute)
		assert.Empty(t, w.requests(opOpen, ""))
		assert.Empty(t, w.seen.now().audits)
		pass(2 * time.Minute)
		assert.Len(t, w.requests(opOpen, ""), 1)
	})
}

func TestAuditWhoseResultCannotBeStored(t *testing.T) {
	inWorld(t, options{cfg: audits(10 * time.Minute)}, func(w *world) {
		w.fire(alias, incident.High, "fires")
		pass(moment)
		id := w.open(alias)[0].ID
		w.change(id, func(r *row) { r.Open = false })
		w.ledger.fail(errors.New("disk full"))
		pass(10 * time.Minute)
		require.Len(t, w.seen.now().audits, 1)
		assert.ErrorContains(t, w.seen.now().audits[0].err, "disk full")
		w.change(id, func(r *row) { r.ID = "another" })
		w.change("another", func(r *row) { r.Open = true })
		w.ledger.fail(nil)
		pass(11 * time.Minute)
		assert.NoError(t, w.seen.now().audits[1].err)
	})
}
