// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "strconv"

// disk is a record with its buckets.
type disk struct {
	record  []byte
	buckets [][]byte
}

func (s *steps) ofRestores(sw switches) {
	if !sw.restores {
		return
	}
	for _, n := range []int{1, 2, 5} {
		s.add(1, "disk as of "+strconv.Itoa(n)+" writes ago", func(w *world) { w.restoreDisk(n) })
	}
}

// restoreDisk ends the process, and starts one with what was on disk some writes ago: a backup, or a replica of the database that lacks the
// last transactions. This takes longer than the settle time. An empty disk promises nothing.
func (w *world) restoreDisk(n int) {
	at := len(w.ledger.backups) - 1 - n
	if w.vacant || at < 0 || w.ledger.backups[at].record == nil {
		return
	}
	if w.work != nil {
		w.giveUp()
	}
	for range settle {
		w.second()
	}
	w.ledger.record, w.ledger.buckets = w.ledger.backups[at].record, w.ledger.backups[at].buckets
	w.newProcess(w.leader)
	w.restart()
	w.forgets()
}

// forgets notes that the entry is an older one. At rest, all alerts are told once more.
func (w *world) forgets() {
	w.verified, w.onDisk = w.ledger.entry, w.ledger.writes
	w.noteMembers()
	w.news()
	w.newEpisode()
	w.refused, w.quietSince = true, -hourly
	w.untold = w.left || w.leftOne
	for _, r := range w.incidents {
		r.known = 0
		for f := range r.edits {
			r.edits[f] = perhaps // what the bridge wrote since counts as a person's edit
		}
		if r.left = min(r.left, mayLeave); w.left || w.leftOne {
			r.left = mayLeave
		}
		r.reopened = r.reopened || r.open && (w.reopens || w.revives) // it looks as if a person had
	}
	for i := range w.alerts {
		w.alerts[i].told.firing = w.fired[i]
		if m := w.ledger.entry.Members.Get(keys[i]); m != nil {
			w.shown[i] = m.ShownBy == theSource
		}
	}
}

// tellAgain sends all alerts once more after the disk was restored.
func (w *world) tellAgain() {
	for i := range w.alerts {
		if w.restores {
			w.queue = append(w.queue, w.current(i))
		}
	}
}
