// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"
)

func (w *world) arrive(n notification) arrived {
	w.seq++
	ev := Event{
		Alias: theAlias, Key: keys[n.alert], Firing: n.firing, Alert: w.alert(n, w.left),
		Epoch: w.epoch, Seq: w.seq, Sender: n.sender, Wait: w.waitOf(n),
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
			w.hearsSync(all)
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
			w.hearsSync(all[i : i+1])
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
	w.forbidden, w.failing, w.paged, w.blindAt = false, false, 0, -hourly
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
	if w.alerts[i].firing && !w.lost[i] && len(w.queue) == 0 {
		w.apply(w.arrive(w.repeats(i)))
	}
}
