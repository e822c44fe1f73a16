// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package promise

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// If the API changes a text when it stores it, the bridge does not write the text again and again. The rest of the text survives.
func TestAPIThatCleansText(t *testing.T) {
	s := play(t, kit.World{
		Switches: func(sw *sandbox.Switches) { sw.StripMarkup = true },
		Set:      []string{set + "lifecycle.refresh_interval=1ms"},
	})
	w := describes(kit.Saying(fires(), "Диск заполнен <script>alert(1)</script>"), "free < 10% left, see javascript:void(0)")
	s.deliver(w)
	s.learnt(1)
	for n := range 3 {
		s.quiet() // a repeat during a lookup does not cause another one
		s.deliver(w)
		s.counted("events", `outcome="refresh_due"`, float64(n+1))
	}
	s.quiet()
	assert.Empty(t, s.sent("PUT"))
	shown := s.only(kit.IsOpen)
	assert.NotContains(t, shown.Title, "script", "the sandbox does not clean")
	assert.Contains(t, shown.Title, "Диск заполнен")
	assert.Contains(t, shown.Description, "free < 10% left")
	s.deliver(kit.Resolved(w))
	s.only(kit.IsResolved)
}

// Text left in an alert by a failed template or by a server without an address does not reach people on call.
func TestWhatSendersGetWrong(t *testing.T) {
	const failure = `<error expanding template: error executing template __alert_X: template: __alert_X:1:2: nil data; no entry for key "devic">`
	s := play(t, kit.World{})
	w := annotated(kit.Saying(fires(), failure), "runbook_url", "wiki: error rates")
	w.ExternalURL, w.Alerts[0].GeneratorURL = "http://:9093", "http://:9090/graph?g0.expr=up"
	s.deliver(w)
	opened := s.only(kit.IsOpen)
	assert.Contains(t, opened.Title, "HighErrorRate")
	assert.Contains(t, opened.Title, "api-01.prod")
	assert.NotContains(t, opened.Title, "error expanding template")
	assert.Contains(t, opened.Description, `no entry for key "devic"`, "for the person who repairs the rule")
	assert.Contains(t, opened.Description, "wiki: error rates")
	assert.NotContains(t, opened.Description, "http://:")
	s.deliver(kit.Resolved(w))
	s.only(kit.IsResolved)
}
