// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"cmp"
	"slices"
	"strconv"
)

// Several replicas share the ledger. One leads; the others put what they accept into an inbox that the leader reads.

const (
	processes = 3
	// punctual is how long a webhook may take from its arrival to the database, in seconds. Within this time, a sender without an answer
	// sends nothing newer about an alert.
	punctual = 5
	// maxLag is how long a running leader may leave something in the inbox, in seconds.
	maxLag = 3
	// maxList is how long a list may take from its request until it is passed on, in seconds. A list that takes longer does not count.
	maxList = syncEvery + 1
	// farTooLate is how long after the settle time a leader wakes that paused just before it sent, in seconds.
	farTooLate = 20
)

// replication is what the model knows of the replicas.
type replication struct {
	receivers [processes]receiver
	epochs    int
	leader    int
	// vacant: no process leads, at most until vacantUntil.
	vacant      bool
	vacantUntil int

	inbox []parcel
	taken int // the last id
	// moments counts everything that the processes hear and ask. loadedAt is when memory was last read from disk.
	moments, loadedAt int
	readTo            int // the last id that was read
	former            *Entry
}

// receiver is the receiver of one process: the order in which webhooks arrive there.
type receiver struct {
	epoch string
	seq   int64
}

// parcel is a webhook in the inbox, or a list.
type parcel struct {
	id, put int
	all     []arrived
	list    *question
}

// Mutations of the replicas.
var (
	followersAreLate  = mutated("R1 ")
	leaderIsLate      = mutated("R2 ")
	ownGoesFirst      = mutated("R3 ")
	joinsLate         = mutated("R4 ")
	readsAfterTheLast = mutated("R5 ")
	rowsComeBack      = mutated("R6 ")
	rowsGoFirst       = mutated("R7 ")
	unfenced          = mutated("R8 ")
	worksUnread       = mutated("R9 ")
	ordersByReceiver  = mutated("R11 ")
	listsAreNew       = mutated("R15 ")
	listsAreLate      = mutated("R17 ")
)

func (s *steps) ofReplicas(sw switches) {
	if !sw.replicas {
		return
	}
	for by := range settle + timeout - sw.lag() {
		s.add(1, "takeover, call done late by "+strconv.Itoa(by), func(w *world) { w.takeover(by, w.skew) })
	}
	if sw.oversleeps {
		s.add(4, "takeover, call far too late", func(w *world) { w.takeover(settle+timeout+farTooLate, w.skew) })
	}
	if sw.clockSteps {
		for _, by := range []int{7, -7, 60, -3600} {
			s.add(1, "takeover by one whose clock is off by "+strconv.Itoa(by), func(w *world) { w.takeover(1, by) })
		}
	}
	s.add(1, "the former leader wakes", func(w *world) { w.formerWakes() })
	for _, n := range []int{1, 4, 8} {
		s.add(1, "nobody leads for "+strconv.Itoa(n), func(w *world) { w.abandon(1, n) })
	}
	for by := 1; by < processes; by++ {
		at := " to follower " + strconv.Itoa(by)
		s.add(4, "deliver"+at, func(w *world) { w.deliverTo(w.follower(by), false) })
		s.add(1, "deliver"+at+", acknowledgement lost", func(w *world) { w.deliverTo(w.follower(by), true) })
		s.add(1, "deliver all"+at, func(w *world) { w.deliverAllTo(w.follower(by)) })
		s.add(1, "handler stuck at follower "+strconv.Itoa(by), func(w *world) { w.stuckAt(w.follower(by), 0) })
		s.add(1, "slow commit at follower "+strconv.Itoa(by), func(w *world) { w.taken++; w.stuckAt(w.follower(by), w.taken) })
		for i := range 2 {
			n := "(" + strconv.Itoa(i) + ")"
			s.add(1, "repeat"+n+at, func(w *world) { w.repeatTo(i, w.follower(by)) })
			if sw.untimed {
				continue
			}
			s.add(2, "second fires"+n+at, func(w *world) { w.secondFires(i, w.follower(by)) })
			s.add(1, "second resolves"+n+at, func(w *world) { w.secondResolves(i, 0, w.follower(by)) })
		}
	}
	s.add(2, "the leader reads the inbox", func(w *world) { w.drain() })
	s.ofLists(sw)
}

// follower returns a process other than the leader.
func (w *world) follower(by int) int { return (w.leader + by) % processes }

// anyTaker returns the leader, or another process if no one leads.
func (w *world) anyTaker() int {
	if w.vacant {
		return w.follower(1)
	}
	return w.leader
}

// moment returns the next place in the order of everything.
func (r *replication) moment() int {
	r.moments++
	return r.moments
}

func (w *world) startAll() {
	for i := range w.receivers {
		w.newProcess(i)
	}
}

func (w *world) newProcess(i int) {
	w.epochs++
	w.receivers[i] = receiver{epoch: strconv.Itoa(w.epochs)}
	w.startSync(i)
}

// next returns the next place of a webhook or a question in the order of a process.
func (r *replication) next(process int) (epoch string, seq int64) {
	p := &r.receivers[process]
	p.seq++
	return p.epoch, p.seq
}

// takeover lets another replica lead at once. The former leader pauses with a call on the wire, or just before it sends. The API carries
// out the call after the given number of seconds.
func (w *world) takeover(by, skew int) {
	w.abandon(by, 0)
	w.succeed(skew)
}

// abandon pauses the leader: for some seconds, no process leads.
func (w *world) abandon(by, seconds int) {
	if w.vacant {
		return
	}
	w.former = w.ledger.entry
	if k := w.work; k != nil {
		k.fate, k.lateBy = late, by
		if k.req != nil {
			k.req.stale = by > settle+timeout
		}
		w.giveUp()
	}
	w.work, w.look = nil, nil
	w.vacant, w.vacantUntil = true, w.now+seconds
}

// succeed lets the next process lead; without replicas, this is the restarted process. It first applies the inbox.
func (w *world) succeed(skew int) {
	var before *Entry
	if w.ledger.record != nil {
		before = w.ledger.decode()
	}
	w.vacant, w.skew = false, skew
	w.ledger.full, w.ledger.lies = false, false
	if w.replicas {
		w.leader = w.follower(1)
	}
	w.restart()
	w.checkRestart(before)
	if !worksUnread {
		w.drain()
	}
}

// formerWakes lets a former leader, deposed while it paused, commit its entry.
func (w *world) formerWakes() {
	if w.former != nil && unfenced && !w.vacant {
		w.ledger.record, w.ledger.onDisk = AppendRecord(nil, w.former), w.former
	}
	w.former = nil
	w.check()
}

// lookAtInbox lets the leader read the inbox, every second.
func (w *world) lookAtInbox() {
	switch {
	case w.vacant && w.vacantUntil <= w.now:
		w.succeed(w.skew)
	case !w.vacant:
		if len(w.inbox) > 0 && w.inbox[0].put+maxLag <= w.now {
			w.ledger.full, w.ledger.lies = false, false
		}
		w.drain()
	}
}

// drain applies the webhooks of the inbox, then its list.
func (w *world) drain() {
	if w.vacant {
		return
	}
	if len(w.inbox) > 0 {
		w.push()
	}
	if q := w.unpacked[w.leader]; q != nil {
		w.unpacked[w.leader] = nil
		w.snapshot(q)
	}
}

// received returns the rows of the inbox that the leader reads.
func (w *world) received() (rows []parcel) {
	for _, p := range w.inbox {
		if joinsLate && p.put == w.now || readsAfterTheLast && p.id <= w.readTo {
			continue
		}
		rows = append(rows, p)
	}
	slices.SortFunc(rows, func(a, b parcel) int { return cmp.Compare(a.id, b.id) })
	return rows
}

// remove removes rows from the inbox, in the transaction that applied them.
func (w *world) remove(rows []parcel) {
	for _, p := range rows {
		w.readTo = max(w.readTo, p.id)
	}
	w.inbox = slices.DeleteFunc(w.inbox, func(p parcel) bool {
		return slices.ContainsFunc(rows, func(q parcel) bool { return q.id == p.id })
	})
}

// accept hands a request to a process, and reports whether it was acknowledged.
func (w *world) accept(all ...arrived) bool {
	late := w.replicas && w.now >= all[0].since+punctual
	switch {
	case all[0].at == w.leader:
		ok := !w.vacant && (!late || leaderIsLate) && w.push(all...) != nil
		if ok {
			w.hearsRepairs(all)
		}
		return ok
	case late && !followersAreLate || w.ledger.full:
		return false
	}
	id := all[0].id
	if id == 0 {
		w.taken++
		id = w.taken
	}
	w.inbox = append(w.inbox, parcel{id: id, put: w.now, all: all})
	w.hearsRepairs(all)
	return true
}

// holdsBack reports whether the first replica of Alertmanager still waits for the answer to something else about the alert.
func (w *world) holdsBack(all ...notification) bool {
	return w.replicas && slices.ContainsFunc(w.stuck, func(s arrived) bool {
		return s.since+punctual > w.now && slices.ContainsFunc(all, func(n notification) bool { return n.alert == s.alert && n != s.notification })
	})
}
