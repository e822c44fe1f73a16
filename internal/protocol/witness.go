// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "time"

// Witness identifies the source of an alert if its watchdog is watched. While that watchdog is heard, the source is alive, so its resolves
// can be trusted. A Witness is a hash of labels; 0 is none.
type Witness uint64

// maxUnheard is how long, at most, a resolve waits for its witness.
const maxUnheard = time.Hour

// longestWait is how long such a resolve waits if no snapshot comes. A snapshot after maxUnheard ends the wait earlier, and reports the
// resolve as Unconfirmed.
const longestWait = maxUnheard + 5*time.Minute

// waitOf returns how long the resolve waits.
func waitOf(ev *Event) time.Duration {
	if ev.Guarded {
		return longestWait
	}
	return min(ev.Wait, maxWait)
}

// attests changes m, whose resolve waits for its witness. The resolve counts if the witness was heard after the resolve came, by our clock,
// and at least Lease after the alert's end, by the sender's clock. If our clock is behind, the alert ended before its resolve came.
func (s *Snapshot) attests(m *Member, heard, now time.Time, did *Sighting) {
	since := m.HeldUntil.Add(-longestWait)
	switch {
	case !heard.Before(since) && !heard.Add(-s.Lease).Before(earliest(m.EndsAt, since)):
		m.finish(now)
		did.Confirmed++
	case now.Sub(since) >= maxUnheard:
		m.finish(now)
		did.Unconfirmed++
	default:
		did.Held++
	}
}

// absent changes m, which fires and has been absent for AbsentFor. The alerts of a dead source are absent, too.
func (s *Snapshot) absent(m *Member, now time.Time, did *Sighting) {
	heard, watched := s.Heard[m.Witness]
	switch {
	case !watched || !heard.Add(-s.Lease).Before(m.AbsentSince):
		did.Resolved++
	case now.Sub(m.AbsentSince) < maxUnheard:
		did.Held++
		return
	default:
		did.Unconfirmed++
	}
	m.end(m.AbsentSince)
}
