// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/alert24/otelcol-alert24/internal/preview"
)

// writeText writes the report for people.
func (r *report) writeText(out io.Writer, body bool) error {
	w := bufio.NewWriter(out)
	fmt.Fprintf(w, "Assumed: %s.\n", preview.Assumption)
	for _, note := range r.notes {
		fmt.Fprintf(w, "Note: %s.\n", note)
	}
	for i := range r.webhooks {
		fmt.Fprintln(w)
		r.webhooks[i].writeText(w, body)
	}
	return w.Flush()
}

func (h *webhook) writeText(w io.Writer, body bool) {
	noun := "alerts"
	if len(h.alerts) == 1 {
		noun = "alert"
	}
	fmt.Fprintf(w, "%s: %d %s\n", h.file, len(h.alerts), noun)
	shown := map[*preview.Incident]int{} // the alert whose lines say what the incident says
	sent := map[*preview.Call]bool{}
	for i := range h.alerts {
		a := &h.alerts[i]
		fmt.Fprintf(w, "\nAlert %d of %d\n", i+1, len(h.alerts))
		line(w, "alias", a.Alias)
		line(w, "status", a.Status)
		first, again := shown[a.Incident]
		switch {
		case a.Incident == nil:
			writeCall(w, a)
		case again:
			line(w, "incident", fmt.Sprintf("that of alert %d: one alias is one incident", first))
			writeCall(w, a)
		default:
			shown[a.Incident] = i + 1
			writeAlert(w, a)
		}
		if body && a.Call != nil && !sent[a.Call] {
			sent[a.Call] = true
			pretty := a.Call.Body.Clone()
			_ = pretty.Indent(jsontext.WithIndent("  ")) // it is JSON, or it could not have been read
			block(w, "body", string(pretty))
		}
	}
}

func writeAlert(w io.Writer, a *preview.Alert) {
	inc := a.Incident
	line(w, "severity", inc.Severity)
	line(w, "title", inc.Title)
	line(w, "tags", inc.Tags...)
	services := inc.AffectedServices
	if len(services) == 0 {
		services = []string{"none"}
	}
	line(w, "services", services...)
	if inc.AssignedTo != "" {
		line(w, "assigned to", inc.AssignedTo)
	}
	if inc.ImpactDescription != "" {
		line(w, "impact", strings.Split(inc.ImpactDescription, "\n")...)
	}
	writeCall(w, a)
	line(w, "notes", a.Notes...)
	if inc.Description != "" {
		block(w, "description", inc.Description)
	}
}

func writeCall(w io.Writer, a *preview.Alert) {
	call := "none"
	if a.Call != nil {
		call = a.Call.Method + " " + a.Call.Path
	}
	if a.Delay > 0 {
		call += " after " + a.Delay.String()
	}
	line(w, "call", call, "because "+a.Why)
}

// line writes a name and its values, one below the other.
func line(w io.Writer, name string, values ...string) {
	for i, value := range values {
		if i > 0 {
			name = ""
		}
		fmt.Fprintf(w, "  %-12s %s\n", name, value)
	}
}

// block writes a name, and a text below it.
func block(w io.Writer, name, text string) {
	fmt.Fprintf(w, "  %s\n", name)
	for text := range strings.SplitSeq(text, "\n") {
		if text != "" {
			text = "    " + text
		}
		fmt.Fprintln(w, text)
	}
}

type reportJSON struct {
	Assumption string        `json:"assumption"`
	Notes      []string      `json:"notes"`
	Webhooks   []webhookJSON `json:"webhooks"`
}

type webhookJSON struct {
	File   string      `json:"file"`
	Alerts []alertJSON `json:"alerts"`
}

// alertJSON is an alert. Without an incident it has no text, and without a call that is null.
type alertJSON struct {
	Alias             string `json:"alias"`
	Status            string `json:"status"`
	*preview.Incident `json:",inline"`
	Call              *callJSON `json:"call"`
	Why               string    `json:"why"`
	Notes             []string  `json:"notes"`
}

type callJSON struct {
	Method string         `json:"method"`
	Path   string         `json:"path"`
	After  string         `json:"after,omitempty"`
	Body   jsontext.Value `json:"body"`
}

// writeJSON writes the report for programs.
func (r *report) writeJSON(out io.Writer) error {
	doc := reportJSON{Assumption: preview.Assumption, Notes: r.notes}
	for _, h := range r.webhooks {
		hook := webhookJSON{File: h.file}
		for i := range h.alerts {
			hook.Alerts = append(hook.Alerts, newAlertJSON(&h.alerts[i]))
		}
		doc.Webhooks = append(doc.Webhooks, hook)
	}
	if err := json.MarshalWrite(out, doc, jsontext.WithIndent("  ")); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

func newAlertJSON(a *preview.Alert) alertJSON {
	j := alertJSON{Alias: a.Alias, Status: a.Status, Incident: a.Incident, Why: a.Why, Notes: a.Notes}
	if a.Call != nil {
		j.Call = &callJSON{Method: a.Call.Method, Path: a.Call.Path, Body: a.Call.Body}
		if a.Delay > 0 {
			j.Call.After = a.Delay.String()
		}
	}
	return j
}
