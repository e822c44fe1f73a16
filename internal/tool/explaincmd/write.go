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

// line adds a line: our own text, and then parts that may come from an alert. These are made printable, so that they cannot move the cursor.
func (p *page) line(ours string, parts ...string) {
	p.WriteString(ours + text.Printable(strings.Join(parts, "")) + "\n")
}

// fact adds a line with a name, unless the value is empty.
func (p *page) fact(name, value string) {
	if value != "" {
		p.line(fmt.Sprintf("  %-16s", name+":"), value)
	}
}

func write(out io.Writer, e *status.Explanation, s *status.Subject) error {
	p := &page{now: e.Now}
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
	switch subject := cmp.Or(s.Alias, "these labels"); {
	case !e.Known():
		p.line("The bridge knows nothing of ", subject, ".")
		p.notices("What the bridge could not use lately:", e.Notices)
		p.unheard(e.Trouble)
	case len(e.Entries) == 0:
		p.line("There is no incident for ", subject, ".")
		p.notices(noIncident, e.Notices)
	case len(e.Notices) > 0 && s.Alias == "":
		p.notices(noIncident, e.Notices)
	}
	if w := e.Webhooks; w != nil {
		p.line("Webhooks: last accepted ", p.last(w.LastAccepted), ", last refused ", p.last(w.LastRefused))
	}
	_, err := io.WriteString(out, p.String())
	return err
}

// troubles come first: they stop every alert.
func (p *page) troubles(all []status.Trouble) {
	for _, t := range all {
		until := ""
		if !t.Until.IsZero() {
			until = " until " + p.clock(t.Until)
		}
		p.line("! ", t.Text, until)
	}
	if len(all) > 0 {
		p.line("")
	}
}

// unheard says what to do about an alert that never came, unless it may wait in the inbox.
func (p *page) unheard(all []status.Trouble) {
	if slices.ContainsFunc(all, func(t status.Trouble) bool { return t.Kind == status.NoLeader || t.Kind == status.InInbox }) {
		return
	}
	p.line("It never heard of it, or forgot it since it closed. See that Alertmanager routes the alert to the bridge, and that the name is right:")
	p.line("`alert24tool render` shows the alias of each alert in a webhook.")
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
		p.line("  and ", strconv.Itoa(e.MoreAlerts), " more alerts")
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
	switch fire := fmt.Sprintf("%d of %d fire", e.Firing, e.Members); {
	case e.Held > 0 && e.Firing == 0:
		return fmt.Sprintf("%d held", e.Held)
	case e.Held > 0:
		return fmt.Sprintf("%s, %d held", fire, e.Held)
	default:
		return fire
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
	case started != "":
		when = " since " + started
	}
	if !a.HeldUntil.IsZero() {
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

// content says what an update or a create would send.
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
		if !n.AcceptedSince.IsZero() {
			times += ", accepted again since " + p.clock(n.AcceptedSince)
		}
		p.line("    ", p.clock(n.Last), " ", n.Alias, " ", string(n.Kind), ": ", n.Text, until, from, times)
	}
}

// since is a time and how long ago it was.
func (p *page) since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format(time.DateTime) + " (" + status.Span(p.now.Sub(t)) + ")"
}

// last is when something last happened.
func (p *page) last(t time.Time) string {
	if t.IsZero() {
		return "never since the start"
	}
	return "at " + p.clock(t)
}

// clock is the time of the day, with the date if that is another one.
func (p *page) clock(t time.Time) string {
	if p.now.Sub(t).Abs() > 20*time.Hour {
		return t.Local().Format(time.DateTime)
	}
	return t.Local().Format(time.TimeOnly)
}

func reason(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}
