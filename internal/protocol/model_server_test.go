// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"strconv"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// server models Alert24: the incidents of one alias, by the rules of its incidents API.
type server struct {
	switches
	incidents []*row
	pasts     [][]*row   // of the last seconds
	back      int        // how old lists are, with uneven
	late      []*request // unanswered, still to be carried out
	created   int
	ours      int // created by us
	moves     int // counts edits and writes, to order them
	broken    string
	// paged is the worst severity that we wrote in this episode. A create counts once it is answered: before that, another one may
	// page people once more.
	paged   incident.Severity
	episode int // the number of the episode
}

// row is one incident.
type row struct {
	id      string
	open    bool
	deleted bool
	foreign bool
	created int // true time, seconds
	// reopened: a person reopened it, or a call that was carried out far too late: the bridge cannot tell them apart.
	reopened bool
	// stale: a call that was carried out far too late made it. orphan: so late that its entry had expired.
	stale, orphan bool
	// unmarked: a person removed the last line of its description.
	unmarked bool
	// short: it was created without its tags.
	short bool
	left  leftTo
	// renewed: it was closed to page people again.
	renewed bool
	// shown is what the API shows. news is what we last wrote, peak the worst severity that we wrote.
	shown, news incident.Hashes
	peak        incident.Severity
	edits       [incident.NumFields]edit
	// when a field was edited, and what it showed before the first edit.
	when   [incident.NumFields]int
	before incident.Hashes
	// known are the fields for which a learned answer showed our last write.
	known FieldSet
}

// edit of a field by a person.
type edit uint8

const (
	untouched edit = iota
	theirs         // it must stay
	perhaps        // it may stay or not
)

// request is one write under way.
type request struct {
	kind    Kind
	id      string
	content Content
	fields  FieldSet
	short   bool
	leaves  bool // an alert that leaves closing to a person fired when it was sent
	// seesNone: no incident was open when the request arrived.
	seesNone bool
	// read is when the worker read the incident.
	read    int
	episode int
	// due is when a late request is carried out. stale: so late that only the audit can repair it.
	due   int
	stale bool
}

// open returns our open incidents.
func (s *server) open() []*row {
	var open []*row
	for _, r := range s.incidents {
		if r.open && !r.foreign {
			open = append(open, r)
		}
	}
	return open
}

// blocking returns another tool's open incident.
func (s *server) blocking() *row {
	for _, r := range s.incidents {
		if r.open && r.foreign {
			return r
		}
	}
	return nil
}

func (s *server) anyOpen() *row {
	for _, r := range s.incidents {
		if r.open {
			return r
		}
	}
	return nil
}

func (s *server) row(id string) *row {
	for _, r := range s.incidents {
		if r.id == id && !r.deleted {
			return r
		}
	}
	return nil
}

// reply is the outcome of a request.
type reply struct {
	row     *row // nil: 404
	shown   Shown
	met     bool // a create met an incident
	refused bool
}

// commit carries out the request and returns the incident as it is then.
func (s *server) commit(q *request, now int) reply {
	a := s.carryOut(q, now)
	if a.row != nil {
		a.shown = a.row.shownAs()
	}
	return a
}

func (s *server) carryOut(q *request, now int) reply {
	if q.kind == Create {
		return s.create(q, now)
	}
	r := s.row(q.id)
	if r == nil {
		return reply{}
	}
	if r.foreign {
		s.broken = "I13: " + q.kind.String() + " of an incident that is not ours"
	}
	switch q.kind {
	case Update:
		s.write(r, q)
	case Close:
		if s.strict && !r.open {
			return reply{row: r, refused: true}
		}
		s.close(r)
	case Reopen:
		r.open = true
	default:
	}
	return reply{row: r}
}

// close closes the incident and ends what holds until then.
func (s *server) close(r *row) {
	r.open, r.known = false, 0
	r.forgetEdits() // a bridge that does not notice the close may keep them
}

// write stores the content of the request, field by field.
func (s *server) write(r *row, q *request) {
	s.moves++
	for f := range incident.NumFields {
		if !q.fields.Has(f) {
			continue
		}
		if f == incident.FieldSeverity && r.edits[f] == theirs && q.content.Severity > max(r.peak, shownSeverity(r.shown[f])) {
			r.edits[f] = perhaps // it rose
		}
		if r.edits[f] == theirs && q.read >= r.when[f] {
			s.broken = "I14: an edit was overwritten: field " + strconv.Itoa(int(f))
		}
		if r.edits[f] == theirs {
			r.edits[f] = perhaps // the edit came between reading and writing
		}
		r.news[f], r.shown[f] = q.content.News[f], s.clean(f, q.content.Sent[f])
		if q.stale {
			r.edits[f] = perhaps // nothing distinguishes it from a person's edit
		}
		r.unmarked = r.unmarked && f != incident.FieldDescription
		r.known &^= Fields(f)
		if f == incident.FieldSeverity {
			r.peak = max(r.peak, q.content.Severity)
			if q.episode == s.episode && (q.kind != Create || s.revives && !s.merges && !s.racy) {
				s.paged = max(s.paged, q.content.Severity)
			}
		}
	}
}

// cleanedBit is set in the hash of a text that Alert24 has cleaned.
const cleanedBit = 1 << 63

// clean returns a text as Alert24 cleans it. It changes every description that render makes. Cleaning again changes nothing.
func (s *server) clean(f incident.Field, h uint64) uint64 {
	if s.cleans && f == incident.FieldDescription && h != 0 {
		return h | cleanedBit
	}
	return h
}

func (s *server) createOrMeet(q *request, now int) reply {
	if hit := s.anyOpen(); hit != nil && (!s.racy || !q.seesNone) {
		if s.merges {
			s.merge(hit, q)
		}
		s.doubtSame(hit, q)
		return reply{row: hit, met: !s.merges}
	}
	if s.reopens || s.revives {
		for _, r := range slices.Backward(s.incidents) {
			if !r.deleted && !r.foreign {
				r.open, r.left = s.reopens, min(r.left, mayLeave) // the alerts that left it may have resolved while it was closed
				r.reopened = r.reopened || q.stale && s.reopens
				s.merge(r, q)
				return reply{row: r}
			}
		}
	}
	r := s.insert(now)
	s.ours++
	r.short, r.stale = q.short, q.stale
	s.write(r, q)
	return reply{row: r}
}

// merge lets a create update an incident.
func (s *server) merge(r *row, q *request) {
	r.forgetEdits()
	r.peak = 0
	s.write(r, q)
	if q.short {
		r.short = true
	}
}

func (s *server) insert(now int) *row {
	s.created++
	r := &row{id: strconv.Itoa(s.created), open: true, created: now}
	s.incidents = append(s.incidents, r)
	return r
}

// commitLate carries out late requests that are due.
func (s *server) commitLate(now int) {
	if len(s.late) == 0 {
		return
	}
	s.late = slices.DeleteFunc(s.late, func(q *request) bool {
		if q.due > now {
			return false
		}
		s.commit(q, now)
		return true
	})
}

// shownAs returns the incident as the API shows it.
func (r *row) shownAs() Shown {
	return Shown{ID: r.id, Number: int64(r.created), Seen: true, Open: r.open, CreatedAt: at(r.created), StartedAt: at(r.created), Fields: r.shown}
}
