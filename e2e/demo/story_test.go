// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// The demo must fail in each of these cases, or it proves nothing.
func TestExpectation(t *testing.T) {
	end := time.Date(2026, 11, 23, 20, 37, 15, 0, time.UTC)
	later := end.Add(time.Second)
	const on = title + "api-01.prod"
	good := harness.Incident{ID: "a", Title: on, Severity: severity, Status: "resolved", Description: "12.1%", ResolvedAt: &end}
	want := expectation{id: "a", former: "z", title: on, status: "resolved", says: "12.1%", resolvedAt: end}

	with := func(change func(*harness.Incident)) []harness.Incident {
		changed := good
		change(&changed)
		return []harness.Incident{changed}
	}
	for name, test := range map[string]struct {
		incidents []harness.Incident
		notYet    bool
		message   string
	}{
		"none":             {nil, true, "no incident"},
		"second incident":  {[]harness.Incident{good, good}, false, "a second incident: there are 2"},
		"another incident": {with(func(i *harness.Incident) { i.ID = "b" }), false, "another incident"},
		"title":            {with(func(i *harness.Incident) { i.Title = "x" }), false, `the title is "x"`},
		"severity":         {with(func(i *harness.Incident) { i.Severity = "low" }), false, "the severity is low"},
		"still open":       {with(func(i *harness.Incident) { i.Status = "open" }), true, "the incident is open"},
		"old description":  {with(func(i *harness.Incident) { i.Description = "8.3%" }), true, "does not say 12.1%"},
		"no resolved_at":   {with(func(i *harness.Incident) { i.ResolvedAt = nil }), false, "not the alert's end"},
		"late resolved_at": {with(func(i *harness.Incident) { i.ResolvedAt = &later }), false, "not the alert's end"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := want.check(test.incidents)
			require.ErrorContains(t, err, test.message)
			if test.notYet {
				require.ErrorIs(t, err, errNotYet)
			} else {
				require.NotErrorIs(t, err, errNotYet)
			}
		})
	}

	found, err := want.check([]harness.Incident{good, {ID: "z"}})
	require.NoError(t, err)
	assert.Equal(t, good, found)
}
