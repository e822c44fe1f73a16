// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// API is the part of the Alert24 client that the loop needs.
type API interface {
	Create(ctx context.Context, w alert24.Write) (alert24.Incident, error)
	Update(ctx context.Context, id string, w alert24.Write) (alert24.Incident, error)
	Get(ctx context.Context, id string) (alert24.Incident, error)
	List(ctx context.Context, opts alert24.ListOptions) (alert24.Page, error)
	// Dropped reports whether the API refused an optional field, so that incidents do not carry it.
	Dropped(field string) bool
}

// maxMinimalTitle bounds the title of a create that is tried once after its full content was refused.
const maxMinimalTitle = 100

// send carries out one call. Whatever happens is an answer.
func (r *Reconciler) send(ctx context.Context, e *ledger.Entry, c ledger.Call) (ledger.Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Timeout)
	defer cancel()
	var (
		inc alert24.Incident
		err error
	)
	switch c.Kind {
	case ledger.Create:
		inc, err = r.api.Create(ctx, r.createBody(e, c))
	case ledger.Update:
		inc, err = r.api.Update(ctx, c.ID, updateBody(r.ledger.Content(e)))
	case ledger.Close:
		inc, err = r.api.Update(ctx, c.ID, r.closeBody(e, c))
	default: // ledger.Reopen
		inc, err = r.api.Update(ctx, c.ID, alert24.Write{Status: "open"})
	}
	answer := answerOf(err)
	answer.Incident = found(inc)
	return answer, err
}

func (r *Reconciler) createBody(e *ledger.Entry, c ledger.Call) alert24.Write {
	content := r.ledger.Content(e)
	if c.Minimal {
		return alert24.Write{
			Title:    cut(content.Title, maxMinimalTitle),
			Severity: content.Severity.String(),
			Alias:    e.Alias,
			Tags:     []string{incident.AliasTag(e.Alias)},
		}
	}
	w := contentBody(content)
	w.Alias = e.Alias
	w.Source = content.Source
	w.Status = r.cfg.InitialStatus
	w.AssignedTo = content.AssignedTo // later it is people's to change
	return w
}

// updateBody has no status and no assignee, because what a person set wins.
func updateBody(c incident.Content) alert24.Write {
	w := contentBody(c)
	if !c.LabelsInUpdates {
		w.Labels = nil
	}
	return w
}

// contentBody is what creates and updates have in common.
func contentBody(c incident.Content) alert24.Write {
	return alert24.Write{
		Title:             c.Title,
		Description:       c.Description,
		Severity:          c.Severity.String(),
		Labels:            c.Labels,
		Tags:              c.Tags,
		AffectedServices:  c.AffectedServices,
		ImpactDescription: c.ImpactDescription,
	}
}

func (r *Reconciler) closeBody(e *ledger.Entry, c ledger.Call) alert24.Write {
	w := alert24.Write{Status: "resolved"}
	if c.Bare {
		return w
	}
	w.ResolvedAt = e.EndedAt()
	if c.ID != e.Incident.ID || w.ResolvedAt.IsZero() {
		w.ResolvedAt = r.now() // a second incident, or one that is closed to be opened again, ends now
	}
	return w
}

func cut(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes-1]) + "…"
	}
	return s
}

// answerOf classifies the client's error for the ledger.
func answerOf(err error) ledger.Answer {
	var a ledger.Answer
	switch alert24.Classify(err) {
	case alert24.Accepted:
		a.Verdict = ledger.Accepted
	case alert24.Gone:
		a.Verdict = ledger.Gone
	case alert24.Refused:
		a.Verdict = ledger.Refused
	case alert24.Denied:
		a.Verdict = ledger.Denied
	case alert24.RateLimited, alert24.NotSent:
		a.Verdict = ledger.NotSent
	default:
		a.Verdict = ledger.Unanswered
	}
	if e, ok := errors.AsType[*alert24.Error](err); ok {
		a.RetryAfter = e.RetryAfter
	}
	return a
}

func found(inc alert24.Incident) ledger.Found {
	return ledger.Found{
		ID: inc.ID, Number: inc.Number, Open: inc.Open(),
		CreatedAt: inc.CreatedAt, StartedAt: firstTime(inc.StartedAt, inc.CreatedAt),
	}
}

func firstTime(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}
