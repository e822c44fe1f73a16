// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package promise

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// Links and values that change by themselves cause no call.
func TestWhatMovesByItselfIsNoNews(t *testing.T) {
	for name, vary := range map[string]func(w *kit.Webhook, n int){
		"links that alternate": func(w *kit.Webhook, n int) {
			w.ExternalURL = fmt.Sprintf("http://alertmanager-%d.example.com", n%2)
			w.Alerts[0].GeneratorURL = fmt.Sprintf("http://prometheus-%d.example.com/graph?g0.expr=up", n%2)
		},
		"Grafana's links and values": func(w *kit.Webhook, n int) {
			a := &w.Alerts[0]
			a.DashboardURL = fmt.Sprintf("https://grafana.example.com/d/abc?from=1700000000000&orgId=1&to=17000%08d", n)
			a.PanelURL = a.DashboardURL + "&viewPanel=2"
			a.ValueString = fmt.Sprintf("[ var='B' labels={} value=%d ]", n)
			a.Values = map[string]float64{"B": float64(n)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, kit.World{})
			w := fires()
			for n := range 5 {
				vary(&w, n)
				s.deliver(w)
				s.only(kit.IsOpen)
			}
			s.quiet()
			assert.Empty(t, s.sent(http.MethodPut))
			assert.Len(t, s.sent(http.MethodPost), 1)
			s.deliver(kit.Resolved(w))
			s.become("resolved " + title)
		})
	}
}

// The API fails on updates with some lists. After a few tries, the bridge writes the other fields.
func TestUpdatesOnWhichTheAPIFails(t *testing.T) {
	s := play(t, kit.World{Switches: func(sw *sandbox.Switches) { sw.ArrayFieldsPut = store.Error }})
	ill, well := kit.Firing("api-01.prod", "warning"), kit.Firing("api-02.prod", "warning")
	s.deliver(ill)
	s.deliver(well)
	s.learnt(2)
	s.deliver(labelled(ill, "severity", critical)) // also a tag
	shown := func(instance, title, severity string) {
		s.Helper()
		kit.Eventually(t, func(context.Context) error {
			for _, i := range s.sandbox.Open("HighErrorRate:" + instance) {
				return shows(title, severity)(i)
			}
			return errors.New("it is not open")
		})
	}
	// The success of other updates shows that these updates are at fault.
	for n := 0; !strings.Contains(s.collector.Log(), "Alert24 fails to update this incident; the next updates send fewer fields"); n++ {
		require.Less(t, n, 200, "all fields are tried again and again")
		s.deliver(kit.Saying(well, fmt.Sprint("news ", n)))
		shown("api-02.prod", fmt.Sprint("news ", n), "high")
	}
	shown("api-01.prod", title+" (+1)", critical)
}

// A field refused because of its value is left out of that incident only.
func TestOneWrongIDCostsOneField(t *testing.T) {
	s := play(t, kit.World{
		Faults: []sandbox.Fault{{
			Match:  sandbox.Match{Field: "affected_services", Contains: "wrong-id"},
			Status: http.StatusBadRequest, Message: "affected_services: unknown service",
		}},
		Set: []string{set + "incident.services={label: team, map: {a: wrong-id, b: right-id}}"},
	})
	s.deliver(labelled(kit.Firing("api-01.prod", critical), "team", "a"))
	s.learnt(1)
	s.deliver(labelled(kit.Firing("api-02.prod", critical), "team", "b"))
	s.learnt(2)
	services := map[string][]string{}
	for _, i := range s.sandbox.Incidents() {
		services[i.Alias] = i.AffectedServices
	}
	assert.Empty(t, services["HighErrorRate:api-01.prod"])
	assert.Equal(t, []string{"right-id"}, services["HighErrorRate:api-02.prod"])
	s.counted("dropped_fields", `field="affected_services"`, 1)
	assert.Regexp(t, `Alert24 refuses the value of .*; this incident omits it\t.*HighErrorRate:api-01.prod`, s.collector.Log())
}

// An initial status that the API refuses by name is left out.
func TestInitialStatusThatIsRefused(t *testing.T) {
	s := play(t, kit.World{Faults: []sandbox.Fault{{
		Match: sandbox.Match{Operation: fault.Create, Field: "status"}, Status: http.StatusBadRequest, Message: "status is not allowed",
	}}})
	s.deliver(fires())
	s.learnt(1)
	s.become("open " + title)
	s.deliver(kit.Firing("api-02.prod", critical))
	s.learnt(2)
	posts := s.sent(http.MethodPost)
	assert.Len(t, posts, 3, "only one had a status")
	assert.NotContains(t, posts[2].Body, `"status"`)
}
