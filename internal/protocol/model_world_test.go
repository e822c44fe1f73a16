// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// switches choose what the model's Alert24 and its people may do, and the user's policy.
type switches struct {
	// people close, delete, reopen and edit incidents.
	people bool
	// reopens: a create reopens the last closed incident of its alias. revives: it updates it and leaves it closed.
	reopens, revives bool
	// racy: of two creates under way at once both may make an incident.
	racy bool
	// clockSteps: the wall clock is set at restarts.
	clockSteps bool
	// tooLate lets a request commit after the settle time: the model must break.
	tooLate bool
	// merges: a create that meets an open incident updates it. noFlag: its answer does not say that it met one.
	merges, noFlag bool
	// cleans: Alert24 shows another description than was sent.
	cleans bool
	// odd: refusals, answers without a body, closes that leave the incident open, a denied key.
	odd bool
	// noBodies: an update and a close are answered without a body.
	noBodies bool
	// strict: to close what is closed is refused.
	strict bool
	// foreign: another tool uses the alias.
	foreign bool
	// noMarks: Alert24 shows neither alias nor tags.
	noMarks bool
	// indigestible: an update with one of these fields is a server's error.
	indigestible FieldSet

	// never is ReopenNever; stale, delay and renew are the policies of these names; left: alerts leave closing to a person;
	// rises: severity only rises.
	never, stale, delay, renew, left, rises bool
}

// atomic: what the API does follows from our requests alone.
func (s switches) atomic() bool { return !s.people && !s.racy && !s.foreign }

// world is one history: an Alert24, its people, senders, and the ledger between them.
type world struct {
	senders
	server
	failer

	now    int // true time in seconds
	skew   int // of the wall clock
	policy *Policy
	ledger ledger
	epoch  string
	epochs int
	seq    int64
	work   *work // the one write
	look   *work // the one lookup
	calm   bool  // everybody behaves: the end of the history

	owed       int // incidents of ours, as last checked
	deliveries int
	kills      int
	verified   *Entry // the entry that was last compared with disk
	onDisk     int    // writes at that time
	held       [2]hold
	fired      [2]bool // as last seen
	heard      [2]int  // when each alert was heard of
	began      int     // the process
	quiet      int     // calls since the last news
	lastCall   int
	quietSince int
	// forbidden: a person closed the incident, and policy leaves it so until the episode ends.
	forbidden bool
	// blindAt is when a create was not answered, until a lookup was.
	blindAt int
}

// hold is what was last seen of a held member.
type hold struct {
	held  bool
	until int // true time
}

// failer hears of a broken invariant and does not return.
type failer interface {
	Fatalf(format string, args ...any)
}

func newWorld(f failer, s switches) *world {
	w := &world{failer: f, senders: newSenders(), server: server{switches: s}, policy: modelPolicy(s), now: 1}
	w.ledger = ledger{policy: w.policy, now: w.wall, rises: s.rises}
	w.restart()
	return w
}

func (w *world) wall() time.Time { return at(w.now + w.skew) }

func (w *world) restart() {
	w.epochs++
	w.epoch = strconv.Itoa(w.epochs)
	w.seq, w.work, w.look, w.stuck = 0, nil, nil, nil
	w.began, w.quiet, w.lastCall, w.blindAt = w.now, 0, -hourly, -hourly
	w.policy.HeardSince = w.wall()
	w.ledger.load()
	w.doubtRestart(w.ledger.entry)
}

// kill ends the process; what is on the wire may still be carried out.
func (w *world) kill(down, skew int) {
	w.kills++
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
	var before *Entry
	if w.ledger.record != nil {
		before = w.ledger.decode()
	}
	w.skew = skew
	w.ledger.full, w.ledger.lies = false, false
	w.restart()
	w.checkRestart(before)
}

// second lets true time pass by one second, after those have acted who may not be later.
func (w *world) second() {
	w.now++
	w.commitLate(w.now)
	w.check()
}

// tick is second for a process that runs.
func (w *world) tick() {
	for len(w.stuck) > 0 && w.stuck[0].by <= w.now {
		w.through(0)
	}
	for i := range w.alerts {
		if a := &w.alerts[i]; a.owes && a.oweBy <= w.now {
			w.ledger.full, w.ledger.lies = false, false
			w.secondResolves(i, 0)
		}
	}
	if k := w.work; k != nil && k.answer == nil && k.sent+timeout <= w.now {
		w.answer()
	}
	if k := w.look; k != nil && k.answer == nil && k.sent+timeout <= w.now {
		w.answerLookup()
	}
	w.second()
}

func (w *world) arrive(n notification) arrived {
	w.seq++
	ev := Event{
		Alias: theAlias, Key: keys[n.alert], Firing: n.firing, Alert: w.alert(n, w.left),
		Epoch: w.epoch, Seq: w.seq, Sender: n.sender,
	}
	if !n.firing {
		ev.EndsAt = start.Add(time.Duration(n.end) * time.Millisecond)
	}
	return arrived{Event: ev, notification: n, by: w.now + maxStuck}
}

// apply hands a request that has arrived to the ledger and reports whether it was acknowledged.
func (w *world) apply(a arrived) (Outcome, bool) {
	outcomes := w.push(a)
	if outcomes == nil {
		return 0, false
	}
	return outcomes[0], true
}

// push is apply for a request with several alerts; nil says that it was not acknowledged.
func (w *world) push(all ...arrived) []Outcome {
	w.deliveries += len(all)
	events := make([]Event, len(all))
	for i, a := range all {
		events[i] = a.Event
	}
	full, lies := w.ledger.full, w.ledger.lies
	fired := w.ledger.entry != nil && w.ledger.entry.Firing()
	outcomes := w.ledger.apply(events)
	if outcomes == nil {
		if !w.ledger.failed {
			w.Fatalf("apply failed")
		}
		if lies && !full {
			// All of it was applied, and nobody knows.
			for _, a := range all {
				w.pages++
				w.heard[a.alert] = w.now
				if a.sender == am1 {
					w.tell(a.notification)
				} else if !a.firing {
					w.wrongly(a.notification)
				}
			}
			w.news()
			w.newEpisode()
			w.noteMembers()
		}
		w.check()
		return nil
	}
	for i, a := range all {
		if outcomes[i].changes() {
			w.heard[a.alert] = w.now
		}
		if outcomes[i] != Repeated && outcomes[i] != RefreshDue && outcomes[i].changes() {
			w.news()
		}
		if a.sender == am1 && outcomes[i] != OlderDropped {
			w.tell(a.notification)
			if outcomes[i] == EchoHeld {
				w.pages++
			}
		}
	}
	if len(all) > 1 && slices.Contains(outcomes, Resolved) {
		w.newEpisode() // one may have ended within
	}
	w.checkStart(fired)
	w.checkMembers(all, outcomes)
	w.check()
	return outcomes
}

func (w *world) newEpisode() {
	w.forbidden, w.paged, w.blindAt = false, 0, -hourly
	w.episode++
}

// news begins the count of calls anew.
func (w *world) news() { w.quiet = 0 }

// deliverAll is all that the first replica has to say, in one request.
func (w *world) deliverAll() {
	all := make([]arrived, 0, len(w.queue))
	for _, n := range w.queue {
		all = append(all, w.arrive(n))
	}
	if len(all) == 0 {
		return
	}
	if outcomes := w.push(all...); outcomes != nil {
		w.queue = nil
		for i, a := range all {
			w.acknowledged(a.notification, outcomes[i], w.now)
		}
	}
}

// deliver is the first replica's next notification; again: the acknowledgement is lost, so it is sent again.
func (w *world) deliver(again bool) {
	if len(w.queue) == 0 {
		return
	}
	n := w.queue[0]
	o, ok := w.apply(w.arrive(n))
	if ok && !again {
		w.queue = w.queue[1:]
		w.acknowledged(n, o, w.now)
	}
}

// handlerStuck: the first replica's request arrives but does not get through yet, so that it will be sent again.
func (w *world) handlerStuck() {
	if len(w.queue) > 0 && len(w.stuck) < 2 {
		w.stuck = append(w.stuck, w.arrive(w.queue[0]))
	}
}

// through: a stuck handler gets through; its sender does not listen any more.
func (w *world) through(i int) {
	if i < len(w.stuck) {
		a := w.stuck[i]
		w.stuck = slices.Delete(w.stuck, i, i+1)
		w.apply(a)
	}
}

func (w *world) secondFires(i int) {
	n, isEcho, ok := w.echo(i, w.now)
	if !ok {
		return
	}
	if o, ok := w.apply(w.arrive(n)); ok && !isEcho {
		w.tell(n)
		if o == EchoHeld {
			w.pages++
		}
	}
}

func (w *world) secondResolves(i, later int) {
	n, ok := w.correct(i, later)
	if !ok {
		return
	}
	if o, ok := w.apply(w.arrive(n)); ok {
		w.acknowledged(n, o, w.now)
	}
}

// repeat is the first replica's repeat for what fires; not while it has something new to say.
func (w *world) repeat(i int) {
	if w.alerts[i].firing && len(w.queue) == 0 {
		w.apply(w.arrive(w.current(i)))
	}
}

func (w *world) show() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d open:", len(w.open()))
	for _, r := range w.incidents {
		fmt.Fprintf(&b, " %+v", *r)
	}
	if e := w.ledger.entry; e != nil {
		fmt.Fprintf(&b, "; entry %s timers %+v", AppendRecord(nil, e), e.Timers())
	}
	return b.String()
}

// wanted is what the incident should say at rest.
func (w *world) wanted() Content {
	want := render(worst(w.alerts[:]))
	if e := w.ledger.entry; w.rises && e != nil {
		want = want.atLeast(e.Peak)
	}
	return want
}
