// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"testing"

	"pgregory.net/rapid"
)

// TestModelCombined runs each history in a world with other switches.
func TestModelCombined(t *testing.T) {
	t.Parallel()
	combined := rapid.Custom(func(t *rapid.T) (s switches) {
		for _, on := range rapid.SliceOfNDistinct(rapid.SampledFrom(s.all()), 2, 10, rapid.ID).Draw(t, "on") {
			*on = true
		}
		return s
	}).Filter(func(s switches) bool { return !s.outside() })
	rapid.Check(t, func(t *rapid.T) {
		s := combined.Draw(t, "switches")
		newWorld(t, s).run(historiesOf(s).Draw(t, "history"))
	})
}

// all returns the switches that may be combined: not those with which the model must break.
func (s *switches) all() []*bool {
	return []*bool{
		&s.people, &s.lags, &s.uneven, &s.restores, &s.reopens, &s.revives, &s.racy, &s.clockSteps, &s.replicas, &s.oversleeps, &s.merges, &s.noFlag, &s.cleans, &s.odd,
		&s.chokes, &s.rejects, &s.recovers, &s.noBodies, &s.strict, &s.foreign, &s.noMarks, &s.untimed, &s.never, &s.stale, &s.delay, &s.renew, &s.left, &s.rises,
		&s.byEvent, &s.brief, &s.buckets, &s.packs, &s.coarse, &s.leftOne, &s.sync, &s.apart, &s.repair, &s.guarded,
	}
}

// outside reports whether a combination means nothing.
func (s *switches) outside() bool {
	return s.reopens && s.revives || s.left && s.leftOne || // one or the other
		!s.sync && (s.apart || s.repair || s.guarded) || // lists
		s.oversleeps && !s.replicas // only a replica lives on after a takeover
}
