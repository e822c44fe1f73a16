// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// switches choose what the model's Alert24 and its people may do, and the policy.
type switches struct {
	// people close, delete, reopen and edit incidents.
	people bool
	// restores: the disk becomes what it was before.
	restores bool
	// lags: a list shows the incidents as they were a second ago. uneven: as they were up to the settle time ago, so that a list can be older
	// than the one before.
	lags, uneven bool
	// reopens: a create reopens the last closed incident of its alias. revives: a create updates this incident and leaves it closed.
	reopens, revives bool
	// racy: two simultaneous creates may both make an incident.
	racy bool
	// clockSteps: the wall clock is set at restarts.
	clockSteps bool
	// tooLate lets a request commit after the settle time: the model must break.
	tooLate bool
	// replicas: another replica may take over at any time. A call of the former leader may be on the wire until its timeout and the settle
	// time have passed. hasty does not wait for the timeout: the model must break. oversleeps: the former leader may send its call much
	// later, and the audit repairs the damage.
	replicas, hasty, oversleeps bool
	// merges: a create that meets an open incident updates it. noFlag: its answer does not say that it met one.
	merges, noFlag bool
	// cleans: Alert24 shows a description that differs from the sent one.
	cleans bool
	// odd: refusals, answers without a body, closes that leave the incident open, a denied key.
	odd bool
	// recovers: the API may work again before an alias's turn, and pauses turn calls away.
	recovers bool
	// noBodies: an update and a close are answered without a body.
	noBodies bool
	// strict: the close of a closed incident is refused.
	strict bool
	// foreign: another tool uses the alias.
	foreign bool
	// noMarks: Alert24 shows neither alias nor tags.
	noMarks bool
	// failsOn: the API fails on an update with one of these fields. If it fails on tags, it also fails on a create with tags. refuses: it
	// refuses such an update.
	failsOn, refuses FieldSet
	// chokes: a create ends with a server's error, unless it is in the short form. rejects: a firewall answers it with 403.
	chokes, rejects bool

	// untimed: one hand-made source that sends no times, except the start of the first alert's firing.
	untimed bool

	// never is ReopenNever; stale, delay and renew are StaleAfter, ResolveDelay and Renew; left: alerts leave closing to a person; rises:
	// severity only rises.
	never, stale, delay, renew, left, rises bool
	// byEvent: alerts say themselves what never means for them, and the second one how long it is heard of.
	byEvent bool
	// brief: only one alert of the alias keeps its text.
	brief bool
	// buckets: each alert has its own bucket. packs: a closed entry is packed.
	buckets, packs bool
	// coarse: times are in seconds, so that many are equal.
	coarse bool
	// leftOne: the second alert leaves closing to a person, and the first does not.
	leftOne bool

	// sync: the bridge requests Alertmanager's lists, and alerts may end without a webhook. apart: the Alertmanagers are not a cluster and
	// may disagree. repair: alerts may also begin without a webhook, and the receiver passes on what a list shows.
	sync, apart, repair bool
	// guarded: alerts have a witness, and their source may die.
	guarded bool
}

// atomic reports whether the state of the API follows from our requests alone.
func (s switches) atomic() bool {
	return !s.people && !s.racy && !s.foreign && !s.oversleeps && !s.restores
}

// world is one history: an Alert24, its people, senders, and the ledger between them.
type world struct {
	senders
	server
	failer
	syncs
	witnesses
	replication
	leftOf

	now    int // true time in seconds
	skew   int // of the wall clock
	policy *Policy
	ledger ledger
	work   *work // the one write
	look   *work // the one lookup
	calm   bool  // everyone behaves: the end of the history

	owed       int // incidents of ours, as last checked
	deliveries int
	kills      int
	verified   *Entry // the entry that was last compared with disk
	onDisk     int    // writes at that time
	held       [2]hold
	fired      [2]bool // as last seen
	heard      [2]int  // when each alert was heard of
	began      int     // the process
	quietSince int
	pace       pace
	// forbidden: a person closed the incident, and the policy keeps it closed until the episode ends.
	forbidden bool
	// dismissed: a person may have closed the incident in this episode.
	dismissed bool
	// blindAt is when a create was not answered; a lookup resets it.
	blindAt int
	// refused: a create was refused while an alert of this episode fired.
	refused bool
	// unrenewed is the worst severity of this episode for which a close to page people again left the incident open.
	unrenewed incident.Severity
	// failing: the last write failed.
	failing bool
}

// hold is a hold or wait of a member, as last seen.
type hold struct {
	held  bool
	until int // true time
}

// failer reports a broken invariant and does not return.
type failer interface {
	Fatalf(format string, args ...any)
}

func newWorld(f failer, s switches) *world {
	w := &world{failer: f, senders: newSenders(), server: server{switches: s}, policy: modelPolicy(s), now: 1}
	w.wholeSeconds, w.unheard = s.coarse, [2]bool{true, true}
	w.ledger = ledger{policy: w.policy, now: w.wall, rises: s.rises, spreads: s.buckets, packs: s.packs, keeps: s.restores}
	w.remember()
	w.startAll()
	w.restart()
	return w
}

func (w *world) wall() time.Time { return at(w.now + w.skew) }

// restart starts a process that works on incidents.
func (w *world) restart() {
	w.work, w.look = nil, nil
	w.began, w.pace, w.blindAt, w.failing = w.now, newPace(), -hourly, false
	w.policy.HeardSince = w.wall()
	w.lacking, w.loadedAt = [2]int{-1, -1}, w.now
	w.ledger.load()
}

// kill ends the process. A call on the wire may still be carried out.
func (w *world) kill(down, skew int) {
	w.kills++
	if w.vacant {
		w.succeed(skew)
		return
	}
	for i := range w.alerts {
		if a := &w.alerts[i]; a.owes {
			down = max(0, min(down, a.oweBy-w.now)) // the senders keep to their time
		}
	}
	if w.work != nil {
		w.giveUp()
	}
	for range down {
		w.second()
	}
	w.stuck = slices.DeleteFunc(w.stuck, func(a arrived) bool { return a.at == w.leader })
	w.newProcess(w.leader)
	w.succeed(skew)
}

// second advances true time by one second and carries out late requests that are due.
func (w *world) second() {
	w.now++
	w.commitLate(w.now)
	w.remember()
	w.check()
}

// tick is second for a running process: it first does what must happen by now.
func (w *world) tick() {
	for len(w.stuck) > 0 && w.stuck[0].by <= w.now {
		w.through(0)
	}
	for i := range w.alerts {
		if a := &w.alerts[i]; a.owes && a.oweBy <= w.now {
			w.ledger.full, w.ledger.lies = false, false
			w.secondResolves(i, 0, w.anyTaker())
		}
	}
	w.lookAtInbox()
	if k := w.work; k != nil && k.answer == nil && k.sent+timeout <= w.now {
		w.answer()
	}
	if k := w.look; k != nil && k.answer == nil && k.sent+timeout <= w.now {
		w.answerLookup()
	}
	w.second()
}

func (w *world) show() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d open:", len(w.open()))
	for _, r := range w.incidents {
		fmt.Fprintf(&b, " %+v", *r)
	}
	if e := w.ledger.entry; e != nil {
		fmt.Fprintf(&b, "; entry %s timers %+v", AppendRecord(nil, e), w.ledger.timers)
	}
	return b.String()
}

// wanted is what the incident should say at rest.
func (w *world) wanted() Content {
	firing, e := worst(w.alerts[:], w.untimed), w.ledger.entry
	if w.brief && e != nil {
		textFirst(firing, e)
	}
	want := render(firing)
	if w.rises && e != nil {
		want = want.atLeast(e.Peak)
	}
	return want
}

// historiesOf draws histories as lists of short lists, because rapid keeps lists short and can shrink each to nothing.
func historiesOf(s switches) *rapid.Generator[[][]step] {
	return rapid.SliceOfN(rapid.SliceOf(rapid.SampledFrom([]step(repertoire(s)))), chapters, chapters)
}

const chapters = 24
