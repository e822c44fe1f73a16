// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"strconv"
)

// Each replica asks the same Alertmanagers. The lists of followers race with webhooks, with each other, and with changes of the leader.

func (s *steps) ofLists(sw switches) {
	if !sw.sync {
		return
	}
	for by := 1; by < processes; by++ {
		at := " at follower " + strconv.Itoa(by)
		s.add(3, "sync"+at, func(w *world) { w.lists(w.follower(by), true) })
		s.add(2, "sync asked"+at, func(w *world) { w.ask(w.follower(by), true) })
		s.add(2, "sync answered"+at, func(w *world) { w.answered(w.follower(by)) })
		s.add(1, "sync incomplete"+at, func(w *world) { w.lists(w.follower(by), false) })
		s.add(1, "another process starts"+at, func(w *world) { w.follows(w.follower(by)) })
	}
}

// follows restarts a follower. Requests that are stuck there are lost.
func (w *world) follows(process int) {
	w.stuck = slices.DeleteFunc(w.stuck, func(a arrived) bool { return a.at == process })
	w.newProcess(process)
}

// decides reports whether the snapshot is newer than everything that the entry was told about the alert. With replicas, this is known only
// from the next second on.
func (w *world) decides(q *question, i int) bool {
	if w.replicas {
		return q.asked > max(w.toldAt[i], w.loadedAt)
	}
	return w.heardLast[i] < q.moment
}

// startSync starts a process that has heard nothing and has asked nothing.
func (w *world) startSync(process int) {
	w.questions[process], w.unpacked[process] = nil, nil
	w.repairs[process] = repairs{waiting: [2]int{-1, -1}}
}

// putList puts the list of a follower into the inbox. It replaces the earlier list of its source.
func (w *world) putList(q *question) {
	w.inbox = slices.DeleteFunc(w.inbox, func(p parcel) bool { return p.list != nil && p.list.Source == q.Source })
	w.taken++
	w.inbox = append(w.inbox, parcel{id: w.taken, put: w.now, list: q})
}

// unpack keeps the last list of the inbox for the leader, even if the transaction that removes it fails.
func (w *world) unpack(rows []parcel) {
	for _, p := range rows {
		if p.list != nil {
			w.unpacked[w.leader] = p.list
		}
	}
}

// inInbox reports whether a webhook about the alert waits in the inbox.
func (w *world) inInbox(i int) bool {
	return slices.ContainsFunc(w.inbox, func(p parcel) bool {
		return slices.ContainsFunc(p.all, func(a arrived) bool { return a.alert == i })
	})
}

// rereadSync notes that e was read from disk: absences are forgotten, and so is an alert that e lacks.
func (w *world) rereadSync(e *Entry) {
	w.loadedAt = w.now
	for i := range keys {
		w.lacking[i] = -1
		if e == nil || e.Members.Get(keys[i]) == nil {
			w.unshown(i)
		}
	}
}

// hearsSync notes that a webhook was heard.
func (w *world) hearsSync(all []arrived) {
	for _, a := range all {
		w.heardLast[a.alert] = max(w.heardLast[a.alert], a.moment)
		w.toldAt[a.alert] = w.now
		w.lacking[a.alert] = -1
	}
}
