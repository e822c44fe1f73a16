// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package promise

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
)

// other opens an incident of another sender with our alias.
func (s *scene) other(source string) *sandbox.Incident {
	s.Helper()
	i, err := s.sandbox.OtherToolCreates(sandbox.Patch{
		Title: new("Old title"), Severity: new("medium"), Alias: new(kit.Alias), Source: &source,
	})
	require.NoError(s, err)
	return i
}

// A create that met an open incident of ours has written nothing, whether and wherever the answer says so. An update follows at
// once.
func TestCreateThatMeetsAnOpenIncident(t *testing.T) {
	for _, place := range []string{store.Top, store.InData, store.InMeta, store.Absent} {
		for _, status := range []int{200, 201} {
			t.Run(place+" "+map[int]string{200: "200", 201: "201"}[status], func(t *testing.T) {
				s := play(t, kit.World{Switches: func(sw *sandbox.Switches) { sw.DeduplicatedIn, sw.AliasHitStatus = place, status }})
				s.other("prometheus") // like a bridge that lost its disk
				s.deliver(fires())
				s.only(shows(title, critical))
				s.deliver(kit.Resolved(fires()))
				s.become("resolved " + title)
			})
		}
	}
}

// The bridge leaves another tool's incident alone, and opens its own when that one closes.
func TestAnotherToolsIncident(t *testing.T) {
	t.Run("ours follows", func(t *testing.T) {
		s := play(t, kit.World{Set: []string{audits}})
		theirs := s.other("uptime-checker")
		s.deliver(fires())
		s.metric("blocked_aliases", 1)
		s.deliver(kit.Saying(fires(), "second"))
		s.audited(2)
		s.only(shows("Old title", "medium"))
		require.NoError(t, s.sandbox.PersonResolves(theirs.ID))
		s.become("resolved Old title", "new second")
		s.metric("blocked_aliases", 0)
		s.deliver(kit.Resolved(fires()))
		s.become("resolved Old title", "resolved second")
	})
	t.Run("ours is over first", func(t *testing.T) {
		s := play(t, kit.World{Set: []string{audits}})
		s.other("uptime-checker")
		s.deliver(fires())
		s.metric("blocked_aliases", 1)
		s.deliver(kit.Resolved(fires()))
		s.metric("blocked_aliases", 0)
		s.audited(2)
		s.only(shows("Old title", "medium"))
		assert.Contains(t, s.collector.Log(), "Another tool's open incident has this alias")
	})
	t.Run("adopt", func(t *testing.T) {
		s := play(t, kit.World{Set: []string{set + "lifecycle.foreign=adopt"}})
		s.other("uptime-checker")
		s.deliver(fires())
		s.only(shows(title, critical))
		s.deliver(kit.Resolved(fires()))
		s.become("resolved " + title)
	})
}
