// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"slices"
	"time"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// due are the fields whose desired value changed since they were written, and that are ours to write.
func (e *Entry) due(want *Content) (s FieldSet) {
	for f, news := range want.News {
		field := incident.Field(f)
		if news != 0 && news != e.Written.News[f] && e.mayWrite(field, want) {
			s |= Fields(field)
		}
	}
	return s
}

// mayWrite: what a person edited stays, but for a severity that rises above all that was written.
func (e *Entry) mayWrite(f incident.Field, want *Content) bool {
	return !e.Written.Theirs.Has(f) || f == incident.FieldSeverity && want.Severity > e.Written.Peak
}

// Patch returns the fields that an update sends to an incident that shows before: those that alerts changed and, if there are
// any, those whose text moved by itself. Fields that a person edited are left out.
func Patch(e *Entry, want Content, before Shown, form Form) FieldSet {
	n := e.copy()
	if before.Seen {
		n.recognise(&before, true)
	}
	differs := func(f incident.Field) bool { return want.Sent[f] != before.Fields[f] }
	var write, moved FieldSet
	due := n.due(&want)
	for f := range incident.NumFields {
		switch {
		case !form.Fields().Has(f) || !differs(f):
		case due.Has(f):
			if n.Written.Theirs.Has(f) && severityOf(before.Fields[f]) > want.Severity {
				continue // a person made it worse than that
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

// updated learns an update that was carried out, or for which there was no need.
func (p *Policy) updated(n *Entry, c Call, a Answer, now time.Time) (*Entry, Lesson) {
	if a.Before.Seen {
		if !a.Before.Open {
			p.closed(n, c)
			return n, FoundClosed
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
			return n, FoundClosed
		}
		n.unseen(a.Incident, now)
	}
	if a.Before.Seen || a.Incident.Seen {
		n.ConfirmedAt = now
	}
	return n, Updated
}

// recognise works out what of an incident that is shown is ours, field by field: the newest unanswered content that it shows;
// else, of an incident that we know, what it showed after our write, or a person's edit; else what all unanswered
// calls wrote. It changes n, which the caller owns.
func (n *Entry) recognise(f *Shown, known bool) {
	w := n.Written
	var oldest Content
	if len(n.Unsure) > 0 {
		oldest = n.Unsure[0]
	}
	if !known {
		w = Written{}
	}
	for i, shown := range f.Fields {
		field := incident.Field(i)
		switch sent := n.sent(field, shown); {
		case shown == 0 && known:
		case sent != nil:
			w.News[i], w.Shown[i] = sent.News[i], shown
			if field == incident.FieldSeverity {
				w.Peak = max(w.Peak, sent.Severity)
			}
		case !known:
			w.News[i], w.Shown[i] = 0, shown
			if f.ID != n.Incident.ID {
				w.News[i] = n.agreed(field) // one of them made it
			}
			if shown != 0 {
				w.Cleaned |= Fields(field) // perhaps
			}
			if field == incident.FieldSeverity {
				w.Peak = max(oldest.Severity, severityOf(shown)) // people were called for it
			}
		case w.Shown[i] == 0:
			w.Shown[i] = shown
		case w.Shown[i] == shown:
		case n.mayHaveSent(field):
			w.News[i], w.Shown[i] = 0, shown // which of them cannot be told: it is written again
		default:
			w.Theirs |= Fields(field)
		}
	}
	n.Written = w
}

// agreed is the news that all unanswered calls wrote into a field; 0 if they differ, so that it is written again.
func (n *Entry) agreed(f incident.Field) uint64 {
	var news uint64
	for i := range n.Unsure {
		if i > 0 && n.Unsure[i].News[f] != news {
			return 0
		}
		news = n.Unsure[i].News[f]
	}
	return news
}

// mayHaveSent: an unanswered call may explain any text: its content is not known, or Alert24 cleans what it says.
func (n *Entry) mayHaveSent(f incident.Field) bool {
	return slices.ContainsFunc(n.Unsure, func(c Content) bool { return c == Content{} || n.Written.Cleaned.Has(f) && c.Sent[f] != 0 })
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
			switch shown {
			case 0:
			case c.Sent[i]:
				w.Cleaned &^= Fields(field)
			default:
				w.Cleaned |= Fields(field)
			}
		}
	}
}

// sent returns the newest unanswered content in which a field was sent as it is shown; nil if there is none.
func (n *Entry) sent(f incident.Field, shown uint64) *Content {
	for i := len(n.Unsure) - 1; i >= 0; i-- {
		if shown != 0 && n.Unsure[i].Sent[f] == shown {
			return &n.Unsure[i]
		}
	}
	return nil
}

// Titles are hashes of the titles under which an incident of the alias may be found that shows no mark of ours. All says that
// any title may be: a call left whose content is not known.
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
