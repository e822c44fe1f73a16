// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// fate is what happens to a call.
type fate int

const (
	answered      fate = iota
	notSent            // certainly not carried out: 429, or no connection
	lost               // unanswered or answered by a proxy, not carried out
	unanswered         // carried out, not answered
	status500          // carried out, answered with 500
	late               // unanswered, carried out later
	denied             // 401, 402, 403
	refused            // 400 in the API's envelope
	noBody             // carried out, 2xx without a body
	ignored            // 2xx with a body that shows a status other than the requested one
	ignoredNoBody      // 2xx without a body, and the status did not change
	reversed           // a lookup whose rows come in another order
	turnedAway         // a write that is not sent because a pause began; a lookup fails
	notYet             // an update or a close is answered with 404, because what answers does not have the incident yet
	partly             // a lookup whose list failed after the known incident was read; a write is lost
)

// work is a call under way.
type work struct {
	call  Call
	entry *Entry
	want  Content
	fate  fate
	req   *request // not yet carried out
	reply reply    // of the request that was carried out on arrival
	// before is the incident that an update reads first, wrote the fields that it then writes.
	before Shown
	wrote  FieldSet
	// unsent: a close that pages people again was not sent, because the incident is closed.
	unsent  bool
	server  bool // an update with a field on which the API fails
	sent    int
	episode int
	began   time.Time
	paced   pace // before the call
	// atEnd: carried out just before the answer, not on arrival.
	atEnd    bool
	lateBy   int
	found    []Shown // what a lookup saw on arrival
	byID     bool    // it has read by an id
	complete bool
	answer   *Answer // known, not yet on disk
}

// carries reports whether the request is carried out before the answer.
func (k *work) carries() bool {
	switch k.fate {
	case answered, reversed, unanswered, status500, noBody:
		return true
	case ignored, ignoredNoBody:
		return k.call.Kind != Close && k.call.Kind != Reopen
	case notYet:
		return k.call.Kind != Close && k.call.Kind != Update
	default:
		return false
	}
}

// claim lets the worker take the next call and send it. A lookup does not occupy the worker.
func (w *world) claim(f fate, lateBy int, atEnd bool) Decision {
	if w.work != nil || w.vacant {
		return Decision{}
	}
	before := w.ledger.timed()
	d, want, ok := w.ledger.claim()
	if !ok {
		if !w.ledger.failed {
			w.Fatalf("claim failed")
		}
		w.checkMembers(nil, nil)
		w.check()
		return Decision{}
	}
	w.checkMembers(nil, nil)
	w.checkSilent()
	if d.Call.Kind == NoCall {
		w.check()
		w.checkWake(d)
		return d
	}
	e := w.ledger.entry
	k := &work{call: d.Call, entry: e, want: want, fate: f, sent: w.now, episode: w.episode, began: w.wall(), lateBy: lateBy, atEnd: atEnd}
	w.checkCall(before, k)
	if d.Call.Kind == Lookup {
		w.look = k
		w.lookUp(k)
	} else {
		w.work = k
		w.send(k)
	}
	w.check()
	return d
}

// wantsShort reports whether only creates in the short form succeed.
func (s *switches) wantsShort() bool { return s.chokes || s.rejects }

func (w *world) send(k *work) {
	c := &k.call
	k.req = &request{kind: c.Kind, id: c.ID, content: c.Content, fields: Full.Fields(), seesNone: w.anyOpen() == nil, read: w.moves, episode: w.episode, leaves: w.leftFires()}
	switch c.Kind {
	case Create:
		if k.req.short = c.Short; c.Short {
			k.req.fields &^= Fields(incident.FieldTags)
			k.want.Sent[incident.FieldTags] = 0
		}
		if w.wantsShort() && c.Short {
			k.want.Sent[incident.FieldDescription] = incident.HashText("the last line")
			k.req.content.Sent, k.req.content.News[incident.FieldDescription] = k.want.Sent, 0
		}
		switch {
		case w.rejects && !c.Short:
			k.server, k.fate, k.req = true, denied, nil
		case w.chokes && !c.Short, k.req.fields&w.failsOn&Fields(incident.FieldTags) != 0:
			k.server, k.fate, k.req = true, lost, nil
		}
	case Update:
		w.read(k)
	case Close:
		if r := w.row(c.ID); c.Renew && (r == nil || !r.open) {
			if k.unsent, k.req = true, nil; r != nil {
				k.before = r.shownAs()
			}
		}
	default:
	}
	if k.req != nil && k.carries() && !k.atEnd {
		k.reply = w.commit(k.req, w.now)
		k.req = nil
	}
}

// read lets an update read the incident first. If nothing differs, the update writes nothing.
func (w *world) read(k *work) {
	r := w.row(k.call.ID)
	if r == nil || k.fate == notYet {
		k.req = nil // 404
		return
	}
	k.before = r.shownAs()
	if r.open {
		k.wrote = Patch(k.entry, k.call.Content, k.before, k.call.Form)
	}
	if k.req.fields = k.wrote; k.wrote == 0 {
		k.req = nil
		return
	}
	if k.wrote&w.refuses != 0 {
		k.fate, k.req = refused, nil
	}
	if k.wrote&w.failsOn != 0 {
		k.server, k.fate, k.req = true, lost, nil
	}
}

// giveUp stops waiting for the worker's call.
func (w *world) giveUp() {
	k := w.work
	if k.req == nil {
		return
	}
	switch {
	case k.fate == late:
		k.req.due = w.now + k.lateBy
		w.late = append(w.late, k.req)
		w.commitLate(w.now)
	case k.atEnd && (k.fate == unanswered || k.fate == status500):
		w.commit(k.req, w.now)
	}
	k.req = nil
}

func (w *world) lookUp(k *work) {
	bound := int(k.call.At.Sub(start)/time.Second) - w.skew - margin
	k.found, k.byID, k.complete = w.list(k.entry, k.call, bound)
	if k.fate == reversed && len(k.found) > 1 {
		k.found[0], k.found[1] = k.found[1], k.found[0]
	}
}
