// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

func TestEachUnknownValueIsLoggedOnce(t *testing.T) {
	var u unknownValues
	assert.True(t, u.first("incident::severity", "ticket"))
	assert.False(t, u.first("incident::severity", "ticket"))
	assert.True(t, u.first("incident::services", "ticket"))
	logged := 0
	for i := range 10 * maxUnknownValues {
		if u.first("incident::severity", strconv.Itoa(i)) {
			logged++
		}
	}
	assert.Equal(t, maxUnknownValues-2, logged)
	assert.False(t, u.first("incident::severity", "ticket"))
}

// The line about an unknown word says which severity the alert got, so that nobody has to guess.
func TestAnUnknownWordIsLoggedWithItsSeverity(t *testing.T) {
	box := sandboxtest.Start(t, sandbox.Options{})
	exp, logged := startObserved(t, box, func(c *Config) {
		c.Incident.AssignedTo = incident.IDConfig{Label: "team", Map: map[string]string{"a": "1"}}
	})
	firing := alertAttributes("firing")
	firing[attrs.AlertLabelPrefix+"severity"], firing[attrs.AlertLabelPrefix+"team"] = "1", "b"
	require.NoError(t, exp.ConsumeLogs(t.Context(), logs(firing)))
	require.Eventually(t, func() bool { return len(box.Incidents()) == 1 }, soon, tick)
	require.NoError(t, exp.Shutdown(t.Context()))

	var lines []map[string]any
	for _, l := range logged.FilterMessage("A label's value has no entry in the map; add one").All() {
		lines = append(lines, l.ContextMap())
	}
	assert.ElementsMatch(t, []map[string]any{
		{"key": "incident::severity::map", "value": "1", "used_severity": "critical"},
		{"key": "incident::assigned_to", "value": "b"},
	}, lines)
}
