// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package promise

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// scene is a collector and a sandbox, and the actions of a test.
type scene struct {
	*testing.T

	sandbox   *harness.Sandbox
	collector *harness.Collector
}

// play starts a scene with short timers, in parallel with the others.
func play(t *testing.T, w kit.World) *scene {
	t.Helper()
	t.Parallel()
	w.Set = append(kit.Quick(), w.Set...)
	s, c := kit.Start(t, w)
	t.Cleanup(func() {
		for _, r := range s.Requests() {
			if t.Failed() {
				t.Logf("%s %s %s: %d %s %s", r.Time.Format("05.000"), r.Method, r.Path, r.Status, r.Fault, r.Body)
			}
		}
	})
	return &scene{T: t, sandbox: s, collector: c}
}

const (
	set = "exporters.alert24."
	// audits makes audits so frequent that a test can wait for a few.
	audits = set + "lifecycle.audit_interval=200ms"
)

// fault makes requests fail until the fault is removed.
func (s *scene) fault(f sandbox.Fault) (id int) {
	s.Helper()
	id, err := s.sandbox.AddFault(f)
	require.NoError(s, err)
	return id
}

// applied waits until some fault was applied this many times.
func (s *scene) applied(times int) {
	s.Helper()
	kit.Eventually(s.T, func(context.Context) error {
		if n := s.sandbox.Stats().Faults; n < times {
			return fmt.Errorf("%d faults were applied", n)
		}
		return nil
	})
}

// deliver sends a webhook that the collector must accept.
func (s *scene) deliver(w kit.Webhook) {
	s.Helper()
	kit.Deliver(s.T, s.collector, w)
}

// restart kills the collector and starts it again.
func (s *scene) restart() {
	s.Helper()
	s.collector.Kill()
	require.NoError(s, s.collector.Start(s.Context()))
}

// metric waits until a gauge has a value. Gauges of the ledger may be a second old, so a value that the gauge had before proves
// nothing.
func (s *scene) metric(name string, want float64) {
	s.Helper()
	kit.RequireMetric(s.T, s.collector, "otelcol_exporter_alert24_"+name, want)
}

// learnt waits until the collector knows this many open incidents, a different number than before, and has nothing left to do.
func (s *scene) learnt(open int) {
	s.Helper()
	s.metric("open_incidents", float64(open))
	s.metric("pending_aliases", 0)
}

// counted waits until a counter has reached a value in one of the series with these labels.
func (s *scene) counted(name, labels string, atLeast float64) {
	s.Helper()
	kit.Eventually(s.T, func(ctx context.Context) error {
		found := kit.Scrape(ctx, s.T, s.collector)["otelcol_exporter_alert24_"+name]
		for of, value := range found {
			if strings.Contains(of, labels) && value >= atLeast {
				return nil
			}
		}
		return fmt.Errorf("%s{%s} has not reached %v: %v", name, labels, atLeast, found)
	})
}

// only waits until there is one incident and done accepts it.
func (s *scene) only(done func(sandbox.Incident) error) sandbox.Incident {
	s.Helper()
	return kit.OnlyIncident(s.T, s.sandbox, done)
}

// become waits until these are all incidents that ever existed, oldest first, by status and title.
func (s *scene) become(want ...string) {
	s.Helper()
	kit.Eventually(s.T, func(context.Context) error {
		var got []string
		for _, i := range s.sandbox.Incidents() {
			got = append(got, i.Status+" "+i.Title)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return fmt.Errorf("they are %q", got)
		}
		return nil
	})
}

// audited waits for this many further audits.
func (s *scene) audited(times int) {
	s.Helper()
	before := s.sent(http.MethodGet)
	kit.Eventually(s.T, func(context.Context) error {
		if n := s.sent(http.MethodGet); len(n) < len(before)+times+1 { // the first may have begun already
			return errors.New("no audit")
		}
		return nil
	})
}

// quiet waits until no request has come for a while.
func (s *scene) quiet() {
	s.Helper()
	kit.AtRest(s.T, s.sandbox, 0)
}

// sent returns the requests of a method so far.
func (s *scene) sent(method string) []sandbox.Request {
	var all []sandbox.Request
	for _, r := range s.sandbox.Requests() {
		if r.Method == method {
			all = append(all, r)
		}
	}
	return all
}

// fields returns the field names in the bodies of all updates and closes so far.
func (s *scene) fields() (all [][]string) {
	s.Helper()
	for _, r := range s.sent(http.MethodPut) {
		var body map[string]json.RawMessage
		require.NoError(s, json.Unmarshal([]byte(r.Body), &body))
		all = append(all, slices.Collect(maps.Keys(body)))
	}
	return all
}

// shows accepts an open incident with this title and severity.
func shows(title, severity string) func(sandbox.Incident) error {
	return func(i sandbox.Incident) error {
		if !i.Open() || i.Title != title || i.Severity != severity {
			return fmt.Errorf("it is %s %s %q", i.Status, i.Severity, i.Title)
		}
		return nil
	}
}

// describes returns w with another description.
func describes(w kit.Webhook, text string) kit.Webhook { return annotated(w, "description", text) }

// annotated returns w with another annotation.
func annotated(w kit.Webhook, name, value string) kit.Webhook {
	a := w.Alerts[0]
	a.Annotations = with(a.Annotations, name, value)
	w.Alerts = []kit.Alert{a}
	return w
}

// labelled returns w with another label: another alert of the same alias.
func labelled(w kit.Webhook, name, value string) kit.Webhook {
	a := w.Alerts[0]
	a.Labels = with(a.Labels, name, value)
	w.Alerts = []kit.Alert{a}
	return w
}

// with returns a copy of the map with another value.
func with(all map[string]string, name, value string) map[string]string {
	other := map[string]string{}
	maps.Copy(other, all)
	other[name] = value
	return other
}

// since returns w with another start.
func since(w kit.Webhook, start time.Time) kit.Webhook {
	a := w.Alerts[0]
	a.StartsAt = kit.Milliseconds(start)
	w.Alerts = []kit.Alert{a}
	return w
}
