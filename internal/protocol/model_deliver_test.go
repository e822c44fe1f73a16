// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"
)

// arrive returns a notification as it arrives at a process. Some replicas believe that it arrived a little earlier.
func (w *world) arrive(n notification, process int) arrived {
	ev := Event{Alias: theAlias, Key: keys[n.alert], Firing: n.firing, Alert: w.alert(n, w.leavesOpen(n.alert)), Sender: n.sender, Wait: w.waitOf(n)}
	ev.Epoch, ev.Seq = w.next(process)
	if w.byEvent {
		ev.Final = w.never
		ev.StaleAfter = w.ownStale(n.alert)
	}
	if w.guarded {
		ev.Witness, ev.Guarded = theWitness, !n.firing
	}
	if !n.firing && !w.untimed {
		ev.EndsAt = start.Add(time.Duration(n.end) * time.Millisecond)
	}
	if w.untimed && (!n.firing || n.alert == 1) {
		ev.Alert.StartsAt = time.Time{}
	}
	return arrived{Event: ev, notification: n, by: w.now + maxStuck, at: process, since: w.now - process%2, moment: w.moment()}
}

// apply hands a request that has arrived to its process and reports whether it was acknowledged.
func (w *world) apply(a arrived) bool { return w.accept(a) }

// push applies what is in the inbox, and a request with several alerts to the leader; nil: it was not acknowledged.
func (w *world) push(direct ...arrived) []Outcome {
	rows := w.received()
	w.unpack(rows)
	all, webhooks := w.inOrder(rows, direct)
	if len(all) == 0 {
		if !w.ledger.full {
			w.remove(rows)
		}
		return []Outcome{}
	}
	w.deliveries += len(all)
	full, lies := w.ledger.full, w.ledger.lies
	fired := w.ledger.entry != nil && w.ledger.entry.Firing()
	outcomes := w.ledger.apply(webhooks, len(rows) == 0, w.replicas)
	if outcomes == nil {
		if !w.ledger.failed {
			w.Fatalf("apply failed")
		}
		if lies && !full {
			w.mayHaveApplied(all)
		}
		if lies && !full || rowsGoFirst {
			w.remove(rows)
		}
		w.check()
		return nil
	}
	if !rowsComeBack {
		w.remove(rows)
	}
	for i, a := range all {
		w.did(a, outcomes[i], slices.ContainsFunc(all[:i], func(b arrived) bool { return b.alert == a.alert }))
	}
	if len(all) > 1 && slices.Contains(outcomes, Resolved) {
		w.newEpisode() // one may have ended within
	}
	if len(rows) == 0 {
		w.checkStart(fired)
	}
	w.checkMembers(all, outcomes)
	w.check()
	return outcomes
}

// inOrder puts the webhooks of the inbox before the leader's own.
func (w *world) inOrder(rows []parcel, direct []arrived) (all []arrived, webhooks [][]Event) {
	groups := make([][]arrived, 0, len(rows)+1)
	for _, p := range rows {
		if p.list != nil {
			continue
		}
		for i := range p.all {
			p.all[i].Waited = time.Duration(w.now-p.put) * time.Second
		}
		groups = append(groups, p.all)
	}
	switch {
	case len(direct) == 0:
	case ownGoesFirst:
		groups = slices.Insert(groups, 0, direct)
	default:
		groups = append(groups, direct)
	}
	for _, g := range groups {
		events := make([]Event, len(g))
		for i, a := range g {
			events[i] = a.Event
		}
		all, webhooks = append(all, g...), append(webhooks, events)
	}
	return all, webhooks
}

// did notes what an event did. again: the transaction has an earlier event of the same alert.
func (w *world) did(a arrived, o Outcome, again bool) {
	w.hearsLeft(a)
	if o.changes() {
		w.hearsSync([]arrived{a})
		w.heard[a.alert] = w.now
	}
	if o != Repeated && o != RefreshDue && o.changes() {
		w.news()
	}
	switch {
	case a.ListedBy != "":
		w.listDid(a, o, again)
	case o != OlderDropped && (a.sender == am1 || a.firing && !a.isEcho):
		if other := 1 - a.alert; o == Fired && w.held[other].held && w.alerts[other].told.firing && !w.fired[a.alert] {
			w.pages++ // the entry was told of the other one, whose hold may outlive this episode
		}
		w.tell(a.notification)
		if o == EchoHeld {
			w.pages++
		}
	}
	if a.sender == am2 && (o == Resolved || o == NeverOpened || o == EchoCancelled) {
		w.wrongly(a.notification)
	}
}

// mayHaveApplied notes events that were applied although the write seemed to fail.
func (w *world) mayHaveApplied(all []arrived) {
	w.hearsSync(all)
	for _, a := range all {
		w.hearsLeft(a)
		w.pages++
		w.heard[a.alert] = w.now
		switch {
		case a.ListedBy != "":
			w.hearsList(a)
		case a.sender == am1 || a.firing && !a.isEcho:
			w.tell(a.notification)
		case !a.firing:
			w.wrongly(a.notification)
		}
	}
	w.news()
	w.newEpisode()
	w.noteMembers()
}

func (w *world) newEpisode() {
	w.forbidden, w.failing, w.paged, w.unrenewed, w.blindAt = false, false, 0, 0, -hourly
	w.episode++
}

// news restarts the count of calls.
func (w *world) news() { w.pace = newPace() }

// deliverAll delivers all notifications of the first replica in one request.
func (w *world) deliverAll() { w.deliverAllTo(w.leader) }

func (w *world) deliverAllTo(process int) {
	if w.holdsBack(w.queue...) {
		return
	}
	all := make([]arrived, 0, len(w.queue))
	for _, n := range w.queue {
		all = append(all, w.arrive(n, process))
	}
	if len(all) > 0 && w.accept(all...) {
		w.queue = w.queue[len(all):]
		for _, a := range all {
			w.acknowledged(a.notification, w.now)
		}
	}
}

// deliver delivers the first replica's next notification. again: the acknowledgement is lost, so it is sent again.
func (w *world) deliver(again bool) { w.deliverTo(w.leader, again) }

func (w *world) deliverTo(process int, again bool) {
	if len(w.queue) == 0 || w.holdsBack(w.queue[0]) {
		return
	}
	n := w.queue[0]
	if w.apply(w.arrive(n, process)) && !again {
		w.queue = w.queue[1:]
		w.acknowledged(n, w.now)
	}
}

// handlerStuck lets a request of the first replica arrive and get stuck, so that it is sent again.
func (w *world) handlerStuck() { w.stuckAt(w.leader, 0) }

// stuckAt does this at a process. With an id, the request has its place in the inbox already.
func (w *world) stuckAt(process, id int) {
	if len(w.queue) > 0 && len(w.stuck) < 2 && !w.holdsBack(w.queue[0]) {
		a := w.arrive(w.queue[0], process)
		a.id = id
		w.stuck = append(w.stuck, a)
	}
}

// through lets a stuck handler get through. Its sender may no longer listen.
func (w *world) through(i int) {
	if i < len(w.stuck) {
		a := w.stuck[i]
		w.stuck = slices.Delete(w.stuck, i, i+1)
		if w.apply(a) && w.replicas && len(w.queue) > 0 && w.queue[0] == a.notification {
			w.queue = w.queue[1:]
			w.acknowledged(a.notification, w.now) // it was slow, and its sender still waits
		}
	}
}

func (w *world) secondFires(i, process int) {
	n, isEcho, ok := w.echo(i, w.now)
	if !ok {
		return
	}
	a := w.arrive(n, process)
	a.isEcho = isEcho
	w.apply(a)
}

func (w *world) secondResolves(i, later, process int) {
	n, ok := w.correct(i, later)
	if ok && w.apply(w.arrive(n, process)) {
		w.acknowledged(n, w.now)
	}
}

// repeat lets the first replica repeat a firing alert, unless it still has something new to send.
func (w *world) repeat(i int) { w.repeatTo(i, w.leader) }

func (w *world) repeatTo(i, process int) {
	if n := w.repeats(i); w.alerts[i].firing && !w.lost[i] && len(w.queue) == 0 && !w.holdsBack(n) {
		w.apply(w.arrive(n, process))
	}
}
