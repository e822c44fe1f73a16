// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// check is what holds at every step.
func (w *world) check() {
	e := w.entry()
	w.checkDisk(e)
	w.checkPages()
	if e == nil {
		if w.atomic() && len(w.open()) > 0 {
			w.Fatalf("I1: no entry, but %s is open", w.show())
		}
		return
	}
	if !w.atomic() || e.Doubt.Set || e.Inflight.Kind != NoCall || e.Incident.State == Unknown {
		return
	}
	open := w.open()
	switch {
	case e.Incident.State == Open && (len(open) != 1 || open[0].id != e.Incident.ID):
		w.Fatalf("I1: certain that %s is open, but %s", e.Incident.ID, w.show())
	case e.Incident.State != Open && len(open) > 0:
		w.Fatalf("I1: certain that none is open, but %s", w.show())
	}
	if e.Incident.State == Open && e.Written != "" && e.Written == desired(w.policy, e) {
		if want := contentOf(render("", e.FiringAlerts(), incident.Context{})); open[0].content != want {
			w.Fatalf("I2: certain of %v, but %s", want, w.show())
		}
	}
}

// desired is the hash of the content that e asks for.
func desired(p *Policy, e *Entry) string {
	if e.desired != unrendered {
		return e.desired
	}
	return p.Content(e).Hash()
}

// checkPages is I9: no more incidents than episodes, not even for what is committed late. An API that reopens makes
// no page, and one that races or a clock that jumps may cost one.
func (w *world) checkPages() {
	w.pages -= w.created - w.paged
	w.paged = w.created
	if w.pages < 0 && !w.clockSteps && !w.racy && !w.reopens {
		w.Fatalf("I9: one page too many: %s", w.show())
	}
}

// checkDisk is I5, before and after 2xx and 503: disk holds what memory holds, apart from when a firing was repeated last.
func (w *world) checkDisk(e *Entry) {
	if w.ledger.store.doubtful != nil {
		return // disk may be ahead until the next write
	}
	unwritten := w.disk.writes == w.onDisk
	if e == w.verified && unwritten {
		return
	}
	// What Load made of the record was not written: without a write since, memory is to be what it was.
	want := w.verified
	w.verified, w.onDisk = e, w.disk.writes
	if !unwritten {
		if e != nil {
			if bytes.Equal(appendRecord(nil, e), w.disk.record()) {
				return
			}
		}
		want = w.recorded()
	}
	if got, want := unstamped(e), unstamped(want); !bytes.Equal(got, want) {
		w.Fatalf("I5: in memory and on disk:\n%s\n%s", got, want)
	}
}

// unstamped is the record of e without what a repeat changes.
func unstamped(e *Entry) []byte {
	if e == nil {
		return nil
	}
	n := e.clone()
	for i := range n.Members {
		if m := &n.Members[i]; m.Firing {
			m.Epoch, m.Seq, m.LastSeen = "", 0, time.Time{}
		}
	}
	return appendRecord(nil, n)
}

// checkCall holds when a call is decided.
func (w *world) checkCall(e *Entry, c Call) {
	if c.Kind == Lookup {
		return
	}
	if c.Kind == Close && e.Firing() && !c.Finish && !slices.Contains(e.Extra, c.ID) {
		w.Fatalf("I3: closes %s while an alert fires", c.ID)
	}
	if c.Kind == Create && !e.Firing() {
		w.Fatalf("I6: creates while no alert fires")
	}
	if d := w.recorded(); d == nil || d.Inflight.Kind != c.Kind || d.Inflight.ID != c.ID {
		w.Fatalf("I4: sends %v, but disk knows of %v", c, d)
	}
	if c.Kind != Create && !slices.ContainsFunc(w.incidents, func(r *row) bool { return r.id == c.ID }) {
		w.Fatalf("I4: %v is for an incident of another alias", c)
	}
}

// checkWake: an alias with nothing to do asks for a moment in the future, or none.
func (w *world) checkWake(d Decision) {
	if !d.Wake.IsZero() && !d.Wake.After(w.wall()) {
		w.Fatalf("I11: woken at once for nothing: %v, now %v", d.Wake, w.wall())
	}
}

// checkHold is I10: a hold ends by time, or by the event of alert i with the outcome that says so, and by nothing
// else; and it is never extended.
func (w *world) checkHold(i int, o Outcome) {
	seen := w.held
	w.noteHolds()
	for j := range w.held {
		before, after, event := seen[j], w.held[j], i == j
		switch {
		case !before.held && after.held && (!event || o != EchoHeld):
			w.Fatalf("I10: held without an echo: %v", o)
		case before.held && after.held && before.until != after.until:
			w.Fatalf("I10: the hold moved from %d to %d", before.until, after.until)
		case before.held && !after.held && w.now < before.until && (!event || o != EchoReleased && o != EchoCancelled):
			w.Fatalf("I10: the hold ended %d s early by %v", before.until-w.now, o)
		}
	}
}

// noteHolds sees who is held now.
func (w *world) noteHolds() {
	e := w.entry()
	for j := range w.held {
		w.held[j] = hold{}
		if e == nil {
			continue
		}
		if m := e.member(w.alert(j, 0).Fingerprint); m >= 0 && e.Members[m].held() {
			w.held[j] = hold{true, int(e.Members[m].HeldUntil.Sub(start)/time.Second) - w.skew}
		}
	}
}

// checkRestart: a restart keeps the members (I5), and a hold's wall time, but for what the clock did.
func (w *world) checkRestart(before *Entry) {
	e := w.entry()
	if (e == nil) != (before == nil) {
		w.Fatalf("I5: the restart forgot the alias")
	}
	w.verified, w.onDisk = e, w.disk.writes // what Load changes, it will change again
	if e == nil {
		return
	}
	for j := range w.held {
		m := e.member(w.alert(j, 0).Fingerprint)
		b := before.member(w.alert(j, 0).Fingerprint)
		if b < 0 {
			continue
		}
		was := before.Members[b]
		switch {
		case m < 0:
			if !w.policy.forgettable(&was, w.wall()) {
				w.Fatalf("I5: the restart forgot %v", was)
			}
		case !was.held() && e.Members[m].Firing != was.Firing:
			w.Fatalf("I5: the restart changed %v", was)
		case was.held() && e.Members[m].held() && e.Members[m].HeldUntil.After(was.HeldUntil):
			w.Fatalf("I10: the restart extended the hold of %v", was)
		case was.held() && !e.Members[m].held() && w.wall().Before(was.HeldUntil):
			w.Fatalf("I10: the restart ended the hold of %v", was)
		}
	}
	w.noteHolds()
	w.check()
}
