// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package replication

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

func aliasOf(instance string) string { return "HighErrorRate:" + instance }

// agrees returns nil if each firing alert has one open incident, and each resolved alert has none. A resolved alert may have one if
// Alertmanager sent no resolve because no firing was acknowledged.
func (f *fleet) agrees(alerts []harness.Alert) error {
	open := f.open()
	var wrong []string
	for _, a := range alerts {
		alias := aliasOf(a.Labels["instance"])
		if n := open[alias]; f.wrong(a, n) {
			wrong = append(wrong, fmt.Sprintf("%s: %d are open, it fires: %t", alias, n, a.EndsAt.IsZero()))
		}
		delete(open, alias)
	}
	if len(wrong) > 0 || len(open) > 0 {
		return fmt.Errorf("nobody knows of %v; %s", open, strings.Join(wrong, "; "))
	}
	return nil
}

// open counts the open incidents by alias.
func (f *fleet) open() map[string]int {
	open := map[string]int{}
	for _, i := range f.sandbox.Incidents() {
		if i.Open() {
			open[i.Alias]++
		}
	}
	return open
}

// wrong reports whether this number of open incidents does not match the alert.
func (f *fleet) wrong(a harness.Alert, open int) bool {
	fires := a.EndsAt.IsZero()
	return open > 1 || fires && open == 0 || !fires && open == 1 && f.witness.owesResolve(a)
}

// tell logs, for every wrong alias, the last webhooks to the collectors, what they report about it, the record in the database, and
// the incidents.
func (f *fleet) tell(t *testing.T, alerts []harness.Alert) {
	t.Helper()
	open := f.open()
	for _, a := range alerts {
		instance := a.Labels["instance"]
		alias := aliasOf(instance)
		if !f.wrong(a, open[alias]) {
			continue
		}
		lines := []string{fmt.Sprintf("%s, from %s to %s", alias, a.StartsAt, a.EndsAt)}
		lines = append(lines, last(20, f.witness.told(instance))...)
		for i, c := range f.collectors {
			about := slices.DeleteFunc(strings.Split(c.Log(), "\n"), func(line string) bool { return !strings.Contains(line, `"`+alias+`"`) })
			lines = append(lines, fmt.Sprintf("collector %d", i))
			lines = append(lines, last(10, about)...)
		}
		lines = append(lines, f.record(t, alias))
		for _, i := range f.sandbox.Incidents() {
			if i.Alias == alias && i.Open() {
				lines = append(lines, fmt.Sprintf("%+v", i))
			}
		}
		t.Log(strings.Join(lines, "\n"))
	}
}

// record returns the database's record of an alias.
func (f *fleet) record(t *testing.T, alias string) string {
	t.Helper()
	conn, err := f.server.Connect(t.Context(), f.database)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	var record []byte
	if err := conn.QueryRow(t.Context(), "SELECT record FROM otelcol_alert24.entries WHERE alias = $1", alias).Scan(&record); err != nil {
		return err.Error()
	}
	return string(record)
}

func last(n int, lines []string) []string { return lines[max(0, len(lines)-n):] }

// judge checks the whole run. Each replica may be paused, and may then send one stale request. Nothing else excuses a second
// incident of an alias at the same time, or an incident that closed at another time than its alert.
func (c *chaos) judge(t *testing.T, p *prometheus) {
	t.Helper()
	incidents := c.sandbox.Incidents()
	var many, twice, odd []string
	episodes, surplus := 0, 0
	byAlias := map[string][]sandbox.Incident{}
	for _, i := range incidents {
		byAlias[i.Alias] = append(byAlias[i.Alias], i)
	}
	for _, a := range p.change(0) {
		instance := a.Labels["instance"]
		alias, ends := aliasOf(instance), p.ends[instance]
		own := len(ends)
		if a.EndsAt.IsZero() {
			own++
		}
		episodes += own
		if more := len(byAlias[alias]) - own - c.witness.late(instance); more > 0 {
			surplus += more
			many = append(many, fmt.Sprintf("%s has %d incidents, %d episodes; the collectors were told:\n%s", alias, len(byAlias[alias]), own,
				strings.Join(last(50, c.witness.told(instance)), "\n")))
		}
		var before time.Time // the close of an earlier incident
		for _, i := range byAlias[alias] {
			if i.CreatedAt.Before(before) {
				twice = append(twice, fmt.Sprintf("%s %s, created at %s, before %s", alias, i.ID, i.CreatedAt, before))
			}
			if i.Open() {
				continue
			}
			at := slices.IndexFunc(i.History, func(e store.Event) bool { return e.Kind == store.Resolved })
			before = i.History[at].At
			if !slices.ContainsFunc(ends, func(end time.Time) bool { return i.ResolvedAt.Equal(latest(end, i.StartedAt)) }) {
				odd = append(odd, fmt.Sprintf("%s %s, created at %s, closed at %s with the end %s: %+v; the collectors were told:\n%s", alias, i.ID,
					i.CreatedAt, before, i.ResolvedAt, i.History, strings.Join(last(50, c.witness.told(instance)), "\n")))
			}
		}
	}
	t.Logf("%v; %d episodes, %d incidents, %d too many, %d next to another one, %d with another end", c.did, episodes, len(incidents), surplus, len(twice), len(odd))
	for _, line := range slices.Concat(many, twice, odd) {
		t.Log(line)
	}
	require.NotEmpty(t, incidents)
	pauses := c.did["pause"]
	assert.LessOrEqual(t, surplus, pauses, "incidents of some aliases, more than episodes")
	assert.LessOrEqual(t, len(twice), pauses, "incidents next to another one")
	assert.LessOrEqual(t, len(odd), pauses, "incidents that closed at another time than an alert")
}

// latest returns the later time: an incident that opened after its alert had ended closes at its own start.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
