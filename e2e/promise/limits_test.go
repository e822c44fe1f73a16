// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package promise

import (
	"fmt"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// A 429 that does not say for how long holds everybody back.
func TestRateLimitHoldsEverybodyBack(t *testing.T) {
	s := play(t, kit.World{})
	s.counted("requests", `{operation="lookup",result="done"}`, 1) // the check at start is over
	s.fault(sandbox.Fault{Match: sandbox.Match{Alias: kit.Alias}, Status: http.StatusTooManyRequests, Times: 1})
	s.deliver(fires())
	s.counted("requests", `{operation="create",result="not_sent"}`, 1)
	s.deliver(kit.Firing("api-02.prod", critical))
	s.learnt(2)
	posts := s.sent(http.MethodPost)
	require.Len(t, posts, 3)
	for _, later := range posts[1:] {
		assert.GreaterOrEqual(t, later.Time.Sub(posts[0].Time), 500*time.Millisecond, "half of the shortest pause")
	}
}

// A key that is revoked while nothing happens shows at the next audit.
func TestRevokedKeyShowsInCalm(t *testing.T) {
	s := play(t, kit.World{Set: []string{audits}})
	s.deliver(fires())
	s.learnt(1)
	s.metric("api_up", 1)
	s.sandbox.SetKeys(map[string][]string{"ak_live_another": {"write"}})
	s.metric("api_up", 0)
	s.counted("requests", `{operation="lookup",result="denied"}`, 1)
	s.sandbox.SetKeys(map[string][]string{s.sandbox.Key: {"write"}})
	s.metric("api_up", 1)
}

// A page that was tried in vain so often that it is tried seldom now goes out as soon as Alert24 answers again.
func TestPagesAfterAnOutage(t *testing.T) {
	s := play(t, kit.World{Set: []string{set + "retry_on_failure.max_interval=50ms"}})
	s.fault(sandbox.Fault{Status: http.StatusForbidden, Message: "not now"})
	s.deliver(fires())
	s.counted("requests", `{operation="create",result="denied"}`, protocol.SlowAfter)
	s.quiet()
	assert.Len(t, s.sent(http.MethodPost), protocol.SlowAfter)
	s.sandbox.ClearFaults()
	s.deliver(kit.Firing("api-02.prod", critical)) // its answer is the first
	s.learnt(2)
}

// A wrong key shows at start, before any alert.
func TestWrongKeyShowsAtStart(t *testing.T) {
	s := play(t, kit.World{Faults: []sandbox.Fault{{Status: http.StatusPaymentRequired, Message: "Upgrade your plan"}}})
	s.metric("api_up", 0)
	s.counted("requests", `{operation="lookup",result="denied"}`, 1)
}

// An end that is missing, in the future or not after the start is the arrival of the resolve, so that the time to resolve is true.
func TestEndsThatCannotBe(t *testing.T) {
	start := kit.Milliseconds(time.Now().Add(-time.Hour))
	for name, end := range map[string]time.Time{
		"zero":             {},
		"future":           time.Now().Add(24 * time.Hour),
		"start":            start,
		"before the start": start.Add(-time.Minute),
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, kit.World{})
			w := since(fires(), start)
			s.deliver(w)
			s.learnt(1)
			before := kit.Milliseconds(time.Now())
			over := kit.Resolved(w)
			over.Alerts[0].EndsAt = end
			s.deliver(over)
			closed := s.only(kit.IsResolved)
			assert.False(t, closed.ResolvedAt.Before(before), "%s before %s", closed.ResolvedAt, before)
			assert.False(t, closed.ResolvedAt.After(time.Now()), closed.ResolvedAt)
		})
	}
}

// Thousands of alerts of one alias are one incident, also when one of them changes.
func TestManyAlertsOfOneAlias(t *testing.T) {
	const alerts = 10_000
	s := play(t, kit.World{Set: []string{set + "limits.members=1000"}})
	w := fires()
	one := w.Alerts[0]
	w.Alerts = nil
	for n := range alerts {
		a := one
		a.Fingerprint = fmt.Sprintf("%016x", n)
		a.Labels = map[string]string{"pod": fmt.Sprint("pod-", n)}
		maps.Copy(a.Labels, one.Labels)
		w.Alerts = append(w.Alerts, a)
	}
	s.deliver(w)
	s.learnt(1)
	opened := s.only(kit.IsOpen)
	assert.Equal(t, critical, opened.Severity)
	assert.Contains(t, opened.Title, title+" (+") // how many it knew of when it was opened: more are no news

	all := w.Alerts
	changed := w
	changed.Alerts = []kit.Alert{all[alerts-1]}
	s.deliver(kit.Resolved(changed)) // one of those that are kept without text
	s.quiet()
	require.Equal(t, opened.ID, s.only(kit.IsOpen).ID)

	w.Status, w.Alerts = "resolved", all
	for n := range w.Alerts {
		w.Alerts[n].Status, w.Alerts[n].EndsAt = "resolved", kit.Milliseconds(time.Now())
	}
	s.deliver(w)
	s.only(kit.IsResolved)
	assert.Len(t, s.sent(http.MethodPost), 1)
}
