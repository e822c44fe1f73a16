// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/preview"
)

// writeText writes the report for people.
func (r *report) writeText(out io.Writer, body bool) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "Assumed: %s.\n", preview.Assumption)
	for _, note := range r.notes {
		fmt.Fprintf(w, "Note: %s.\n", note)
	}
	for _, f := range r.webhooks {
		fmt.Fprintln(w)
		t := textWriter{w: w, rules: r.rules, body: body, incidents: map[*preview.Incident]int{}, calls: map[*preview.Call]int{}}
		t.file(f)
	}
	return w.Flush()
}

// textWriter writes one webhook.
type textWriter struct {
	w     io.Writer
	rules []string
	body  bool
	// incidents and calls are written once; the values are the numbers of the alerts where they are.
	incidents map[*preview.Incident]int
	calls     map[*preview.Call]int
}

func (t *textWriter) file(f file) {
	total, noun := len(f.Alerts)+f.Skipped, "alerts"
	if total == 1 {
		noun = "alert"
	}
	fmt.Fprintf(t.w, "%s: %d %s\n", f.name, total, noun)
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

// ruleName says which alias rule an alert took.
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

// content writes what an incident says, but for its description.
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
	t.line("call", call, "because "+a.Why)
}

// line writes a name and its values, one below the other.
func (t *textWriter) line(name string, values ...string) {
	for i, value := range values {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(t.w, "  %-12s %s\n", name, value)
	}
}

// block writes a name, and a text below it.
func (t *textWriter) block(name, text string) {
	fmt.Fprintf(t.w, "  %s\n", name)
	for text := range strings.SplitSeq(text, "\n") {
		if text != "" {
			text = "    " + text
		}
		fmt.Fprintln(t.w, text)
	}
}
