// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package watchdog

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// TestAnyHistory: with any mix of heartbeats, lists, lost events and restarts, a source that was heard lately has no open incident. A
// source that was heard regularly and then not for long has one. A source that was heard once has none.
func TestAnyHistory(t *testing.T) {
	cfg := testConfig(t)
	beat := heartbeat(&cfg, "eu", 1)
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t)
		now := noon
		var heardAt time.Time
		hearings, upSince, regular := 0, noon, false
		hear := func() {
			hearings++
			heardAt = now
			d.Hear([]protocol.Event{beat}, now)
		}
		check := func() {
			d.tick(now)
			switch silent := now.Sub(heardAt); {
			case hearings < 2 && d.fires():
				rt.Fatalf("fires after %d hearings", hearings)
			case hearings > 0 && silent < missing && d.fires():
				rt.Fatalf("fires although it was heard %s ago", silent)
			case regular && silent > missing && now.Sub(upSince) > missing && !d.fires():
				rt.Fatalf("silent for %s, and no incident", silent)
			}
		}
		check()
		for _, step := range rapid.SliceOfN(rapid.IntRange(0, 6), 0, 60).Draw(rt, "steps") {
			switch step {
			case 0:
				hear()
			case 1: // as a route of its own sends it
				for range 3 {
					hear()
					check()
					now = now.Add(time.Minute)
				}
				regular = true
			case 2:
				if hearings > 0 && len(d.sources) > 0 {
					heardAt = now
					hearings++
				}
				d.List(map[protocol.Key]bool{beat.Key: true}, now)
			case 3:
				now = now.Add(time.Minute)
			case 4:
				now = now.Add(10 * time.Minute)
			case 5:
				now = now.Add(time.Hour)
				d.last = now // it was down
				d.restart(now)
				upSince = now
			case 6: // a crash lost the last events, or they were applied twice
				d.entries = map[string]protocol.Timed{}
				d.restart(now)
				upSince = now
			}
			check()
		}
		require.LessOrEqual(rt, len(d.notes), 1)
	})
}
