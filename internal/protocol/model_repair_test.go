// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "slices"

// repairAfter is how long an alert is active without a webhook until the receiver passes it on, in seconds.
const repairAfter = 10

// repairs is what the receiver of one process knows since it was started.
type repairs struct {
	// toldBy is the last webhook about the alert, or the list that passed it on, and its place in the order.
	toldBy [2]told
	// waiting is since when each other alert is listed as active; -1: it is not.
	waiting [2]int
	first   bool  // a complete list was requested
	asked   int64 // the place of the last one in the order
}

type told struct {
	known, firing bool
	seq           int64
}

// beginsUnsaid makes an alert fire without a webhook, because Alertmanager's notification log says that one was sent. The entry must not
// believe that the alert fires, because no list would tell it the news; and no webhook about the alert may be pending, nor a list that shows
// its text of before.
func (w *world) beginsUnsaid(i int) {
	listed := func(q *question) bool { return q != nil && q.firing[i] }
	pending := slices.ContainsFunc(w.queue, func(n notification) bool { return n.alert == i }) || w.inInbox(i) ||
		slices.ContainsFunc(w.questions[:], listed) || slices.ContainsFunc(w.unpacked[:], listed)
	if a := &w.alerts[i]; !a.firing && !pending && !w.fired[i] && !w.held[i].held {
		a.firing, a.start = true, w.instant(w.now)
	}
}

// hearsRepairs notes webhooks, or alerts of a list, that a process has accepted.
func (w *world) hearsRepairs(all []arrived) {
	for _, a := range all {
		r := &w.repairs[a.at]
		if t := &r.toldBy[a.alert]; a.Seq >= max(t.seq, r.asked) {
			*t = told{true, a.firing, a.Seq}
		}
	}
}

// listDid is I31 for an alert of a list. w still has the state before the list.
func (w *world) listDid(a arrived, o Outcome, again bool) {
	i := a.alert
	switch {
	case w.heardLast[i] > a.moment && o != OlderDropped && !w.replicas:
		w.Fatalf("I31: the list is older than the webhook, and made %v of it", o)
	case w.heardLast[i] > a.moment && a.start <= w.alerts[i].resolvedStart && (o == Repaired || o == EchoReleased):
		w.Fatalf("I31: the list is older than the resolve, and the alert fires: %v", o)
	case w.fired[i] && !again && o != Repeated && o != RefreshDue && o != OlderDropped && o != ResolveWithdrawn:
		w.Fatalf("I31: it fired, and the list made %v of it", o)
	case o == Repeated || o == RefreshDue || o == OlderDropped:
		return
	case o == EchoHeld:
		w.pages++
	}
	w.hearsList(a)
}

// hearsList notes that a list told the entry of the alert, and so has shown it.
func (w *world) hearsList(a arrived) {
	w.tell(a.notification)
	w.shown[a.alert], w.lacking[a.alert] = true, -1
}

// passOn does what the receiver does after a list: it passes on alerts that have been active for long and that no webhook told of.
func (w *world) passOn(process int, q *question) {
	if !w.repair || !q.Complete {
		return
	}
	r := &w.repairs[process]
	for i, n := range q.lists {
		active, listed := q.Listed[keys[i]]
		t := &r.toldBy[i]
		switch {
		case t.known && t.seq < q.Seq && (!listed || !t.firing):
			*t, r.waiting[i] = told{}, -1
		case t.known || !active:
			r.waiting[i] = -1
		case r.waiting[i] < 0 && r.first:
			r.waiting[i] = w.now
		case r.waiting[i] < 0:
			r.waiting[i] = n.start / 1000
		}
		if r.waiting[i] < 0 || w.now-r.waiting[i] < repairAfter {
			continue
		}
		w.passes(process, i, q)
	}
	r.first, r.asked = true, q.Seq
}

// passes passes on alert i as the list shows it.
func (w *world) passes(process, i int, q *question) {
	n := q.lists[i]
	if n.sender = "sync"; w.fired[i] {
		n.value = -1 // the content of a list does not count for an alert that fires
	}
	a := w.arrive(n, process)
	a.Epoch, a.Seq, a.ListedBy, a.moment = q.Epoch, q.Seq, theSource, q.moment
	w.apply(a)
}
