// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"strconv"
	"time"
)

// Times of the sync in seconds.
const (
	syncEvery = 6
	absentFor = 12
)

const (
	theSource   = "alertmanager"
	otherSource = "alertmanager/other"
)

// question is one request for the Alertmanagers' list: the answer, and what was true at the time of the request.
type question struct {
	Snapshot
	firing  [2]bool
	lists   [2]notification // the alerts as listed
	aliveAt int
	// asked is the time of the request, moment its place in the order of everything that the processes hear.
	asked, moment int
}

// syncs is what the model knows of the syncs.
type syncs struct {
	questions [processes]*question // those whose answers have not arrived
	// unpacked is the list that each process took from the inbox and has not applied yet.
	unpacked [processes]*question
	// emptyUntil is until when a restarted Alertmanager knows nothing.
	emptyUntil int
	// silenced alerts are listed as suppressed, and no webhook is sent about them.
	silenced [2]bool
	// alone: the first replica has resolved the alert, and it fires at the second.
	alone [2]bool

	// What the entry was told of each alert: the place of the last webhook in the order of everything, the time of it, whether a snapshot
	// has shown the alert, and since when snapshots lack it (-1: they do not).
	heardLast [2]int
	toldAt    [2]int
	shown     [2]bool
	lacking   [2]int
	waits     [2]hold // resolves
	repairs   [processes]repairs
}

func (s *steps) ofSync(sw switches) {
	if !sw.sync {
		return
	}
	s.add(6, "sync", func(w *world) { w.lists(w.leader, true) })
	s.add(3, "sync asked", func(w *world) { w.ask(w.leader, true) })
	s.add(3, "sync answered", func(w *world) { w.answered(w.leader) })
	s.add(2, "sync incomplete", func(w *world) { w.lists(w.leader, false) })
	s.add(2, "another source syncs", func(w *world) { w.otherSyncs() })
	s.add(1, "Alertmanager restarts", func(w *world) { w.emptyUntil = w.now + 8 })
	s.add(2, "sync, 5 seconds", func(w *world) {
		w.ask(w.leader, true)
		for range 5 {
			w.tick()
		}
		w.answered(w.leader)
	})
	for i := range 2 {
		n := "(" + strconv.Itoa(i) + ")"
		if sw.repair {
			s.add(3, "begins unsaid"+n, func(w *world) { w.beginsUnsaid(i) })
		}
		s.add(3, "ends unsaid"+n, func(w *world) { w.endsUnsaid(i) })
		s.add(1, "silenced or not"+n, func(w *world) { w.silenced[i] = !w.silenced[i] })
		if sw.apart {
			s.add(2, "first resolves alone"+n, func(w *world) { w.resolvesAlone(i) })
		}
	}
}

// endsUnsaid ends the alert without a webhook: it is silenced, cut off, or routed elsewhere.
func (w *world) endsUnsaid(i int) {
	a := &w.alerts[i]
	if a.firing && !w.alone[i] {
		a.firing, a.end = false, w.instant(w.now)
	}
}

// resolvesAlone resolves the alert at the first replica only, whose Prometheus lost sight of it.
func (w *world) resolvesAlone(i int) {
	a := &w.alerts[i]
	if !a.firing || w.alone[i] {
		return
	}
	w.alone[i] = true
	n := w.current(i)
	n.firing, n.end = false, w.instant(w.now)
	w.queue = append(w.queue, n)
}

// lists lets a process read the list of the Alertmanagers.
func (w *world) lists(process int, complete bool) {
	w.ask(process, complete)
	w.answered(process)
}

// ask notes what the Alertmanagers answer now. The answer is incomplete if a part is missing or an Alertmanager was just restarted.
func (w *world) ask(process int, complete bool) {
	epoch, seq := w.next(process)
	q := &question{asked: w.now, moment: w.moment(), Snapshot: Snapshot{
		Source: theSource, Complete: complete && w.now >= w.emptyUntil, Epoch: epoch, Seq: seq,
		AbsentFor: absentFor * time.Second, Listed: map[Key]bool{},
	}}
	if q.Complete && !w.dead {
		q.aliveAt = w.now - 1 // it may die in this second
	}
	for i := range w.alerts {
		q.lists[i] = w.current(i)
		if q.firing[i] = w.alerts[i].firing; q.firing[i] && !w.lost[i] && w.now >= w.emptyUntil && (complete || i == 0) {
			q.Listed[keys[i]] = !w.silenced[i]
		}
	}
	w.questions[process] = q
}

// answered lets the answer arrive. The leader applies it, a follower puts it into the inbox.
func (w *world) answered(process int) {
	q := w.questions[process]
	if q == nil || w.vacant && process == w.leader {
		return
	}
	w.questions[process] = nil
	switch {
	case w.replicas && w.now-q.asked > maxList && !listsAreLate:
		return // the process was paused
	case process == w.leader:
		w.snapshot(q)
	case !w.ledger.full:
		w.putList(q)
	}
	w.passOn(process, q)
}

// otherSyncs applies a complete snapshot of a source that has none of our alerts.
func (w *world) otherSyncs() {
	r := w.receivers[w.leader]
	w.snapshot(&question{asked: w.now, moment: w.moment(), Snapshot: Snapshot{
		Source: otherSource, Complete: true, Epoch: r.epoch, Seq: r.seq + 1, AbsentFor: absentFor * time.Second,
	}})
}

// snapshot hands an answer to the ledger.
func (w *world) snapshot(q *question) {
	if w.vacant {
		return
	}
	w.aliveAt = max(w.aliveAt, q.aliveAt)
	q.Heard, q.Asked = w.witnessed(), at(q.asked+w.skew)
	if listsAreNew {
		q.Asked = w.wall()
	}
	before, lies := w.ledger.entry, w.ledger.lies && !w.ledger.full
	ok := w.ledger.sync(&q.Snapshot)
	if before == nil {
		return
	}
	for i := range keys {
		m := before.Members.Get(keys[i])
		if m == nil || !m.Unfinished() {
			continue
		}
		_, listed := q.Listed[keys[i]]
		switch {
		case !ok && !lies:
		case listed:
			w.shown[i], w.lacking[i] = true, -1
			w.heard[i] = w.now
		case ok:
			w.checkAbsent(i, q, m)
		}
	}
	if !ok {
		w.news()
		w.pages += 2 // a hold may have ended, which the model cannot know
	} else if e := w.ledger.entry; e.Version != before.Version {
		w.news()
	}
	w.noteSnapshot(q)
	w.check()
}

// checkAbsent is I27 and I28 for an alert that a snapshot lacks. m is the member before the snapshot.
func (w *world) checkAbsent(i int, q *question, m *Member) {
	now := w.ledger.entry.Members.Get(keys[i])
	ended := now == nil || !now.Unfinished()
	ours := q.Source == theSource && q.Complete
	later, decides := w.heardLast[i] > q.moment, w.decides(q, i)
	if w.guarded && m.resolving() {
		w.checkWitness(i, m, ended)
		return
	}
	attested := !w.guarded || w.aliveAt >= w.lacking[i]
	switch {
	case ended && q.firing[i] && w.lost[i] && (m.held() || m.Alert.StartsAt.Before(w.alert(q.lists[i], false).StartsAt)):
		// The hold of an echo ended, or an instance before the one that fires. The firing one comes when its source is back, or with its
		// webhook.
	case ended && q.firing[i]:
		w.Fatalf("I27: alert %d fired when the snapshot was asked for, and it ended it", i)
	case ended && (!ours || later || !w.shown[i]):
		w.Fatalf("I27: alert %d ended by a snapshot that says nothing of it: complete %t, later %t, shown %t, of %s", i, q.Complete, later, w.shown[i], q.Source)
	case !ours || !decides || !w.shown[i] || m.held() || m.resolving():
		if ours && decides && w.shown[i] && !ended {
			w.Fatalf("I28: alert %d is absent, and still held or resolving", i)
		}
	case w.lacking[i] < 0:
		w.lacking[i] = w.now
		if ended {
			w.Fatalf("I27: alert %d ended by its first absence", i)
		}
	case ended != (w.now-w.lacking[i] >= absentFor && attested):
		w.Fatalf("I27, I28: alert %d absent since %d, ended %t at %d: %s", i, w.lacking[i], ended, w.now, w.show())
	case ended && !now.EndsAt.Equal(at(w.lacking[i]+w.skew)):
		w.Fatalf("I28: alert %d absent since %d, but ended at %v", i, w.lacking[i], now.EndsAt)
	}
}

// noteSnapshot notes what a snapshot did to the listed alerts. A held one fires only if it is active and the list is complete; a waiting
// resolve is withdrawn.
func (w *world) noteSnapshot(q *question) {
	held, fired, waits := w.held, w.fired, w.waits
	w.noteMembers()
	for i := range keys {
		active, listed := q.Listed[keys[i]]
		decides := listed && w.decides(q, i)
		switch {
		case held[i].held && listed && w.fired[i] != (decides && active && q.Complete) && !w.ledger.failed:
			w.Fatalf("I28: alert %d was held and is listed: fires %t", i, w.fired[i])
		case waits[i].held && decides && (w.waits[i].held || !w.fired[i]) && !w.ledger.failed:
			w.Fatalf("I29: the resolve of alert %d outlives a snapshot that lists it", i)
		case !fired[i] && !held[i].held && w.fired[i]:
			w.Fatalf("I27: alert %d fires because of a snapshot", i)
		}
		switch {
		case fired[i] && !w.fired[i]:
			w.alerts[i].told.firing = false
		case !fired[i] && w.fired[i] && !w.alerts[i].told.firing: // an echo was held, and the webhook with the truth is still under way
			n := w.current(i)
			n.start = w.alerts[i].resolvedStart
			w.tell(n)
		}
	}
}

// synced is the part of quiesce for syncs: the Alertmanagers' last lists, and I28: incidents of ended alerts close in a bounded time.
func (w *world) synced() {
	if !w.sync {
		return
	}
	w.emptyUntil, w.questions = 0, [processes]*question{}
	if w.repair {
		w.silenced = [2]bool{} // a list opens no silenced alert
	}
	for i := range w.alerts {
		if w.alone[i] && w.alerts[i].firing {
			n := w.current(i)
			n.sender = am2
			w.apply(w.arrive(n, w.leader))
		} else if w.apart && w.alerts[i].firing && !w.fired[i] {
			w.repeat(i) // a resolve counted because no snapshot came in time
		}
		if e := w.ledger.entry; !w.alerts[i].firing && !w.shown[i] && e != nil && (w.fired[i] || w.held[i].held) {
			w.queue = append(w.queue, w.current(i)) // no snapshot can show its end
			w.deliver(false)
		}
	}
	for range (max(absentFor, repairAfter)+2*syncEvery)/syncEvery + 1 {
		w.lists(w.leader, true)
		for by := 1; w.replicas && by < processes; by++ {
			w.lists(w.follower(by), true)
		}
		w.drain()
		w.settleFor(syncEvery)
	}
	for i := range w.alerts {
		if !w.alerts[i].firing && w.fired[i] {
			w.Fatalf("I28: alert %d has ended, and its member fires: %s", i, w.show())
		}
		if w.repair && w.alerts[i].firing && !w.fired[i] && !w.held[i].held {
			w.Fatalf("I31: alert %d fires unsaid, and its member does not: %s", i, w.show())
		}
	}
}
