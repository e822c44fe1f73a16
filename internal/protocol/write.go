// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Due returns the fields whose desired value changed since they were written and that we may write.
func (e *Entry) Due(want *Content) (s FieldSet) {
	for f, news := range want.News {
		field := incident.Field(f)
		if news != 0 && news != e.Written.News[f] && e.mayWrite(field, want) {
			s |= Fields(field)
		}
	}
	return s
}

// mayWrite reports whether we may write a field. A person's edit stays, unless the severity rises above everything written.
func (e *Entry) mayWrite(f incident.Field, want *Content) bool {
	return !e.Written.Theirs.Has(f) || f == incident.FieldSeverity && want.Severity > e.Written.Peak
}

// Patch returns the fields that an update sends to an incident that shows before: those with news and, if there are any, those whose text
// changed by itself. It leaves out the fields that a person edited.
func Patch(e *Entry, want Content, before Shown, form Form) FieldSet {
	n := e.copy()
	if before.Seen {
		n.recognise(&before, true)
	}
	differs := func(f incident.Field) bool { return want.Sent[f] != before.Fields[f] }
	var write, moved FieldSet
	due := n.Due(&want)
	for f := range incident.NumFields {
		switch {
		case !form.Fields().Has(f) || !differs(f):
		case due.Has(f):
			if n.Written.Theirs.Has(f) && severityOf(before.Fields[f]) > want.Severity {
				continue // a person set a worse one
			}
			write |= Fields(f)
		case before.Fields[f] != 0 && want.News[f] != 0 && !n.Written.Theirs.Has(f):
			moved |= Fields(f)
		}
	}
	if write == 0 {
		return 0
	}
	return write | moved
}

// updated learns an update that was carried out or not needed.
func (p *Policy) updated(n *Timed, c Call, a Answer, now time.Time) Lesson {
	if a.Before.Seen {
		if !a.Before.Open {
			p.closed(n, c)
			return FoundClosed
		}
		n.recognise(&a.Before, true)
	}
	for f := range incident.NumFields {
		if c.Form.Fields().Has(f) {
			n.Written.News[f] = a.Sent.News[f] // written, or a person's
		}
	}
	n.Written.shows(&a.Incident, &a.Sent, a.Wrote)
	n.Written.Peak = max(n.Written.Peak, a.Sent.Severity) // or the incident shows as much
	if a.Wrote != 0 {
		if a.Incident.Seen && !a.Incident.Open {
			p.closed(n, c)
			return FoundClosed
		}
		n.unseen(a.Incident, now)
	}
	if a.Before.Seen || a.Incident.Seen {
		n.ConfirmedAt = now
	}
	return Updated
}

// recognise works out, field by field, what we wrote to the shown incident f. A field that shows the content of unanswered calls is from
// the newest of them. Any other field of a known incident is what it showed after our write, or a person's edit. Any other field of an
// unknown incident is what all unanswered calls wrote. It changes e, which the caller owns.
func (e *Entry) recognise(f *Shown, known bool) {
	w := e.Written
	var oldest Content
	if len(e.Unsure) > 0 {
		oldest = e.Unsure[0]
	}
	made := !known && e.made(f)
	if !known {
		w = Written{}
	}
	if !made {
		oldest = Content{}
	}
	for i, shown := range f.Fields {
		field := incident.Field(i)
		switch sent := e.sent(field, shown); {
		case shown == 0 && known:
		case sent != nil:
			w.News[i], w.Shown[i] = sent.News[i], shown
			if field == incident.FieldSeverity {
				w.Peak = max(w.Peak, sent.Severity)
			}
		case !known:
			w.News[i], w.Shown[i] = 0, shown
			if f.ID != e.Incident.ID && made {
				w.News[i] = e.agreed(field)
			}
			switch {
			case field == incident.FieldSeverity:
				w.Peak = max(oldest.Severity, severityOf(shown)) // people were paged for it
			case shown != 0:
				w.Cleaned |= Fields(field) // perhaps
			}
		case w.Shown[i] == 0 && !e.rewritten(field, w.News[i]):
			w.Shown[i] = shown
		case w.Shown[i] == shown:
		case w.Shown[i] == 0, e.mayHaveSent(field):
			w.News[i], w.Shown[i] = 0, shown // it is not clear which call: write it again
		default:
			w.Theirs |= Fields(field)
		}
	}
	e.Written = w
}

// made reports whether an unanswered call may have made the incident. An incident that is older than the doubt, or that shows neither the
// title nor the description of a call, was there before. If the server's clock is behind, a new incident counts as older and is written
// once more.
func (e *Entry) made(f *Shown) bool {
	if !f.CreatedAt.IsZero() && f.CreatedAt.Before(e.Doubt.Since) {
		return false
	}
	return e.sent(incident.FieldTitle, f.Fields[incident.FieldTitle]) != nil ||
		e.sent(incident.FieldDescription, f.Fields[incident.FieldDescription]) != nil ||
		slices.Contains(e.Unsure, Content{})
}

// agreed is the news that all unanswered calls wrote into a field; 0 if they differ, so that it is written again.
func (e *Entry) agreed(f incident.Field) uint64 {
	var news uint64
	for i := range e.Unsure {
		if i > 0 && e.Unsure[i].News[f] != news {
			return 0
		}
		news = e.Unsure[i].News[f]
	}
	return news
}

// mayHaveSent reports whether an unanswered call may explain any text of a field: its content is not known, or Alert24 cleans the field.
func (e *Entry) mayHaveSent(f incident.Field) bool {
	return slices.ContainsFunc(e.Unsure, func(c Content) bool { return c == Content{} || e.Written.Cleaned.Has(f) && c.Sent[f] != 0 })
}

// rewritten reports whether an unanswered call may have written something else than news into a field whose present text is not known. A
// severity is not cleaned, so it shows what was written.
func (e *Entry) rewritten(f incident.Field, news uint64) bool {
	return f != incident.FieldSeverity && slices.ContainsFunc(e.Unsure, func(c Content) bool { return c.Sent[f] != 0 && c.News[f] != news })
}

// severityOf is the severity with the hash, or 0.
func severityOf(hash uint64) incident.Severity {
	for s := incident.Low; s <= incident.Critical; s++ {
		if incident.HashText(s.String()) == hash {
			return s
		}
	}
	return 0
}

// shows notes what Alert24 shows of the fields that were written with c.
func (w *Written) shows(f *Shown, c *Content, wrote FieldSet) {
	for i, shown := range f.Fields {
		if field := incident.Field(i); wrote.Has(field) {
			w.Shown[i] = shown
			switch {
			case shown == 0:
			case shown == c.Sent[i], field == incident.FieldSeverity: // a severity is one of four words and not cleaned
				w.Cleaned &^= Fields(field)
			default:
				w.Cleaned |= Fields(field)
			}
		}
	}
}

// sent returns the newest unanswered content whose field is what the incident shows; nil if there is none.
func (e *Entry) sent(f incident.Field, shown uint64) *Content {
	for i := len(e.Unsure) - 1; i >= 0; i-- {
		if shown != 0 && e.Unsure[i].Sent[f] == shown {
			return &e.Unsure[i]
		}
	}
	return nil
}

// Titles returns hashes of the titles that an incident of the alias without a mark of ours may have. all: it may have any title, because
// the content of a call is not known.
func (e *Entry) Titles() (titles []uint64, all bool) {
	add := func(h uint64) {
		if h != 0 {
			titles = append(titles, h)
		}
	}
	add(e.Written.Shown[incident.FieldTitle])
	for i := range e.Unsure {
		h := e.Unsure[i].Sent[incident.FieldTitle]
		add(h)
		all = all || h == 0
	}
	return titles, all || e.Incident.State == Unknown
}
