// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// moves is a ledger whose configuration gives two alerts other aliases with each start.
type moves struct {
	*Ledger

	disk    *Memory
	now     time.Time
	aliases [2]string // of the present configuration
	starts  [2]time.Time
	fires   [2]bool
}

var allAliases = []string{"a", "b", "c"}

func (m *moves) restart(t *rapid.T) {
	for i := range m.aliases {
		m.aliases[i] = rapid.SampledFrom(allAliases).Draw(t, "alias")
	}
	m.Ledger = New(testConfig(100, func() time.Time { return m.now }), m.disk)
	_, err := m.Load(t.Context())
	require.NoError(t, err)
}

// event is what Alertmanager says about alert i.
func (m *moves) event(i int) protocol.Event {
	ev := firing("am1", m.starts[i])
	if !m.fires[i] {
		ev = resolved("am1", m.starts[i], m.now)
	}
	ev.Key, ev.Alias = keyOf("", string(rune('0'+i))), m.aliases[i]
	return ev
}

// toggle lets alert i fire or resolve.
func (m *moves) toggle(i int) protocol.Event {
	m.now = m.now.Add(time.Second)
	if m.fires[i] = !m.fires[i]; m.fires[i] {
		m.starts[i] = m.now
	}
	return m.event(i)
}

// tell applies events. Then each alert fires under one alias, or under none.
func (m *moves) tell(t *rapid.T, events ...protocol.Event) {
	_, err := m.Apply(t.Context(), events, nil)
	require.NoError(t, err)
	for i, fires := range m.fires {
		var under []string
		for _, alias := range allAliases {
			if e := m.Get(alias); e != nil {
				if a := e.Members.Get(m.event(i).Key); a != nil && a.Unfinished() {
					under = append(under, alias)
				}
			}
		}
		require.Len(t, under, map[bool]int{true: 1}[fires], "alert %d, under %v", i, under)
	}
}

// work makes the calls that are due.
func (m *moves) work(t *rapid.T) {
	for _, alias := range allAliases {
		for range 4 {
			e, d, err := m.Claim(t.Context(), alias)
			require.NoError(t, err)
			if e == nil || d.Call.Kind == protocol.NoCall {
				break
			}
			a := accepted(alias, d.Call.Kind != protocol.Close)
			if a.Began = m.now; e.Firing() {
				_, a.Sent = m.Content(e)
			}
			require.NoError(t, m.Learn(t.Context(), []*protocol.Answered{{Alias: alias, Call: d.Call, Answer: a}}))
		}
	}
}

// TestAlertsFireUnderOneAlias restarts the ledger with other aliases while alerts fire, resolve and are forgotten.
func TestAlertsFireUnderOneAlias(t *testing.T) {
	steps := map[string]func(m *moves, t *rapid.T){
		"one":       func(m *moves, t *rapid.T) { m.tell(t, m.toggle(0)) },
		"other":     func(m *moves, t *rapid.T) { m.tell(t, m.toggle(1)) },
		"both":      func(m *moves, t *rapid.T) { m.tell(t, m.toggle(0), m.toggle(1), m.toggle(0)) },
		"repeat":    func(m *moves, t *rapid.T) { m.tell(t, m.event(0), m.event(1)) },
		"work":      func(m *moves, t *rapid.T) { m.work(t) },
		"minutes":   func(m *moves, _ *rapid.T) { m.now = m.now.Add(7 * minute) },
		"hours":     func(m *moves, _ *rapid.T) { m.now = m.now.Add(2 * hour) },
		"restarted": func(m *moves, t *rapid.T) { m.restart(t) },
	}
	names := slices.Sorted(maps.Keys(steps))
	rapid.Check(t, func(t *rapid.T) {
		m := &moves{disk: NewMemory(), now: at(0)}
		m.restart(t)
		for _, name := range rapid.SliceOfN(rapid.SampledFrom(names), 1, 40).Draw(t, "steps") {
			steps[name](m, t)
		}
		m.fires = [2]bool{}
		m.tell(t, m.event(0), m.event(1))
		m.now = m.now.Add(minute)
		m.work(t)
		for _, alias := range allAliases {
			if e := m.Get(alias); e != nil {
				require.False(t, e.IsOpen(), alias)
			}
		}
	})
}
