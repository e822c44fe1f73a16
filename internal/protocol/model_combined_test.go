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
		&s.people, &s.reopens, &s.revives, &s.racy, &s.clockSteps, &s.replicas, &s.oversleeps, &s.merges, &s.noFlag, &s.cleans, &s.odd,
		&s.recovers, &s.noBodies, &s.strict, &s.foreign, &s.noMarks, &s.untimed, &s.never, &s.stale, &s.delay, &s.renew, &s.left, &s.rises,
		&s.byEvent, &s.brief, &s.buckets, &s.packs, &s.coarse, &s.leftOne, &s.sync, &s.apart, &s.repair, &s.guarded,
	}
}

// outside reports whether a combination is outside of the promise, or means nothing.
func (s *switches) outside() bool {
	leaves := s.left || s.leftOne
	switch {
	case s.reopens && s.revives, s.left && s.leftOne: // one or the other
	case !s.sync && (s.apart || s.repair || s.guarded): // without lists, these mean nothing
	case s.oversleeps && !s.replicas: // only a replica lives on after a takeover
	case s.untimed && s.replicas: // without times, nothing tells an echo from a new firing
	case s.clockSteps && (s.apart || s.guarded): // a wait lasts longer if the clock is set back
	case s.renew && (s.merges || s.racy): // an unanswered create may have paged people, or not
	case s.revives && s.cleans && (s.odd || s.noBodies): // an answer without a body does not show that the text is cleaned
	case s.oversleeps && s.reopens: // what opens too late looks like an incident that a person opened again
	case s.oversleeps && leaves: // what opens too late may be left to a person, or not
	case s.oversleeps && s.noMarks: // what opens too late does not show whose it is
	default:
		return false
	}
	return true
}
