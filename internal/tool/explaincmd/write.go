// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package explaincmd

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// page collects the lines of a report.
type page struct {
	strings.Builder

	now time.Time
}

// line adds a line: our own text, and parts that may come from an alert. The parts are made printable, so they cannot move the
// cursor.
func (p *page) line(ours string, parts ...string) {
	p.WriteString(ours + text.Printable(strings.Join(parts, "")) + "\n")
}

// fact adds a named value, unless it is empty.
func (p *page) fact(name, value string) {
	if value != "" {
		p.line(fmt.Sprintf("  %-16s", name+":"), value)
	}
}

func write(out io.Writer, e *status.Explanation, s *status.Subject) error {
	p := &page{now: e.Now}
	if e.DryRun {
		p.line("! This is a dry run: nothing is sent to Alert24, and nobody is paged.")
		p.line("  Do: remove dry_run from the exporter's configuration")
		p.line("")
	}
	p.troubles(e.Trouble)
	for i := range e.Entries {
		if i > 0 {
			p.line("")
		}
		p.entry(&e.Entries[i])
	}
	if e.More {
		p.line("There are more aliases with these labels: add labels.")
	}
	p.nothing(e, cmp.Or(s.Alias, "these labels"), s.Alias == "")
	p.webhooks(&e.Webhooks)
	if e.Do != nil {
		p.line("Do: ", e.Do.String())
		if e.Do.Command != "" {
			p.line("    ", e.Do.Command)
		}
	}
	_, err := io.WriteString(out, p.String())
	return err
}

// troubles writes the troubles of the bridge. They come first because they may be the reason.
func (p *page) troubles(all []status.Trouble) {
	for i := range all {
		p.line("! ", status.Localize(all[i].Text, p.clock))
		if all[i].Do != nil {
			p.line("  Do: ", all[i].Do.String())
		}
	}
	if len(all) > 0 {
		p.line("")
	}
}

// nothing explains why alerts of the subject have no incident.
func (p *page) nothing(e *status.Explanation, subject string, labels bool) {
	switch {
	case !e.Known():
		p.line("The bridge knows nothing of ", subject, ": not heard of since the start at ", p.clock(e.Webhooks.Since), ", or forgotten since its incident closed.")
		p.line("What was ignored or refused before the start is in the log only.")
		if e.DidYouMean != "" {
			p.line("Did you mean ", e.DidYouMean, "?")
		}
		p.notices("What the bridge could not use lately:", e.Notices)
	case len(e.Entries) == 0:
		p.line("There is no incident for ", subject, ".")
		p.notices(noIncident, e.Notices)
	case len(e.Notices) > 0 && labels:
		p.notices(noIncident, e.Notices)
	}
}

// webhooks says when the last webhooks came.
func (p *page) webhooks(w *status.Webhooks) {
	refused := ", last refused at " + p.clock(w.LastRefused)
	switch {
	case w.LastAccepted.IsZero() && w.LastRefused.IsZero():
		p.line("Webhooks: none has come since the start at ", p.clock(w.Since))
	case w.LastAccepted.IsZero():
		p.line("Webhooks: none accepted since the start at ", p.clock(w.Since), refused)
	case w.LastRefused.IsZero():
		p.line("Webhooks: last accepted at ", p.clock(w.LastAccepted), ", none refused since the start at ", p.clock(w.Since))
	default:
		p.line("Webhooks: last accepted at ", p.clock(w.LastAccepted), refused)
	}
}

func (p *page) entry(e *status.Entry) {
	p.line("", e.Alias)
	p.fact("State", e.State.String(p.now))
	p.fact("Title", e.Title)
	p.fact("Severity", e.Severity)
	p.fact("Incident", incident(&e.Incident))
	p.fact("Alerts", alerts(e))
	p.fact("Since", p.since(e.Since))
	p.fact("Pending since", p.since(e.PendingSince))
	p.fact("Next", p.next(e.Next))
	p.fact("Also open", strings.Join(e.Extra, ", "))
	p.fact("Another tool's", e.Foreign)
	for i := range e.Alerts {
		p.alert(&e.Alerts[i])
	}
	if e.MoreAlerts > 0 {
		p.line("  and ", strconv.Itoa(e.MoreAlerts), " more")
	}
	if len(e.Results) > 0 {
		p.line("  Last calls:")
	}
	for _, r := range e.Results {
		p.line("    ", p.clock(r.At), "  ", r.Call, " ", r.Result, reason(r.Text), reason(r.Reason))
	}
	p.content(e)
	p.notices(noIncident, e.Notices)
}

func alerts(e *status.Entry) string {
	switch firing := fmt.Sprintf("%d of %d firing", e.Firing, e.Members); {
	case e.Held > 0 && e.Firing == 0:
		return fmt.Sprintf("%d held", e.Held)
	case e.Held > 0:
		return fmt.Sprintf("%s, %d held", firing, e.Held)
	default:
		return firing
	}
}

func incident(i *status.Incident) string {
	if i.ID == "" {
		return "none is known"
	}
	return strings.TrimSpace(i.Name() + ", " + i.State + "  " + i.Link)
}

func (p *page) next(n *status.Next) string {
	if n == nil {
		return ""
	}
	return n.String(p.now)
}

func (p *page) alert(a *status.Alert) {
	when := ""
	switch started := p.since(a.StartsAt); {
	case a.State == "resolved" && !a.ResolvedAt.IsZero():
		when = " at " + p.clock(a.ResolvedAt)
		if started != "" {
			when += ", fired since " + p.clock(a.StartsAt)
		}
	case a.State == "resolving" && started != "":
		when = ", fired since " + started
	case started != "":
		when = " since " + started
	}
	if a.HeldUntil.After(p.now) {
		when += ", waits until " + p.clock(a.HeldUntil)
	}
	p.line("  - ", a.State, when)
	var pairs []string
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		pairs = append(pairs, name+"="+strconv.Quote(a.Labels[name]))
	}
	if len(pairs) > 0 {
		p.line("    ", strings.Join(pairs, " "))
	}
}

// content writes what a create or update would send.
func (p *page) content(e *status.Entry) {
	if e.Content == nil {
		return
	}
	p.line("  The incident should say:")
	became := map[string]status.FieldState{}
	for _, f := range e.Fields {
		became[f.Name] = f.State
	}
	field := func(name, value string) {
		if state := became[name]; value != "" && state != "" && state != status.FieldWritten {
			value += "  (" + string(state) + ")"
		}
		if value != "" {
			p.line(fmt.Sprintf("    %-19s", name), value)
		}
	}
	field("title", e.Content.Title)
	field("severity", e.Content.Severity)
	field("description", strings.ReplaceAll(e.Content.Description, "\n", " ↵ "))
	field("tags", strings.Join(e.Content.Tags, ", "))
	field("affected_services", strings.Join(e.Content.AffectedServices, ", "))
	field("impact_description", e.Content.ImpactDescription)
	field("assigned_to", e.Content.AssignedTo)
}

const noIncident = "Why alerts had no incident:"

func (p *page) notices(title string, notices []status.Notice) {
	if len(notices) > 0 {
		p.line("  " + title)
	}
	for i := range notices {
		n := &notices[i]
		until, times, from := "", "", ""
		if !n.Until.IsZero() {
			until = ", until " + p.clock(n.Until)
		}
		if n.From != "" {
			from = ", from " + n.From
		}
		if n.Count > 1 {
			times = fmt.Sprintf(" (%d times since %s)", n.Count, p.clock(n.First))
		}
		p.line("    ", p.clock(n.Last), " ", n.Alias, " ", string(n.Kind), ": ", n.Text, until, from, times)
	}
}

// since returns a time and how long ago it was.
func (p *page) since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime) + " (" + status.Span(p.now.Sub(t)) + ")"
}

// clock returns the time of day, with the date if it is another day.
func (p *page) clock(t time.Time) string { return status.Clock(t, p.now) }

func reason(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}
