// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// others is how many aliases need calls for minutes, at 15 requests a second.
const others = 900

// one is the alias that must page people meanwhile. After a start, it comes last.
const one = "the one"

// busy opens the incidents of one and of the others, and lets the alerts of the others resolve while f is the fate of requests.
func (w *world) busy(f func(op, alias string) *fate) {
	w.others(true)
	w.fire(one, incident.Critical, "fires")
	pass(10 * time.Minute)
	w.fate(f)
	w.others(false)
}

func (w *world) others(fire bool) {
	for i := range others {
		if alias := fmt.Sprint("other-", i); fire {
			w.fire(alias, incident.Critical, "fires")
		} else {
			w.resolve(alias)
		}
	}
}

// leaves is the event for an alert that leaves closing to a person.
func leaves(ev protocol.Event) protocol.Event {
	ev.Alert.LeftOpen = true
	return ev
}

func (w *world) personCloses() { w.closesByHand(one) }

func (w *world) closesByHand(alias string) {
	w.change(w.ledger.Get(alias).Incident.ID, func(r *row) { r.Open = false })
}

var refusesCloses = always(opClose, "", refuses)

// situations in which thousands of calls and lookups wait, and one's alert fires again or becomes worse.
var situations = map[string]func(w *world){
	"the close waits": func(w *world) {
		w.busy(nil)
		w.resolve(one)
		pass(time.Second)
		w.personCloses()
	},
	"the close was refused": func(w *world) {
		w.others(true)
		w.fire(one, incident.Critical, "fires")
		pass(10 * time.Minute)
		w.fate(refusesCloses)
		w.resolve(one)
		pass(time.Second)
		w.personCloses()
		w.others(false)
	},
	"the closes of all were refused, and lookups wait": func(w *world) {
		w.busy(refusesCloses)
		w.resolve(one)
		pass(2 * time.Minute)
		w.personCloses()
	},
	"a close was carried out and then refused, and lists are read": func(w *world) {
		w.busy(always("", "", fails))
		pass(10 * time.Minute)
		closes := func(f *fate) {
			w.fate(func(op, alias string) *fate {
				switch {
				case op == opClose && alias == one:
					return f
				case op == opClose:
					return fails
				}
				return nil
			})
		}
		closes(&fate{result: protocol.Unanswered, status: 500, commit: true})
		w.resolve(one)
		for !w.ledger.Get(one).CloseInDoubt() {
			pass(rtt)
		}
		closes(refuses)
	},
	"a person closed what was left to people": func(w *world) {
		w.busy(refusesCloses)
		w.ledger.apply(leaves(resolved(one)))
		pass(2 * time.Minute)
		w.personCloses()
	},
	"the others are refreshed": func(w *world) {
		w.busy(nil)
		w.others(true)
		w.ledger.apply(leaves(resolved(one)))
		pass(2 * time.Hour)
		w.personCloses()
		w.others(true)
		pass(time.Second)
	},
	"the severity rises": func(w *world) {
		w.ledger.policy.Renew = true
		w.fire(one, incident.Low, "fires")
		w.others(true)
		pass(10 * time.Minute)
		w.others(false)
		pass(time.Second)
	},
}

// TestAPageGoesFirst: an alert fires again whose incident is closed, but the bridge must find that out before it opens another one. Or the
// severity of an alert rises, and the bridge must close its incident first.
func TestAPageGoesFirst(t *testing.T) {
	for name, situation := range situations {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", restart ", restart), func(t *testing.T) {
				inWorld(t, options{rate: 15}, func(w *world) {
					situation(w)
					before := len(w.requests(opCreate, one))
					fired := time.Now()
					w.fire(one, incident.Critical, "fires")
					if restart {
						w.restart()
					}
					pass(10 * time.Minute)
					creates := w.requests(opCreate, one)
					require.Len(t, creates, before+1)
					assert.LessOrEqual(t, creates[before].at.Sub(fired), time.Second)
					assert.Len(t, w.open(one), 1)
				})
			})
		}
	}
}

// TestAPageWaitsForNoCallsThatHang: the closes of the others hang. What a page waits for still leaves at once.
func TestAPageWaitsForNoCallsThatHang(t *testing.T) {
	for _, severity := range []incident.Severity{incident.Critical, incident.High} {
		testHangingCloses(t, severity)
	}
}

func testHangingCloses(t *testing.T, severity incident.Severity) {
	t.Helper()
	inWorld(t, options{rate: 15}, func(w *world) {
		w.busy(func(op, alias string) *fate {
			if op == opClose && alias != one {
				return hangs
			}
			return nil
		})
		pass(time.Second)
		w.resolve(one)
		pass(rtt)
		w.personCloses()
		require.True(t, w.ledger.Get(one).IsOpen())
		fired := time.Now()
		w.fire(one, severity, "fires")
		pass(10 * time.Minute)
		creates := w.requests(opCreate, one)
		require.Len(t, creates, 2)
		assert.LessOrEqual(t, creates[1].at.Sub(fired), time.Second)
	})
}

// TestACriticalPageGoesBeforeOtherPages: all alerts whose closes were refused fire again, and a critical one is the last of them.
func TestACriticalPageGoesBeforeOtherPages(t *testing.T) {
	for _, restart := range []bool{false, true} {
		testCriticalPage(t, restart)
	}
}

func testCriticalPage(t *testing.T, restart bool) {
	t.Helper()
	inWorld(t, options{rate: 15}, func(w *world) {
		w.busy(refusesCloses)
		w.resolve(one)
		pass(2 * time.Minute)
		for _, r := range w.rows {
			r.Open = false
		}
		for i := range others {
			w.fire(fmt.Sprint("other-", i), incident.High, "fires")
		}
		pass(time.Second)
		fired := time.Now()
		w.fire(one, incident.Critical, "fires")
		if restart {
			w.restart()
		}
		pass(5 * time.Minute)
		assert.LessOrEqual(t, w.requests(opCreate, one)[1].at.Sub(fired), 2*time.Second)
		assert.Len(t, w.rowsOpen(), others+1)
	})
}

// TestWhatAPageWaitsForPausesNoLongerThanAPage: the API asks for a pause of an hour. A page waits for it, but at most five minutes, and so
// does the lookup that shows whether a page is needed.
func TestWhatAPageWaitsForPausesNoLongerThanAPage(t *testing.T) {
	inWorld(t, options{}, func(w *world) {
		w.fire(one, incident.High, "fires")
		pass(time.Second)
		w.fate(always(opClose, "", &fate{result: protocol.NotSent, status: 429, retryAfter: time.Hour}))
		w.resolve(one)
		pass(time.Second)
		w.fate(nil)
		w.personCloses()
		fired := time.Now()
		w.fire(one, incident.High, "fires")
		pass(2 * time.Hour)
		creates := w.requests(opCreate, one)
		require.Len(t, creates, 2)
		assert.LessOrEqual(t, creates[1].at.Sub(fired), maxPagePause+moment)
	})
}
