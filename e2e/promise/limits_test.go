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

// A 429 without a time holds back all calls.
func TestRateLimitHoldsEverybodyBack(t *testing.T) {
	s := play(t, kit.World{})
	s.counted("requests", `operation="lookup",result="done"`, 1) // the check at the start is done
	s.fault(sandbox.Fault{Match: sandbox.Match{Alias: kit.Alias}, Status: http.StatusTooManyRequests, Times: 1})
	s.deliver(fires())
	s.counted("requests", `operation="create",result="not_sent"`, 1)
	s.deliver(kit.Firing("api-02.prod", critical))
	s.learnt(2)
	posts := s.sent(http.MethodPost)
	require.Len(t, posts, 3)
	for _, later := range posts[1:] {
		assert.GreaterOrEqual(t, later.Time.Sub(posts[0].Time), 500*time.Millisecond, "half of the shortest pause")
	}
}

// If the key is revoked while nothing happens, the next audit shows it.
func TestRevokedKeyShowsInCalm(t *testing.T) {
	s := play(t, kit.World{Set: []string{audits}})
	s.deliver(fires())
	s.learnt(1)
	s.metric("api_up", 1)
	s.sandbox.SetKeys(map[string][]string{"ak_live_another": {"write"}})
	s.metric("api_up", 0)
	s.counted("requests", `operation="lookup",result="denied"`, 1)
	s.sandbox.SetKeys(map[string][]string{s.sandbox.Key: {"write"}})
	s.metric("api_up", 1)
}

// A create that failed so often that its tries are rare goes out as soon as Alert24 answers again.
func TestPagesAfterAnOutage(t *testing.T) {
	s := play(t, kit.World{Set: []string{set + "retry_on_failure.max_interval=50ms"}})
	s.fault(sandbox.Fault{Status: http.StatusForbidden, Message: "not now"})
	s.deliver(fires())
	s.counted("requests", `operation="create",result="denied"`, protocol.SlowAfter)
	s.quiet()
	assert.Len(t, s.sent(http.MethodPost), protocol.SlowAfter)
	s.sandbox.ClearFaults()
	s.deliver(kit.Firing("api-02.prod", critical)) // its answer is the first one
	s.learnt(2)
}

// A wrong key shows at the start, before any alert.
func TestWrongKeyShowsAtStart(t *testing.T) {
	s := play(t, kit.World{Faults: []sandbox.Fault{{Status: http.StatusPaymentRequired, Message: "Upgrade your plan"}}})
	s.metric("api_up", 0)
	s.counted("requests", `operation="lookup",result="denied"`, 1)
}

// If the end is missing, in the future or not after the start, the arrival of the resolve counts as the end. So the time to resolve
// is true.
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

// Thousands of alerts of one alias are one incident, even when one of them changes.
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
	assert.Contains(t, opened.Title, title+" (+") // the number when it was opened: further alerts are not news

	all := w.Alerts
	changed := w
	changed.Alerts = []kit.Alert{all[alerts-1]}
	s.deliver(kit.Resolved(changed)) // an alert that is kept without text
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
