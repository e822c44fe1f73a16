// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package preview shows what a webhook would do. Like the receiver and the exporter, it decodes the webhook, makes records and events,
// applies the events and decides on the next call. It handles one alias at a time, with an incident manager that sends nothing. It is pure:
// it reads no clock, configuration or file. Start at [Preview.Webhook].
package preview

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/event"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/text"
	"github.com/alert24/otelcol-alert24/internal/watchdog"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// Assumption is what a preview assumes, because a webhook does not say what came before it.
const Assumption = "firing alerts have no incident yet, and resolved alerts have an open one"

// epoch stands for the random id of a receiver process.
const epoch = "preview"

// Options come from the configuration.
type Options struct {
	// Converter is the receiver's converter.
	Converter *webhook.Converter
	// Incident, Policy and Watchdogs belong to the exporter.
	Incident  incident.Config
	Policy    *protocol.Policy
	Watchdogs watchdog.Rules
	// Endpoint is the URL of the API.
	Endpoint string
}

// Preview answers one question at a time; it is not safe for concurrent use.
type Preview struct {
	Options

	renderer *incident.Renderer
	prefix   string // of paths
	notes    []string
}

// Webhook is the outcome of one webhook.
type Webhook struct {
	Alerts []Alert
	// Skipped counts further alerts that cannot be used.
	Skipped int
	// Notes are about the webhook as a whole, such as which alerts are skipped.
	Notes []string
}

// Alert is one alert of a webhook and its outcome.
type Alert struct {
	// Position is its index in the webhook, from 0.
	Position int
	Alias    string
	// Rule is the number of the alias rule that matched, from 1; 0 if none did.
	Rule   int
	Status string
	// Severity is the alert's own severity and its reason. The incident's severity can be worse.
	Severity incident.Explanation
	// Incident is the incident of the alias; nil if there is none.
	Incident *Incident
	// Call is the call that would be sent; nil if there is none. Alerts of one alias share a call.
	Call *Call
	// Why explains why there is a call, or none.
	Why string
	// Delay is how long the configuration holds back the call.
	Delay time.Duration
	// Notes are warnings about this alert alone, such as an unknown word.
	Notes []string

	watchdog bool // the alert is a watchdog
}

// Call is a request to Alert24. {id} in its path stands for an id that only Alert24 knows.
type Call struct {
	Method, Path string
	Body         jsontext.Value
}

// Incident is the content of an incident.
type Incident struct {
	incident.Content
	// Notes are warnings about its text, such as a failing template.
	Notes []string
}

// New returns an error if a part of the options cannot be used.
func New(o Options) (*Preview, error) {
	endpoint, err := url.Parse(o.Endpoint)
	if err != nil {
		return nil, err
	}
	p := &Preview{Options: o, prefix: strings.TrimRight(endpoint.Path, "/")}
	p.renderer, err = incident.NewRenderer(o.Incident,
		incident.WithTemplateFailed(func(key, _ string, err error) {
			p.note("A template failed on an alert; the default is used instead: key %s, error %v", key, err)
		}),
		incident.WithUnknownValue(func(key, value, _ string) {
			p.note("A label's value has no entry in the map; add one: key %s, value %s", key, value)
		}))
	return p, err
}

// note adds a note, unless it is there already.
func (p *Preview) note(format string, args ...any) {
	if note := text.Printable(fmt.Sprintf(format, args...)); !slices.Contains(p.notes, note) {
		p.notes = append(p.notes, note)
	}
}

func (p *Preview) takeNotes() []string {
	notes := p.notes
	p.notes = nil
	return notes
}

// Webhook returns the outcome for the alerts in body if the webhook comes at this time, see [Assumption].
func (p *Preview) Webhook(ctx context.Context, body []byte, now time.Time) (*Webhook, error) {
	hook, err := webhook.Decode(body)
	if err != nil {
		return nil, err
	}
	w := &Webhook{Skipped: hook.Skipped.Len()}
	switch {
	case w.Skipped > 0 && len(hook.Alerts) == 0:
		return nil, errors.New("no alert can be used: " + hook.Skipped.String())
	case w.Skipped > 0:
		w.Notes = append(w.Notes, fmt.Sprintf("alerts that cannot be used are skipped, %d in all: %s", w.Skipped, &hook.Skipped))
	}
	logs, cut := p.Converter.Logs(hook, &webhook.Delivery{Epoch: epoch, Arrival: 1, Received: now})
	if cut > 0 {
		w.Notes = append(w.Notes, fmt.Sprintf("the receiver's limits cut texts or leave them out, %d in all", cut))
	}
	w.Alerts = p.Records(ctx, logs, now)
	for i := range w.Alerts {
		from := &hook.Alerts[i]
		w.Alerts[i].Position, w.Alerts[i].Rule = from.Position, p.Converter.Alias(hook, from).Rule
	}
	return w, nil
}

// Records returns what the exporter does with each log record, see [Assumption]. It handles records of one alias together, because
// they share an incident.
func (p *Preview) Records(ctx context.Context, logs plog.Logs, now time.Time) []Alert {
	alerts := make([]Alert, 0, logs.LogRecordCount()) // never grows: the groups point into it
	var groups []*group
	byAlias := map[string]*group{}
	for record := range singly(logs) {
		alerts = append(alerts, Alert{Position: len(alerts)})
		a := &alerts[len(alerts)-1]
		ev, ok := p.read(record, a)
		if !ok {
			continue
		}
		g := byAlias[ev.Alias]
		if g == nil {
			g = &group{}
			groups, byAlias[ev.Alias] = append(groups, g), g
		}
		g.alerts, g.events = append(g.alerts, a), append(g.events, ev)
	}
	for _, g := range groups {
		p.answer(ctx, g, now)
	}
	return alerts
}

// read reads the event of a record, and reports whether the record may have an incident.
func (p *Preview) read(record plog.Logs, a *Alert) (ev protocol.Event, ok bool) {
	events, _, bad := event.Read(record, explaining{p.renderer, &p.Watchdogs, a})
	a.Notes = p.takeNotes()
	if bad.Count > 0 {
		a.Why = bad.First.Error()
		return ev, false
	}
	ev = events[0]
	a.Alias, a.Status = ev.Alias, attrs.StatusResolved
	if ev.Firing || ev.Heartbeat || ev.Ignored && !a.watchdog {
		a.Status = attrs.StatusFiring
	}
	if a.watchdog {
		a.Why = "it is a watchdog: it opens no incident, but its silence does"
		a.Severity.IgnoredBy = "watchdog::matchers"
		return ev, false
	}
	if a.Severity.Ignored != "" {
		a.Why = a.Severity.Ignored + ": it opens no incident, and one from before would close"
		return ev, false
	}
	return ev, true
}

// explaining stores how the rules judge an alert, and why it has its severity.
type explaining struct {
	*incident.Renderer
	*watchdog.Rules

	alert *Alert
}

// Severity implements [event.Rules].
func (e explaining) Severity(ls, annotations labels.Set, word string) incident.Severity {
	e.alert.Severity = e.Explain(ls, annotations, word)
	return e.Renderer.Severity(ls, annotations, word)
}

// Watch implements [event.Rules].
func (e explaining) Watch(ls labels.Set) (w protocol.Witness, is bool) {
	w, e.alert.watchdog = e.Rules.Watch(ls)
	return w, e.alert.watchdog
}

// singly yields each record separately, with its resource.
func singly(logs plog.Logs) iter.Seq[plog.Logs] {
	return func(yield func(plog.Logs) bool) {
		for _, rl := range logs.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, lr := range sl.LogRecords().All() {
					one := plog.NewLogs()
					to := one.ResourceLogs().AppendEmpty()
					rl.Resource().CopyTo(to.Resource())
					lr.CopyTo(to.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty())
					if !yield(one) {
						return
					}
				}
			}
		}
	}
}
