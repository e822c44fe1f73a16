// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package promise

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
)

// An incident left to a person stays open through a lost answer, a restart and audits.
func TestClosingLeftToAPerson(t *testing.T) {
	for name, lost := range map[string]fault.Fault{
		"carried out":      {Drop: true, Commit: true, Times: 1},
		"carried out late": {Drop: true, CommitLate: kit.Late, Times: 1},
		"never":            {Drop: true, Times: 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := play(t, kit.World{Set: []string{audits}})
			lost.Match.Operation = fault.Create
			s.fault(lost)
			w := annotated(fires(), "alert24_resolve", "false")
			s.deliver(w)
			s.become("new " + title)
			s.deliver(kit.Resolved(w))
			s.restart()
			s.metric("doubtful_aliases", 0)
			s.audited(3)
			s.become("new " + title)
			assert.Empty(t, s.sent(http.MethodPut))
		})
	}
}

// A second incident of the alias does not change that.
func TestSecondIncidentOfWhatIsLeftToAPerson(t *testing.T) {
	s := play(t, kit.World{Set: []string{audits}})
	w := annotated(fires(), "alert24_resolve", "false")
	s.deliver(w)
	s.learnt(1)
	left := s.only(kit.IsOpen)
	s.deliver(kit.Resolved(w))
	s.other("prometheus") // like a late create
	s.audited(4)
	all := s.sandbox.Incidents()
	require.Len(t, all, 2)
	assert.Equal(t, left.ID, all[0].ID)
	require.NoError(t, kit.IsOpen(all[0]))
}

// With stale_after, no alert is stale before the bridge has run for that long.
func TestStaleAfterCountsFromTheStart(t *testing.T) {
	const staleAfter = time.Second
	s := play(t, kit.World{Set: []string{set + "lifecycle.stale_after=" + staleAfter.String()}})
	s.deliver(fires())
	s.only(kit.IsOpen)
	s.collector.Kill()
	away := time.Now()
	require.NoError(t, s.collector.Start(t.Context()))
	s.only(kit.IsResolved)
	closes := s.sent(http.MethodPut)
	require.Len(t, closes, 1)
	assert.GreaterOrEqual(t, closes[0].Time.Sub(away), staleAfter)
}

// People's edits stay. Fields that the alerts change are written, and no others. A severity that rises is always written.
func TestPeopleWinFieldByField(t *testing.T) {
	const edited = "Replica for tests, ignore until Monday"
	s := play(t, kit.World{Set: []string{set + "lifecycle.refresh_interval=1ms"}})
	w := describes(kit.Firing("api-01.prod", "warning"), "lag is 300 s")
	s.deliver(w)
	s.learnt(1)
	opened := s.only(kit.IsOpen)
	require.NoError(t, s.sandbox.PersonEdits(opened.ID, sandbox.Patch{
		Title: new(edited), Severity: new("low"), Status: new("monitoring"),
	}))

	s.deliver(w) // a repeat after refresh_interval reads the incident, and writes nothing
	s.counted("events", `outcome="refresh_due"`, 1)
	s.quiet()
	s.become("monitoring " + edited)
	assert.Empty(t, s.sent(http.MethodPut))

	w = annotated(describes(w, "lag is 412 s"), "summary", "Replication is behind")
	s.deliver(w)
	s.only(func(i sandbox.Incident) error {
		if !strings.HasPrefix(i.Description, "lag is 412 s") {
			return fmt.Errorf("it says %q", i.Description)
		}
		return nil
	})
	require.NoError(t, shows(edited, "low")(s.only(kit.IsOpen)))
	assert.Equal(t, [][]string{{"description"}}, s.fields())

	s.deliver(labelled(w, "severity", critical))
	s.only(shows(edited, critical))
	s.deliver(kit.Resolved(labelled(w, "severity", critical)))
	s.deliver(kit.Resolved(w))
	s.become("resolved " + edited)
}

// With on_rise: renew, a rising severity pages people, even if only a new incident can do so.
func TestRenew(t *testing.T) {
	s := play(t, kit.World{Set: []string{set + "lifecycle.on_rise=renew"}})
	w := kit.Firing("api-01.prod", "info")
	worse := labelled(w, "severity", critical)
	s.deliver(w)
	s.learnt(1)
	s.deliver(worse)
	s.become("resolved "+title, "new "+title+" (+1)")
	second := s.sandbox.Incidents()[1]
	assert.Equal(t, critical, second.Severity)
	assert.Contains(t, second.Description, "Continues #1\n")
	s.learnt(1)
	s.deliver(kit.Resolved(worse))
	s.become("resolved "+title, "new "+title)
	s.deliver(kit.Again(worse)) // no worse than before: nobody is called again
	s.become("resolved "+title, "new "+title+" (+1)")
	s.deliver(kit.Resolved(worse))
	s.deliver(kit.Resolved(w))
	s.metric("open_incidents", 0)
	require.Len(t, s.sandbox.Incidents(), 2)
	require.NoError(t, kit.IsResolved(s.sandbox.Incidents()[1]))
}
