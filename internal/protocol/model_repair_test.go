// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "slices"

// repairAfter is how long an alert is active without a webhook until the receiver passes it on, in seconds.
const repairAfter = 10

// repairs is what the receiver of one process knows since it was started.
type repairs struct {
	// toldBy is the last webhook about the alert, or list that passed it on, and its place in the order.
	toldBy [2]told
	// waiting is since when the other alerts are listed as active; -1: they are not.
	waiting [2]int
	first   bool  // a complete list was asked for
	asked   int64 // the place of the last one in the order
}

type told struct {
	known, firing bool
	seq           int64
}

// beginsUnsaid: the alert fires, and no webhook says so: Alertmanager's notification log says that one did. Of an alert that the entry
// believes to fire, nobody could tell it what is new; and what is to be said is said first.
func (w *world) beginsUnsaid(i int) {
	pending := slices.ContainsFunc(w.queue, func(n notification) bool { return n.alert == i }) || w.inInbox(i)
	if a := &w.alerts[i]; !a.firing && !pending && !w.fired[i] && !w.held[i].held {
		a.firing, a.start = true, w.instant(w.now)
	}
}

// hearsRepairs notes webhooks, or a list's alerts, that a process has taken.
func (w *world) hearsRepairs(all []arrived) {
	for _, a := range all {
		r := &w.repairs[a.at]
		if t := &r.toldBy[a.alert]; a.Seq >= max(t.seq, r.asked) {
			*t = told{true, a.firing, a.Seq}
		}
	}
}

// listDid is I31 for an alert of a list: what was known before is in w.
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

// hearsList: the entry was told of the alert by a list, which so has shown it.
func (w *world) hearsList(a arrived) {
	w.tell(a.notification)
	w.shown[a.alert], w.lacking[a.alert] = true, -1
}

// passOn is what the receiver does after a list: what it shows as active for long, and what no webhook has told of, it passes on.
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

// passes on alert i, as the list says.
func (w *world) passes(process, i int, q *question) {
	n := q.lists[i]
	if n.sender = "sync"; w.fired[i] {
		n.value = -1 // what a list says of an alert that fires does not count
	}
	a := w.arrive(n, process)
	a.Epoch, a.Seq, a.ListedBy, a.moment = q.Epoch, q.Seq, theSource, q.moment
	w.apply(a)
}
