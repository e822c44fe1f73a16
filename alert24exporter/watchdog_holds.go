// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// attest lets held resolves count if a webhook has shown that their watchdog is alive, or if they have waited too long. It does not
// wait for snapshots, because they may be rare.
func (w *watch) attest(ctx context.Context) error {
	var s protocol.Snapshot
	w.mu.Lock()
	w.watchdog.Witness(&s)
	w.mu.Unlock()
	did, wake, err := w.ledger.Sync(ctx, &s)
	if err != nil {
		w.holds.begin() // it has not seen all
	}
	w.exporter.telemetry.effects(ctx, did)
	w.held(&s, did)
	w.loop.Notify(ctx, wake...)
	return err
}

// holds counts the held resolves that the last snapshot of each source saw.
type holds struct {
	mu       sync.Mutex
	some     bool // there may be held resolves; a check clears it as it begins
	bySource *simplelru.LRU[string, int]
	loggedAt time.Time
	seenAt   time.Time
}

// begin notes that a resolve may be held. The ledger has it already: a check that begins now sees it.
func (h *holds) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.some = true
}

const (
	// attestEvery is the time between checks of held resolves without snapshots; logEvery the time between log lines about them.
	attestEvery = 30 * time.Second
	logEvery    = 10 * time.Minute
)

// due reports whether a check of held resolves is due. The caller then makes it.
func (h *holds) due(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.some || now.Sub(h.seenAt) < attestEvery {
		return false
	}
	h.some, h.seenAt = false, now
	return true
}

// see notes how many resolves are held, and reports whether to log that.
func (h *holds) see(source string, held int, now time.Time) (log bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if held > 0 {
		h.bySource.Add(source, held)
	} else {
		h.bySource.Remove(source)
	}
	if log = held > 0 && (h.loggedAt.IsZero() || now.Sub(h.loggedAt) >= logEvery); log {
		h.loggedAt = now
	}
	if h.bySource.Len() == 0 {
		h.loggedAt = time.Time{}
	} else {
		h.some = true
	}
	return log
}

// most returns the largest count. A sum would count some resolves twice, because each source sees all resolves on which it decides.
func (h *holds) most() (most int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, n := range h.bySource.Values() {
		most = max(most, n)
	}
	return most
}

// held logs held resolves, and those that were held for too long.
func (w *watch) held(s *protocol.Snapshot, did protocol.Sighting) {
	if !w.cfg.HoldResolves {
		return
	}
	t := w.exporter.telemetry
	if w.holds.see(s.Source, did.Held, time.Now()) {
		t.logger.Warn("Resolves wait until the watchdog of their source is heard, an hour at most",
			zap.Int("alerts", did.Held))
	}
	if did.Unconfirmed > 0 {
		t.logger.Warn("Resolves count although the watchdog of their source has not been heard for an hour; their incidents close",
			zap.Int("alerts", did.Unconfirmed))
	}
}
