// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// maxFound bounds the incidents in an answer. Beyond it, closed incidents are left out. Beyond twice as many, open ones are left
// out too: the next audit finds them, when the first are closed.
const maxFound = 64

// maxOpRunes bounds the alias in an error.
const maxOpRunes = 100

// asked is a question and the incidents found so far.
type asked struct {
	*Question
	tag   string
	found []protocol.Shown
	// unread are the ids of incidents that must be read by them.
	unread []string
	reads  int  // by their ids, under way
	byID   bool // one of them was answered
	// unidentified means that an open incident may be ours, but shows nothing that identifies it.
	unidentified bool
	err          error
	tell         func() // hands over the answer
}

// open reports whether the list of open incidents must be read, because the incident may be of any age.
func (a *asked) open() bool {
	return a.Depth == protocol.All || a.Depth == protocol.Since && a.Since.IsZero()
}

// recent reports whether the list must be read back to Since.
func (a *asked) recent() bool { return a.Depth >= protocol.Since && !a.Since.IsZero() }

// Find reads what the questions need, once for all of them. It calls found for each question, by its index, as soon as its answer is
// known, also concurrently. The result is Done with the incidents found. If Find could not see all that a question needs, the result and
// the error say why, and the answer has the known incident if it was read.
func (c *Client) Find(ctx context.Context, questions []Question, found func(i int, a protocol.Answer, err error)) {
	began := c.cfg.Now()
	all := make([]asked, len(questions))
	f := finding{client: c, byTag: map[string][]*asked{}, byID: map[string][]*asked{}, byTitle: map[uint64][]*asked{}}
	for i := range questions {
		a := &all[i]
		a.tell = func() { found(i, a.answer(began), a.reason()) }
		a.Question, a.tag = &questions[i], incident.AliasTag(questions[i].Alias)
		f.byTag[a.tag] = append(f.byTag[a.tag], a)
		if a.ID != "" {
			f.byID[a.ID] = append(f.byID[a.ID], a)
		}
		for _, title := range a.Titles {
			f.byTitle[title] = append(f.byTitle[title], a)
		}
		if a.AnyTitle {
			f.byTitle[0] = append(f.byTitle[0], a)
		}
		f.asked = append(f.asked, a)
	}
	f.readOpen(ctx)
	f.readNewest(ctx)
	f.readKnown(ctx)
}

// finding is the work on several questions.
type finding struct {
	client *Client
	asked  []*asked
	byTag  map[string][]*asked
	byID   map[string][]*asked
	// byTitle has, by the hash of a title, the questions that an open row with this title but no mark makes incomplete; 0 has those
	// for which any title does.
	byTitle map[uint64][]*asked
	mu      sync.Mutex // guards the questions while incidents are read by their ids
}

// readOpen reads the open incidents if a question needs them.
func (f *finding) readOpen(ctx context.Context) {
	if !slices.ContainsFunc(f.asked, (*asked).open) {
		return
	}
	err := f.client.openRows(ctx, func(r *row, _ time.Duration) { f.sort(r, (*asked).open) })
	f.fail(err, (*asked).open)
}

// readNewest reads the unfiltered list: its first page, and further pages as far back as any question needs, or while a page shows
// several known incidents, which readKnown then need not read. New rows enter only at the front, so paging can repeat rows but cannot
// skip any.
func (f *finding) readNewest(ctx context.Context) {
	reads := func(a *asked) bool { return a.recent() || a.Depth == protocol.Newest }
	if !slices.ContainsFunc(f.asked, reads) {
		return
	}
	var (
		seen  reach
		ahead time.Duration
		begun bool
	)
	covered := func(a *asked) bool { return seen.covers(a.Since.Add(ahead - clockMargin)) }
	err := f.client.pages(ctx, "", func(p *page, now time.Duration) bool {
		if !begun {
			begun, ahead = true, now
		}
		seen.add(p)
		saved := 0 // readings by id
		for i := range p.rows {
			r := &p.rows[i]
			if slices.ContainsFunc(f.byID[string(r.ID)], func(a *asked) bool { return !a.Fresh && len(a.known()) == 0 }) {
				saved++
			}
			f.sort(r, func(a *asked) bool {
				at := r.CreatedAt.time()
				return a.Depth == protocol.Newest || a.recent() && (at.IsZero() || !at.Before(a.Since.Add(ahead-clockMargin)))
			})
		}
		return saved > 1 || slices.ContainsFunc(f.asked, func(a *asked) bool { return a.recent() && !covered(a) })
	})
	f.fail(err, func(a *asked) bool { return reads(a) && (!begun || a.recent() && !covered(a)) })
}

// sort gives a row to the questions that it answers. An open row without a mark makes a question incomplete if it concerns the
// question and has one of its titles.
func (f *finding) sort(r *row, concerns func(*asked) bool) {
	tag, maybe := f.client.whose(r)
	for _, a := range f.byID[string(r.ID)] {
		a.list(r)
	}
	if tag != "" {
		for _, a := range f.byTag[tag] {
			a.list(r)
		}
		return
	}
	if !maybe || !r.open() || len(f.byID[string(r.ID)]) > 0 {
		return
	}
	for _, concerned := range [][]*asked{f.byTitle[0], f.byTitle[incident.HashText(string(r.Title))]} {
		for _, a := range concerned {
			a.unidentified = a.unidentified || concerns(a)
		}
	}
}

// list takes a row of a list. If the list may be older than what is known, the row only shows which incident to read.
func (a *asked) list(r *row) {
	if id := string(r.ID); a.Fresh && (id == a.ID || r.open()) {
		if id != a.ID && len(a.unread) < 2*maxFound && !slices.Contains(a.unread, id) {
			a.unread = append(a.unread, id)
		}
		return
	}
	a.add(r)
}

// add keeps the newest reading of a row.
func (a *asked) add(r *row) {
	shown := r.shown()
	if !shown.Seen {
		a.unidentified = true // the list does not say whether it is open
		return
	}
	if i := slices.IndexFunc(a.found, func(s protocol.Shown) bool { return s.ID == shown.ID }); i >= 0 {
		a.found[i] = shown
		return
	}
	if n := len(a.found); n >= 2*maxFound || n >= maxFound && !shown.Open {
		return
	}
	a.found = append(a.found, shown)
}

// fail notes why some questions cannot be answered.
func (f *finding) fail(err error, which func(*asked) bool) {
	for _, a := range f.asked {
		if err != nil && a.err == nil && which(a) {
			a.err = err
		}
	}
}

// known returns the incident with the known id, if it was found.
func (a *asked) known() []protocol.Shown {
	i := slices.IndexFunc(a.found, func(s protocol.Shown) bool { return s.ID == a.ID })
	if i < 0 {
		return nil
	}
	return a.found[i : i+1 : i+1]
}

// closedToUs reports whether the API rejects the key or asked us to wait.
func (a *asked) closedToUs() bool {
	r := ResultOf(a.err)
	return r == protocol.Denied || r == protocol.NotSent
}

// reason returns why the question has no complete answer; nil if it has one.
func (a *asked) reason() error {
	if a.err == nil && a.unidentified {
		return &Error{Op: "look up " + text.Line(a.Alias, maxOpRunes), Result: protocol.Incomplete, FromAPI: true, Err: errUnidentified}
	}
	return a.err
}

func (a *asked) answer(began time.Time) protocol.Answer {
	err := a.reason()
	answer := protocol.Answer{Began: began, ByID: a.byID}
	if err == nil {
		answer.Result, answer.Found = protocol.Done, a.found
		return answer
	}
	answer.Result, answer.Found = protocol.Incomplete, a.known()
	if e, ok := errors.AsType[*Error](err); ok {
		answer.RetryAfter = e.RetryAfter
	}
	if a.closedToUs() {
		answer.Result = ResultOf(err)
	}
	return answer
}
