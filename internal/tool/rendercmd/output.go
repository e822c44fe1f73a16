// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package rendercmd

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/preview"
	"github.com/alert24/otelcol-alert24/internal/text"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

// maxSharing bounds the list of alerts of one call.
const maxSharing = 200

// writeText writes the report for people.
func (r *report) writeText(out io.Writer, body bool) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "Assumed: %s.\n", preview.Assumption)
	for _, note := range r.notes {
		fmt.Fprintf(w, "Note: %s.\n", note)
	}
	for _, f := range r.webhooks {
		fmt.Fprintln(w)
		t := textWriter{w: w, rules: r.rules, body: body, incidents: map[*preview.Incident]int{}, calls: map[*preview.Call]int{}, sharing: sharing(f)}
		t.file(f)
	}
	return w.Flush()
}

// sharing lists the numbers of the alerts of each call.
func sharing(f file) map[*preview.Call][]string {
	all := map[*preview.Call][]string{}
	for i := range f.Alerts {
		all[f.Alerts[i].Call] = append(all[f.Alerts[i].Call], strconv.Itoa(f.Alerts[i].Position+1))
	}
	return all
}

// textWriter writes one webhook.
type textWriter struct {
	w     io.Writer
	rules []string
	body  bool
	// incidents and calls are written once. The values are the numbers of the alerts under which they appear.
	incidents map[*preview.Incident]int
	calls     map[*preview.Call]int
	// sharing has the numbers of all alerts of a call.
	sharing map[*preview.Call][]string
}

func (t *textWriter) file(f file) {
	total := len(f.Alerts) + f.Skipped
	fmt.Fprintf(t.w, "%s: %s\n", f.name, text.Count(total, "alert", "alerts"))
	for _, note := range f.Notes {
		fmt.Fprintf(t.w, "Note: %s.\n", note)
	}
	for i := range f.Alerts {
		a := &f.Alerts[i]
		fmt.Fprintf(t.w, "\nAlert %d of %d\n", a.Position+1, total)
		t.line("alias", a.Alias, "by "+ruleName(a, t.rules))
		t.line("status", a.Status)
		t.line("severity", a.Severity.Severity.String(), "from "+a.Severity.From)
		t.line("notes", a.Notes...)
		t.incident(a, a.Position+1)
	}
}

// ruleName returns the alias rule that matched an alert.
func ruleName(a *preview.Alert, rules []string) string {
	if a.Rule == 0 {
		return "alias::labels"
	}
	return fmt.Sprintf("alias::rules::%d: %s", a.Rule-1, rules[a.Rule-1])
}

func (t *textWriter) incident(a *preview.Alert, number int) {
	switch first := t.incidents[a.Incident]; {
	case a.Incident == nil:
		t.call(a, number)
	case first != 0:
		t.line("incident", fmt.Sprintf("that of alert %d: one alias is one incident", first))
		t.call(a, number)
	default:
		t.incidents[a.Incident] = number
		t.content(a.Incident, a.Severity.Severity)
		t.call(a, number)
		t.line("notes", a.Incident.Notes...)
		if a.Incident.Description != "" {
			t.block("description", a.Incident.Description)
		}
	}
	if t.body && t.calls[a.Call] == number {
		pretty := a.Call.Body.Clone()
		_ = pretty.Indent(jsontext.WithIndent("  ")) // the body is JSON
		t.block("body", string(pretty))
	}
}

// content writes the content of an incident without its description.
func (t *textWriter) content(inc *preview.Incident, own incident.Severity) {
	if inc.Severity != own {
		t.line("incident", fmt.Sprintf("severity %s: that of its worst alert", inc.Severity))
	}
	t.line("title", inc.Title)
	t.line("tags", inc.Tags...)
	services := inc.AffectedServices
	if len(services) == 0 {
		services = []string{"none"}
	}
	t.line("services", services...)
	if inc.AssignedTo != "" {
		t.line("assigned to", inc.AssignedTo)
	}
	if inc.ImpactDescription != "" {
		t.line("impact", strings.Split(inc.ImpactDescription, "\n")...)
	}
}

func (t *textWriter) call(a *preview.Alert, number int) {
	if a.Call == nil {
		t.line("call", "none", "because "+a.Why)
		return
	}
	if first := t.calls[a.Call]; first != 0 {
		t.line("call", fmt.Sprintf("that of alert %d: the alerts of one alias share a call", first))
		return
	}
	t.calls[a.Call] = number
	call := a.Call.Method + " " + a.Call.Path
	if a.Delay > 0 {
		call += " after " + a.Delay.String()
	}
	lines := []string{call, "because " + a.Why}
	if sharers := t.sharing[a.Call]; len(sharers) > 1 {
		lines = append(lines, fmt.Sprintf("shared by alerts %s, which have one alias", text.Line(strings.Join(sharers, ", "), maxSharing)))
	}
	t.line("call", lines...)
}

// line writes a name and its values, one per line. It leaves out what commands a terminal.
func (t *textWriter) line(name string, values ...string) {
	for i, value := range values {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(t.w, "  %-12s %s\n", name, text.Lines(value))
	}
}

// block writes a name, and a text below it.
func (t *textWriter) block(name, body string) {
	fmt.Fprintf(t.w, "  %s\n", name)
	for line := range strings.SplitSeq(text.Lines(body), "\n") {
		if line != "" {
			line = "    " + line
		}
		fmt.Fprintln(t.w, line)
	}
}

type reportJSON struct {
	Assumption string        `json:"assumption"`
	Notes      []string      `json:"notes"`
	Webhooks   []webhookJSON `json:"webhooks"`
}

type webhookJSON struct {
	File   string      `json:"file"`
	Notes  []string    `json:"notes"`
	Alerts []alertJSON `json:"alerts"`
}

// alertJSON is an alert. Its incident and its call are null if there are none.
type alertJSON struct {
	Position     int           `json:"position"` // the first is 0
	Alias        string        `json:"alias"`
	AliasRule    string        `json:"alias_rule"`
	Status       string        `json:"status"`
	Severity     string        `json:"severity"`
	SeverityFrom string        `json:"severity_from"`
	IgnoredBy    string        `json:"ignored_by,omitempty"` // the key or annotation
	Incident     *incidentJSON `json:"incident"`
	Call         *callJSON     `json:"call"`
	Why          string        `json:"why"`
	Notes        []string      `json:"notes"`
}

type incidentJSON struct {
	Title             string   `json:"title"`
	Severity          string   `json:"severity"`
	Tags              []string `json:"tags"`
	AffectedServices  []string `json:"affected_services"`
	AssignedTo        string   `json:"assigned_to"`
	ImpactDescription string   `json:"impact_description"`
	Description       string   `json:"description"`
}

// callJSON is a call. If alerts of one alias share it, SharedWith is the position of the first of them.
type callJSON struct {
	Method     string         `json:"method"`
	Path       string         `json:"path"`
	Delay      string         `json:"delay,omitempty"`
	SharedWith *int           `json:"shared_with,omitempty"`
	Body       jsontext.Value `json:"body"`
}

// writeJSON writes the report for programs.
func (r *report) writeJSON(out io.Writer) error {
	doc := reportJSON{Assumption: preview.Assumption, Notes: r.notes}
	for _, f := range r.webhooks {
		hook := webhookJSON{File: f.name, Notes: f.Notes}
		calls := map[*preview.Call]*int{}
		for i := range f.Alerts {
			hook.Alerts = append(hook.Alerts, r.alertJSON(&f.Alerts[i], calls))
		}
		doc.Webhooks = append(doc.Webhooks, hook)
	}
	return cli.WriteJSON(out, doc)
}

func (r *report) alertJSON(a *preview.Alert, calls map[*preview.Call]*int) alertJSON {
	j := alertJSON{
		Position: a.Position, Alias: a.Alias, AliasRule: ruleName(a, r.rules), Status: a.Status,
		Severity: a.Severity.Severity.String(), SeverityFrom: a.Severity.From, IgnoredBy: a.Severity.IgnoredBy, Why: a.Why, Notes: a.Notes,
	}
	if inc := a.Incident; inc != nil {
		j.Notes = append(j.Notes, inc.Notes...)
		j.Incident = &incidentJSON{
			Title: inc.Title, Severity: inc.Severity.String(), Tags: inc.Tags, AffectedServices: inc.AffectedServices,
			AssignedTo: inc.AssignedTo, ImpactDescription: inc.ImpactDescription, Description: inc.Description,
		}
	}
	if a.Call != nil {
		j.Call = &callJSON{Method: a.Call.Method, Path: a.Call.Path, SharedWith: calls[a.Call], Body: a.Call.Body}
		if calls[a.Call] == nil {
			calls[a.Call] = &a.Position
		}
		if a.Delay > 0 {
			j.Call.Delay = a.Delay.String()
		}
	}
	return j
}
