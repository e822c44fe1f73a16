// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package promise

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

const (
	title    = "High error rate on api-01.prod"
	critical = "critical"
)

// fires is the alert in most scenes.
func fires() kit.Webhook { return kit.Firing("api-01.prod", critical) }

// A proxy's answer is not a refusal, whatever its status: all calls go out once the proxy is gone.
func TestProxyInTheWay(t *testing.T) {
	for name, f := range map[string]sandbox.Fault{
		"400, HTML":         {Status: http.StatusBadRequest, Body: fault.HTML},
		"422, another JSON": {Status: http.StatusUnprocessableEntity, Body: fault.Foreign},
		"200, another JSON": {Status: http.StatusOK, Body: fault.Foreign},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, kit.World{
				Faults: []sandbox.Fault{f},
				Set:    []string{set + "retry_on_failure.initial_interval=500ms", set + "retry_on_failure.max_interval=5s"}, // ten tries take longer than this test
			})
			s.deliver(fires())
			s.applied(4) // one is the check at the start
			s.metric("api_up", 0)
			s.metric("pending_aliases", 1)
			s.metric("parked_aliases", 0)
			s.sandbox.ClearFaults()
			s.become("new " + title)
			s.metric("api_up", 1)
		})
	}
}

// Content that the API refuses is tried again without news from the alerts: a create soon, an update at the next start.
func TestRefusedContentIsTriedAgain(t *testing.T) {
	t.Run("create", func(t *testing.T) {
		s := play(t, kit.World{
			Faults: []sandbox.Fault{{Match: sandbox.Match{Operation: fault.Create}, Status: http.StatusBadRequest, Message: "title: not today"}},
			Set:    []string{set + "retry_on_failure.initial_interval=2s", set + "retry_on_failure.max_interval=2s"}, // ten tries take longer than this test
		})
		s.deliver(fires())
		s.metric("parked_aliases", 1)
		s.metric("api_up", 1)
		s.counted("incidents", `change="parked"`, 1)
		s.sandbox.ClearFaults()
		s.become("new " + title)
		s.metric("parked_aliases", 0)
		assert.Contains(t, s.collector.Log(), "Alert24 refused the incident; it is tried again")
	})
	t.Run("update", func(t *testing.T) {
		s := play(t, kit.World{})
		s.deliver(fires())
		s.learnt(1)
		s.fault(sandbox.Fault{Match: sandbox.Match{Operation: fault.Update}, Status: http.StatusBadRequest, Message: "title: not today"})
		s.deliver(kit.Saying(fires(), "second"))
		s.metric("parked_aliases", 1)
		s.sandbox.ClearFaults()
		s.restart()
		s.become("new second")
	})
}

// An update or a close succeeds although its answer shows nothing; then the entry expires.
func TestAnswersThatShowNothing(t *testing.T) {
	for _, answer := range []string{store.NoContent, store.Success} {
		t.Run(answer, func(t *testing.T) {
			s := play(t, kit.World{
				Switches: func(sw *sandbox.Switches) { sw.PutAnswer = answer },
				Set: []string{
					set + "timeout=300ms", set + "lifecycle.settle_time=100ms", set + "lifecycle.closed_retention=500ms",
					set + "echo.window=0s", set + "echo.hold=0s",
				},
			})
			s.deliver(fires())
			s.learnt(1)
			s.deliver(kit.Saying(fires(), "second"))
			s.become("new second")
			s.deliver(kit.Resolved(fires()))
			s.become("resolved second")
			s.metric("aliases", 0)
			assert.Len(t, s.sent(http.MethodPut), 2, "one update, one close")
		})
	}
}

// The bridge repeats and reports a close that the API accepts but does not carry out.
func TestCloseThatLeavesTheIncidentOpen(t *testing.T) {
	s := play(t, kit.World{Faults: []sandbox.Fault{{
		Match: sandbox.Match{Operation: fault.Resolve}, Status: http.StatusOK, Body: fault.Stale, Times: 2,
	}}})
	s.deliver(fires())
	s.learnt(1)
	s.deliver(kit.Resolved(fires()))
	s.become("resolved " + title)
	s.learnt(0)
	s.counted("incidents", `change="still_open"`, 2)
	assert.Contains(t, s.collector.Log(), "Incident is still open after its close; it is closed again")
}

// If a close is refused because a person closed the incident first, the bridge does not try again.
func TestCloseOfWhatIsClosed(t *testing.T) {
	s := play(t, kit.World{Switches: func(sw *sandbox.Switches) { sw.CloseClosed = store.Refuse }})
	s.deliver(fires())
	s.learnt(1)
	require.NoError(t, s.sandbox.PersonResolves(s.only(kit.IsOpen).ID))
	s.deliver(kit.Resolved(fires()))
	s.quiet()
	assert.Len(t, s.sent(http.MethodPut), 1)
	s.learnt(0)
	s.counted("incidents", `change="found_closed"`, 1)
	s.become("resolved " + title)
}

// The API shows neither alias nor tags. The incident of an unanswered create is found by the last line of its description.
func TestIncidentsWithoutAMark(t *testing.T) {
	for name, after := range map[string]func(*scene){
		"closed":                  func(s *scene) { s.deliver(kit.Resolved(fires())); s.become("resolved " + title) },
		"closed, after a restart": func(s *scene) { s.restart(); s.deliver(kit.Resolved(fires())); s.become("resolved " + title) },
		"kept":                    func(s *scene) { s.learnt(1); s.become("new " + title) },
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, kit.World{
				Switches: func(sw *sandbox.Switches) { sw.BareRows = true },
				Faults:   []sandbox.Fault{{Match: sandbox.Match{Operation: fault.Create}, Drop: true, Commit: true, Times: 1}},
			})
			s.deliver(fires())
			s.applied(1)
			after(s)
			s.metric("doubtful_aliases", 0)
			assert.Len(t, s.sandbox.Incidents(), 1)
		})
	}
}

// The bridge reads the list before it repeats an unanswered create, and no lookup delays a new firing.
func TestLookupsAndCreates(t *testing.T) {
	t.Run("no blind repeat", func(t *testing.T) {
		s := play(t, kit.World{})
		s.fault(sandbox.Fault{Match: sandbox.Match{Operation: fault.Create}, Drop: true, Times: 1})
		s.deliver(fires())
		s.become("new " + title)
		var order []string
		for _, r := range s.sandbox.Requests() {
			if len(order) > 0 || r.Method == http.MethodPost {
				order = append(order, r.Method)
			}
		}
		assert.Equal(t, []string{http.MethodPost, http.MethodGet, http.MethodPost}, slices.Compact(order)[:3])
	})
	t.Run("no waiting", func(t *testing.T) {
		s := play(t, kit.World{Set: []string{set + "timeout=10m", set + "lifecycle.closed_retention=1h"}})
		s.fault(sandbox.Fault{Match: sandbox.Match{Operation: fault.List}, Hang: true})
		s.deliver(kit.Resolved(fires())) // no incident is known: the bridge looks for one
		s.applied(1)
		s.deliver(kit.Again(fires()))
		s.become("new " + title)
	})
}
