// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package senders

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/docs/snippet"
	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// recipe returns the example of docs/incidents.md that has this processor, as a file.
func recipe(t *testing.T, processor string, changes ...string) (file string) {
	t.Helper()
	page, err := os.ReadFile(kit.Root(t, "docs", "incidents.md"))
	require.NoError(t, err)
	blocks, err := snippet.YAML(string(page))
	require.NoError(t, err)
	for _, b := range blocks {
		if strings.Contains(b.Text, "  "+processor+":\n") {
			require.Empty(t, file, "two examples have it")
			file = kit.WriteFile(t, strings.NewReplacer(changes...).Replace(b.Text))
		}
	}
	require.NotEmpty(t, file, processor)
	return file
}

// The severity depends on the environment, the title begins with the team, and an alert without a resolve ends by itself.
func TestRecipeForSeverityAndTitle(t *testing.T) {
	t.Parallel()
	s, c := kit.Start(t, kit.World{Args: []string{"--config", recipe(t, "transform/alerts", `"30m"`, `log.attributes["alertmanager.notification.reason"]`)}})
	body := alertmanager(
		fires(`"alertname":"A","instance":"1","severity":"critical","env":"staging"`),
		fires(`"alertname":"B","instance":"1","severity":"critical","env":"prod","team":"payments"`),
		fires(`"alertname":"C","instance":"1","severity":"critical","job":"batch"`),
	)
	const staging, prod = "A:1 | new low | It is broken", "B:1 | new critical | payments: It is broken"
	send(t, c, body)
	states(t, s, staging, prod, "C:1 | new critical | It is broken")
	send(t, c, soonStale(body))
	states(t, s, staging, prod, "C:1 | resolved critical | It is broken")
	assert.NotContains(t, c.Log(), "failed to execute statement")
	assert.NotContains(t, c.Log(), "deprecated")
}

// An alert that must not open an incident still closes one that is open. An alert dropped by a filter never arrives.
func TestRecipeForAlertsThatOpenNothing(t *testing.T) {
	t.Parallel()
	w := kit.World{Dir: t.TempDir()}
	s, c := kit.Start(t, w)
	sandboxed := fires(`"alertname":"A","instance":"1","severity":"critical","namespace":"sandbox-7"`)
	send(t, c, alertmanager(sandboxed))
	states(t, s, "A:1 | new critical | It is broken")
	require.NoError(t, c.Stop())

	w.Args = []string{"--config", recipe(t, "transform/quiet")}
	c = kit.StartOn(t, s, kit.Binaries(t, harness.CollectorEnv), w)
	send(t, c, alertmanager(
		sandboxed,
		fires(`"alertname":"B","instance":"1","severity":"critical","namespace":"sandbox-8"`),
		fires(`"alertname":"C","instance":"1","severity":"critical","confidential":"true"`),
		fires(`"alertname":"D","instance":"1","severity":"critical","namespace":"shop"`),
	))
	states(t, s, "A:1 | resolved critical | It is broken", "D:1 | new critical | It is broken")
	assert.NotContains(t, c.Log(), "deprecated")
}
