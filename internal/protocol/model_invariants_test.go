// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// check checks what holds at every step.
func (w *world) check() {
	if w.broken != "" {
		w.Fatalf("%s: %s", w.broken, w.show())
	}
	e := w.ledger.entry
	if w.ledger.reread {
		w.ledger.reread = false
		w.news() // as after a restart
		w.rereadSync(e)
		w.checkMembers(nil, nil) // the load may have ended a wait or a hold
		w.failing = false
		if w.replicas {
			w.began = w.now // it has led anew since
		}
		if w.renew {
			w.pages++ // the close may belong to a renewal, which is then finished
			w.forbidden = false
		}
	}
	w.noteLeft()
	w.checkDisk(e)
	w.checkPages()
	if e == nil {
		w.refused = false
		w.forgetEdits()
		if open := w.open(); w.atomic() && slices.ContainsFunc(open, func(r *row) bool { return r.left == nobody }) {
			w.Fatalf("I1: no entry, but %s", w.show())
		}
		return
	}
	w.checkSummaries(e)
	if !e.Firing() {
		w.newEpisode()
		w.refused = false
		w.dismissed = w.dismissed && w.work != nil // its answer may show the incident open
	}
	if len(e.Unsure) > 0 {
		w.doubtEdits(e)
	}
	if w.atomic() && e.Settled() && e.Incident.State != Unknown {
		w.checkCertain(e)
	}
}

// checkSummaries: each bucket's summary is that of its members, their bytes are counted, and I33.
func (w *world) checkSummaries(e *Entry) {
	checkBytes(w, e)
	var whole int
	for m := range e.Members.All() {
		if !m.Alert.IsBrief() {
			whole++
		}
	}
	if whole > w.policy.Members {
		w.Fatalf("I33: %d alerts have their text", whole)
	}
	for _, b := range e.Members.buckets {
		if b.sum != nil && *b.sum != *summarise(b.members) {
			w.Fatalf("a summary differs from its members: %+v", *b.sum)
		}
	}
}

// checkCertain is I1 and I2: without doubt, the entry is right.
func (w *world) checkCertain(e *Entry) {
	open := w.open()
	switch {
	case e.Incident.State == Open && (len(open) != 1 || open[0].id != e.Incident.ID):
		w.Fatalf("I1: certain that %s is open, but %s", e.Incident.ID, w.show())
	case e.Incident.State != Open && len(open) > 0:
		w.Fatalf("I1: certain that none is open, but %s", w.show())
	case e.Incident.State != Open:
		return
	}
	for f := range incident.NumFields {
		if news := e.Written.News[f]; news != 0 && news != open[0].news[f] && (!open[0].short || f != incident.FieldTags) {
			w.Fatalf("I2: certain of %d, field %d, but %s", news, f, w.show())
		}
	}
}

// checkPages is I9: no more incidents than episodes, even if calls are carried out late. An API that reopens makes no page, and one that
// races or a clock that jumps may cost one. With coarse times, a new firing may look like an echo.
func (w *world) checkPages() {
	w.pages -= w.ours - w.owed
	w.owed = w.ours
	if w.pages < 0 && !w.clockSteps && !w.racy && !w.reopens && !w.revives && !w.oversleeps && !w.coarse && !w.restores {
		w.Fatalf("I9: one page too many: %s", w.show())
	}
}

// checkDisk is I5, before and after 2xx and 503: disk and memory agree, except for the last repeat of a firing.
func (w *world) checkDisk(e *Entry) {
	unwritten := w.ledger.writes == w.onDisk
	if e == w.verified && unwritten {
		return
	}
	// The changes of Load are not written: without a write since then, memory must be as it was.
	want := w.verified
	w.verified, w.onDisk = e, w.ledger.writes
	if !unwritten {
		if e == w.ledger.onDisk {
			return
		}
		want = w.ledger.onDisk
		if w.ledger.failed && want != nil {
			want = w.policy.Load(want, w.wall()).Entry
		}
	}
	if !sameOnDisk(e, want) {
		w.Fatalf("I5: in memory and on disk:\n%s\n%s", AppendRecord(nil, cmp.Or(e, &Entry{})), AppendRecord(nil, cmp.Or(want, &Entry{})))
	}
}

// sameOnDisk compares entries, but not what a repeat changes.
func sameOnDisk(a, b *Entry) bool {
	if a == nil || b == nil || a.Members.Len() != b.Members.Len() {
		return a == b
	}
	for m := range a.Members.All() {
		o := b.Members.Get(m.Key)
		if o == nil || !sameMember(*m, *o) {
			return false
		}
	}
	one, other := *a, *b
	one.Members, other.Members = Members{}, Members{}
	return bytes.Equal(AppendRecord(make([]byte, 0, 512), &one), AppendRecord(make([]byte, 0, 512), &other))
}

func sameMember(a, b Member) bool {
	if a == b {
		return true
	}
	if !a.Alert.SameNews(&b.Alert) {
		return false
	}
	a.Alert = b.Alert
	if a.Firing {
		a.Epoch, a.Seq = b.Epoch, b.Seq
	}
	if a.Unfinished() {
		a.LastSeen = b.LastSeen
	}
	return a.ShownBy == b.ShownBy && a.Witness == b.Witness && a.Epoch == b.Epoch && a.Seq == b.Seq && a.Firing == b.Firing && a.LastSeen.Equal(b.LastSeen) && a.ResolvedBy == b.ResolvedBy &&
		a.HeldUntil.Equal(b.HeldUntil) && a.EndsAt.Equal(b.EndsAt) && a.ResolvedAt.Equal(b.ResolvedAt)
}

// checkCall checks what holds when a call is decided.
func (w *world) checkCall(before Timed, k *work) {
	e, c := k.entry, k.call
	if claimed := w.ledger.timed(); !w.policy.looksFor(&claimed, c) {
		k.paced = w.pace
		w.checkSlow(c)
	}
	if c.Kind == Lookup {
		return
	}
	extra := slices.Contains(e.Extra, c.ID)
	if c.Kind == Close && e.Firing() && !c.Finish && !extra && !c.Renew {
		w.Fatalf("I3: closes %s while an alert fires", c.ID)
	}
	if c.Renew && (!w.renew || k.want.Severity < incident.High || k.want.Severity <= w.paged && !w.edited(c.ID)) {
		w.Fatalf("I18: pages people again for %v after %v", k.want.Severity, w.paged)
	}
	if c.Renew && k.want.Severity <= w.unrenewed {
		w.Fatalf("I18: closes once more for %v what stayed open", k.want.Severity)
	}
	if c.Renew {
		w.pages++
		if r := w.row(c.ID); r != nil {
			r.renewed = true
		}
	}
	if c.Finish {
		w.forbidden = false // that close of ours may have come before the person's
	}
	if c.Kind == Update && w.rises && c.Content.Severity < w.paged {
		w.Fatalf("I24: the severity sinks to %v", c.Content.Severity)
	}
	if extra {
		w.checkExtra(before, k)
		if r := w.row(c.ID); r != nil {
			r.left = min(r.left, mayLeave) // it can become the only one before its close is carried out
		}
	}
	if c.Kind == Create && w.now < w.blindAt+int(peekTime/time.Second) {
		w.Fatalf("I25: a create that was not answered is repeated without a look")
	}
	if c.Kind == Create && c.Short && !w.refused && before.ContentFailures < failuresBeforeShrink {
		w.Fatalf("I26: a create says less although no full one was refused, or failed because of its content")
	}
	if c.Kind == Create && !e.Firing() {
		w.Fatalf("I6: creates while no alert fires")
	}
	if c.Kind == Create && w.forbidden && w.atomicButPeople() {
		w.Fatalf("I17: creates although a person closed the incident: %s", w.show())
	}
	if d := w.ledger.onDisk; d == nil || d.Inflight().Kind != c.Kind || d.Inflight().ID != c.ID {
		w.Fatalf("I4: sends %v, but disk knows of %v", c, d)
	}
	if r := w.row(c.ID); r != nil && r.foreign {
		w.Fatalf("I13: %v is for another tool's incident", c)
	}
	if c.Kind == Close && !extra {
		w.checkClose(e, c)
	}
}

// checkExtra is I23: a further incident never holds back the incident itself.
func (w *world) checkExtra(before Timed, k *work) {
	n := w.policy.Tick(before, w.wall()).copy()
	n.Extra = nil
	if d := w.policy.Decide(n, &k.want, w.wall()); d.Call.Kind != NoCall && d.Call.Kind != Lookup {
		w.Fatalf("I23: closes a further incident before %v", d.Call.Kind)
	}
}

func (w *world) atomicButPeople() bool { return !w.racy && !w.foreign && !w.reopens && !w.revives }

// checkClose checks what holds when the incident itself is closed.
func (w *world) checkClose(e *Entry, c Call) {
	if r := w.row(c.ID); r != nil && r.left == aPerson && !c.Renew && (!w.renew && !w.reopens || !c.Finish) { // an unanswered create may have opened it again
		w.Fatalf("I15: closes what is left to a person: %s", w.show())
	}
	if w.delay && !e.Firing() && w.now < w.quietSince+resolveDelay && !w.clockSteps {
		w.Fatalf("I16: closes before the delay is over")
	}
	end := e.EndedAt()
	if end.Before(e.Incident.StartedAt) && !end.IsZero() {
		w.Fatalf("I19: resolved at %v, before the start", end)
	}
	if end.IsZero() && e.Members.Len() > 0 && !e.Firing() {
		w.Fatalf("I19: resolved at no time")
	}
	if end.After(w.wall()) && end.After(e.Incident.StartedAt) && !w.clockSteps {
		w.Fatalf("I19: resolved in the future: %v", end)
	}
}

// checkWake is I11: an alias with nothing to do wakes in the future, or never.
func (w *world) checkWake(d Decision) {
	if !d.Wake.IsZero() && !d.Wake.After(w.wall()) {
		w.Fatalf("I11: woken at once for nothing: %v, now %v", d.Wake, w.wall())
	}
}
