// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import "time"

// theWitness is the source of all alerts of the model.
const theWitness Witness = 7

// witnesses is what the model knows of the source: a Prometheus with a watchdog.
type witnesses struct {
	// dead: it sends nothing. Its alerts end by themselves although they fire (lost). Alertmanager resolves them and lists neither them nor
	// the watchdog.
	dead   bool
	diedAt int
	lost   [2]bool
	// aliveAt is when it was last known to be alive; 0: never.
	aliveAt int
	// waitsSince is when the waiting resolve of each alert came.
	waitsSince [2]int
}

func (s *steps) ofWitness(sw switches) {
	if !sw.guarded {
		return
	}
	s.add(4, "source dies", func(w *world) { w.sourceDies() })
	s.add(3, "source is back", func(w *world) { w.sourceIsBack() })
}

// sourceDies ends all alerts of the source, but only because nothing reports them as firing any more.
func (w *world) sourceDies() {
	if w.dead {
		return
	}
	w.dead, w.diedAt = true, w.now
	for i := range w.alerts {
		if w.alerts[i].firing {
			w.lost[i] = true
			n := w.current(i)
			n.firing, n.end = false, w.instant(w.now)
			w.queue = append(w.queue, n)
		}
	}
}

// sourceIsBack sends the alerts that still fire again.
func (w *world) sourceIsBack() {
	w.dead = false
	for i := range w.alerts {
		if w.lost[i] && w.alerts[i].firing {
			w.queue = append(w.queue, w.current(i))
		}
		w.lost[i] = false
	}
}

// toggle lets alert i fire or resolve. Nothing is sent from a dead source.
func (w *world) toggle(i, now int, oldStart bool) {
	switch a := &w.alerts[i]; {
	case !w.dead:
		w.senders.toggle(i, now, oldStart)
	case a.firing:
		a.firing, a.end = false, w.instant(now)
	}
}

// witnessed is what the bridge knows of the source.
func (w *world) witnessed() map[Witness]time.Time {
	if !w.guarded {
		return nil
	}
	return map[Witness]time.Time{theWitness: at(w.aliveAt + w.skew)}
}

// checkWitness is I30 for m, alert i, which a snapshot lacks while its resolve waits: the resolve counts if and only if the source was
// alive after it came and after the alert's end.
func (w *world) checkWitness(i int, m *Member, ended bool) {
	attested := w.aliveAt >= w.waitsSince[i] && !at(w.aliveAt+w.skew).Before(earliest(m.EndsAt, at(w.waitsSince[i]+w.skew)))
	switch {
	case ended && w.lost[i] && w.alerts[i].firing && w.waitsSince[i] >= w.diedAt:
		w.Fatalf("I30: alert %d fires at a source that died, and was resolved", i)
	case ended != attested:
		w.Fatalf("I30: alert %d ended %t: its resolve came at %d, and the source was alive at %d", i, ended, w.waitsSince[i], w.aliveAt)
	}
}
