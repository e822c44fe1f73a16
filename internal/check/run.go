// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package check asks the API of an Alert24 the questions that the documentation leaves open. It opens test incidents under an
// alias of its own and closes them. Each answer is a [Finding]: what was expected, what was seen, and which setting to change.
//
// It may import alert24, incident, protocol and text. Start with run.go, which has the order of the questions. api.go makes
// requests, shape.go reads the form of answers, cleanup.go closes the test incidents.
package check

import (
	"context"
	"net/http"
	"slices"
	"time"

	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/text"
)

// Options say what to ask and how.
type Options struct {
	// HTTP has the TLS, the proxy and the authentication of the exporter's configuration.
	HTTP      *http.Client
	Endpoint  string
	Key       configopaque.String // empty: HTTP authenticates
	UserAgent string
	Timeout   time.Duration // of one request
	// Alias and Severity are those of the test incidents.
	Alias    string
	Severity string
	// Incident and PerSecond come from the exporter's configuration.
	Incident  incident.Config
	PerSecond float64
	// Confirm is called before the first write. An error ends the check.
	Confirm func(ctx context.Context) error
	// Found receives each finding at once.
	Found func(Finding)
	Now   func() time.Time
	// Sleep waits, and returns false if ctx ended first.
	Sleep func(ctx context.Context, d time.Duration) bool
}

// cleanupTimeout bounds closing the test incidents, also after Ctrl-C.
const cleanupTimeout = 45 * time.Second

const (
	statusAcknowledged = "acknowledged"
	statusResolved     = "resolved"
	statusPostmortem   = "postmortem"
)

// run is the state of one check.
type run struct {
	o      *Options
	api    *api
	report Report
	opened []*opened
	unsure bool // a create without a certain answer
	// dropped are the optional fields that the API refuses in a create.
	dropped []string
	first   *opened
	shown   seen // the first incident, as it was created
	next    *opened
}

// opened is an incident that we opened.
type opened struct {
	id, number, title string
	closed            bool
}

// Run asks all questions, closes what it opened, and reports. It stops early if a step says why further questions would be useless.
func Run(ctx context.Context, o *Options) *Report {
	r := &run{o: o, api: &api{o: o}, report: Report{Endpoint: o.Endpoint, Alias: o.Alias, Began: o.Now(), Findings: []Finding{}, Opened: []string{}, LeftOpen: []Left{}}}
	steps := []func(context.Context){
		r.reach, r.readScope, r.services, r.confirm, r.create, r.again, r.get, r.list, r.lookup, r.filters,
		r.updates, r.rise, r.statuses, r.close, r.afterClose, r.closeAgain, r.postmortem, r.order, r.atOnce,
	}
	for _, step := range steps {
		if ctx.Err() != nil || r.report.Stopped != "" {
			break
		}
		step(ctx)
		if r.api.exhausted {
			r.report.Stopped = "the rate limit refuses each call: try again when nothing else uses the key"
		}
	}
	if ctx.Err() != nil {
		r.report.Stopped = "interrupted"
	}
	r.api.exhausted = false // the end and the cleanup try again
	r.rateLimit()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout)
	defer cancel()
	r.cleanup(end)
	for _, o := range r.opened {
		r.report.Opened = append(r.report.Opened, o.number)
	}
	r.report.Requests = r.api.requests
	return &r.report
}

// find reports a finding, unless it comes from what the rate limit refused.
func (r *run) find(f Finding) {
	if r.api.exhausted {
		return
	}
	f.Seen = text.Printable(f.Seen)
	r.report.Findings = append(r.report.Findings, f)
	if r.o.Found != nil {
		r.o.Found(f)
	}
}

// confirm asks for permission before the first write.
func (r *run) confirm(ctx context.Context) {
	if r.o.Confirm == nil {
		return
	}
	if err := r.o.Confirm(ctx); err != nil {
		r.report.Stopped = err.Error()
	}
}

// title returns the title of a test incident.
func (r *run) title(more string) string { return r.o.Alias + ": a test, please ignore" + more }

func (r *run) description(more string) string {
	return "alert24tool check asks what this Alert24 does. It closes this incident itself." + more + "\n\n" + incident.AliasLine(r.o.Alias)
}

// body returns the body of a create, as the exporter would send it.
func (r *run) body(more string) object {
	b := object{
		"title": r.title(more), "description": r.description(more), "severity": r.o.Severity, "alias": r.o.Alias,
		"tags": []string{incident.AliasTag(r.o.Alias), "alert24tool-check"}, "source": r.o.Incident.Source,
	}
	if r.o.Incident.InitialStatus != "" {
		b["status"] = r.o.Incident.InitialStatus
	}
	if r.o.Incident.SendLabels != incident.LabelsNever {
		b["labels"] = map[string]string{"alert24tool": "check"}
	}
	for _, field := range r.dropped {
		delete(b, field)
	}
	return b
}

// post sends a create and remembers its incident. If the create met an earlier incident, it is that one.
func (r *run) post(ctx context.Context, more string) (answer *reply, inc seen, which *opened) {
	answer = r.api.do(ctx, http.MethodPost, incidentsPath, r.body(more))
	inc = answer.incidentIn()
	return answer, inc, r.remember(answer, inc)
}

func (r *run) remember(answer *reply, inc seen) *opened {
	if inc.object == nil {
		r.unsure = r.unsure || answer.uncertain() || answer.ok()
		return nil
	}
	for _, known := range r.opened {
		if known.id == inc.text("id") {
			known.closed = inc.closed()
			return known
		}
	}
	fresh := &opened{id: inc.text("id"), number: text.Line(inc.number(), maxSaid), title: text.Line(inc.text("title"), maxSaid), closed: inc.closed()}
	r.opened = append(r.opened, fresh)
	return fresh
}

// put updates an incident of ours and reads it back.
func (r *run) put(ctx context.Context, which *opened, fields object) (answer *reply, after seen) {
	answer = r.api.do(ctx, http.MethodPut, which.path(), fields)
	after = r.read(ctx, which)
	return answer, after
}

// read reads an incident of ours by its id.
func (r *run) read(ctx context.Context, which *opened) seen {
	inc := r.api.do(ctx, http.MethodGet, which.path(), nil).incidentIn()
	if inc.object != nil && inc.text("status") != "" {
		which.closed = inc.closed()
	}
	return inc
}

// Level says how much a finding matters.
type Level string

// Levels, the least first.
const (
	OK      Level = "ok"      // as expected
	Note    Level = "note"    // not as expected, and the bridge copes with it
	Change  Level = "change"  // change a setting
	Problem Level = "problem" // no setting of the bridge helps against it
)

// Finding is the answer to one question.
type Finding struct {
	// Point names the question for scripts, Title for people.
	Point string `json:"point"`
	Title string `json:"title"`
	Level Level  `json:"level"`
	// Behaviour is one word for the behaviour of the API.
	Behaviour string `json:"behaviour"`
	Expected  string `json:"expected"`
	Seen      string `json:"seen"`
	// Change says which setting to change; empty if none.
	Change string `json:"change,omitempty"`
}

// Left is a test incident that could not be closed.
type Left struct {
	ID     string `json:"id,omitempty"`
	Number string `json:"number,omitempty"`
	Title  string `json:"title"`
	Why    string `json:"why"`
}

// Report has all findings. It holds no secret.
type Report struct {
	Endpoint string    `json:"endpoint"`
	Alias    string    `json:"alias"`
	Began    time.Time `json:"began"`
	Requests int       `json:"requests"`
	Findings []Finding `json:"findings"`
	// Stopped says why the check ended early; empty if it did not.
	Stopped string `json:"stopped,omitempty"`
	// Opened are the numbers of the test incidents.
	Opened   []string `json:"opened"`
	LeftOpen []Left   `json:"left_open"`
}

// Clean reports whether nothing needs attention.
func (r *Report) Clean() bool {
	bad := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Level == Change || f.Level == Problem })
	return !bad && r.Stopped == "" && len(r.LeftOpen) == 0
}
