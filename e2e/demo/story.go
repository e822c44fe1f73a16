// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// stepTimeout bounds each step. With Alertmanager's timers, a step takes one to three seconds.
const stepTimeout = 30 * time.Second

const (
	title       = "High error rate on "
	description = "Error rate is %s on %s (job: api-service)"
	severity    = "critical"
)

// story is the story of two alerts.
type story struct {
	bridge *harness.Bridge
	out    io.Writer
	id     string // of the open incident, once known
	former string // id of the previous incident
}

// highErrorRate is the alert on an instance.
func highErrorRate(instance string) harness.Alert {
	return harness.Alert{
		Labels: map[string]string{
			"alertname": "HighErrorRate", "instance": instance, "job": "api-service",
			"severity": "critical", "team": "backend",
		},
		Annotations: map[string]string{
			"summary":       title + instance,
			"description":   fmt.Sprintf(description, "8.3%", instance),
			"runbook_url":   "https://wiki.example.com/runbooks/high-error-rate",
			"dashboard_url": "https://grafana.example.com/d/api-service?var-instance=" + instance,
		},
		StartsAt:     now(),
		GeneratorURL: "http://prometheus.example.com:9090/graph?g0.expr=rate%28x%5B5m%5D%29+%3E+0.05&g0.tab=1",
	}
}

// play fires an alert, fires it again with other numbers, and resolves it. Another alert ends while it is silenced.
func (s *story) play(ctx context.Context) error {
	alert := highErrorRate("api-01.prod")
	fmt.Fprintf(s.out, "\n1. HighErrorRate fires on api-01.prod: 8.3%% of the requests fail\n")
	if err := s.send(ctx, alert, expectation{status: "new", says: "8.3%"}); err != nil {
		return err
	}

	fmt.Fprintf(s.out, "\n2. It fires again, now with 12.1%%\n")
	alert.Annotations["description"] = fmt.Sprintf(description, "12.1%", "api-01.prod")
	if err := s.send(ctx, alert, expectation{id: s.id, status: "new", says: "12.1%"}); err != nil {
		return err
	}

	fmt.Fprintf(s.out, "\n3. It resolves\n")
	alert.EndsAt = now()
	if err := s.send(ctx, alert, expectation{id: s.id, status: "resolved", says: "12.1%", resolvedAt: alert.EndsAt}); err != nil {
		return err
	}

	s.former, s.id = s.id, ""
	return s.playSilenced(ctx, highErrorRate("api-02.prod"))
}

// playSilenced silences an alert and then ends it. Alertmanager sends nothing about that.
func (s *story) playSilenced(ctx context.Context, alert harness.Alert) error {
	fmt.Fprintf(s.out, "\n4. HighErrorRate fires on api-02.prod. Jane silences it and repairs the service: Alertmanager never sends the resolve\n")
	if err := s.send(ctx, alert, expectation{status: "new", says: "8.3%"}); err != nil {
		return err
	}
	if err := s.bridge.Alertmanager.Silence(ctx, "api-02.prod", "jane"); err != nil {
		return err
	}
	err := harness.Await(ctx, stepTimeout, func(context.Context) error {
		if !strings.Contains(s.bridge.Collector.Log(), `"created_by": "jane"`) {
			return fmt.Errorf("%w: the bridge does not know of the silence", errNotYet)
		}
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "   The bridge asks Alertmanager each second: jane silences the alert, and it fires\n")
	alert.EndsAt = now()
	return s.send(ctx, alert, expectation{id: s.id, status: "resolved", says: "8.3%"})
}

// now returns the time in milliseconds, like the API's times.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// send posts the alert to Alertmanager and waits until the API shows the expected incident.
func (s *story) send(ctx context.Context, alert harness.Alert, want expectation) error {
	if err := s.bridge.Alertmanager.Post(ctx, alert); err != nil {
		return err
	}
	want.title, want.former = alert.Annotations["summary"], s.former
	var found harness.Incident
	err := harness.Await(ctx, stepTimeout, func(ctx context.Context) error {
		incidents, err := s.bridge.Sandbox.List(ctx)
		if err != nil {
			return err
		}
		found, err = want.check(incidents)
		return err
	})
	if err != nil {
		return err
	}
	s.id = found.ID
	end := "the alert's end"
	if want.resolvedAt.IsZero() {
		end = "when Alertmanager first did not list the alert any more"
	}
	show(s.out, found, end)
	return nil
}

func show(out io.Writer, i harness.Incident, end string) {
	fmt.Fprintf(out, "   incident %d  %s  %s  %q\n", i.Number, i.Status, i.Severity, i.Title)
	first, _, _ := strings.Cut(i.Description, "\n")
	fmt.Fprintf(out, "   id           %s\n   description  %s …\n", i.ID, first)
	if i.ResolvedAt != nil {
		fmt.Fprintf(out, "   resolved_at  %s, %s\n", i.ResolvedAt.Format(time.RFC3339Nano), end)
	}
}

// expectation is what the API should show after a step.
type expectation struct {
	id         string // of the incident; empty for a new one
	former     string // id of an incident to ignore
	title      string
	status     string
	says       string // part of the description
	resolvedAt time.Time
}

var errNotYet = errors.New("not yet")

// check returns the only incident. Its error is final if waiting cannot help.
func (e expectation) check(incidents []harness.Incident) (harness.Incident, error) {
	var none harness.Incident
	incidents = slices.DeleteFunc(slices.Clone(incidents), func(i harness.Incident) bool { return e.former != "" && i.ID == e.former })
	if len(incidents) == 0 {
		return none, fmt.Errorf("%w: no incident", errNotYet)
	}
	if len(incidents) > 1 {
		return none, harness.Final(fmt.Errorf("a second incident: there are %d", len(incidents)))
	}
	i := incidents[0]
	switch {
	case e.id != "" && i.ID != e.id:
		return none, harness.Final(fmt.Errorf("another incident: its id is %s, not %s", i.ID, e.id))
	case i.Title != e.title:
		return none, harness.Final(fmt.Errorf("the title is %q, not %q", i.Title, e.title))
	case i.Severity != severity:
		return none, harness.Final(fmt.Errorf("the severity is %s, not %s", i.Severity, severity))
	case i.Status != e.status:
		return none, fmt.Errorf("%w: the incident is %s, not %s", errNotYet, i.Status, e.status)
	case !strings.Contains(i.Description, e.says):
		return none, fmt.Errorf("%w: the description does not say %s: %q", errNotYet, e.says, i.Description)
	case e.resolvedAt.IsZero():
		return i, nil
	case i.ResolvedAt == nil || !i.ResolvedAt.Equal(e.resolvedAt):
		return none, harness.Final(fmt.Errorf("resolved_at is %v, not the alert's end %s", i.ResolvedAt, e.resolvedAt.Format(time.RFC3339Nano)))
	}
	return i, nil
}
