// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// sync applies a list of Alertmanager's alerts to the ledger. If that fails halfway, the next list makes up for it.
func (t *term) sync(ctx context.Context, s *protocol.Snapshot) error {
	ctx, span := t.exporter.tracer.Start(ctx, "alert24 sync", trace.WithAttributes(
		attribute.Int("alert24.listed", len(s.Listed)), attribute.Bool("alert24.complete", s.Complete)))
	defer span.End()
	t.watch.list(s)
	did, wake, err := t.ledger.Sync(ctx, s)
	t.exporter.telemetry.synced(ctx, s, did, err)
	t.watch.held(s, did)
	t.exporter.telemetry.silenced(s)
	t.exporter.lately.synced(s)
	t.loop.Notify(ctx, wake...)
	if err != nil {
		span.SetAttributes(attribute.String("error.type", errorType(err)))
		span.SetStatus(otelcodes.Error, err.Error())
	}
	return err
}

// synced counts the effects of a list, and logs the resolves, because no webhook shows them.
func (t *telemetry) synced(ctx context.Context, s *protocol.Snapshot, did protocol.Sighting, err error) {
	if err == nil {
		t.optional.ExporterAlert24Syncs.Add(ctx, 1, t.own)
	}
	// Start at 0: a counter that starts at 1 shows no increase.
	t.builder.ExporterAlert24Events.Add(ctx, 0, t.withOutcome[protocol.Repaired])
	t.effects(ctx, did)
	if did.Resolved > 0 {
		t.logger.Info("Alerts resolved without a webhook: Alertmanager no longer lists them",
			zap.String("source", s.Source), zap.Int("alerts", did.Resolved))
	}
}

// effects counts the effects of a list on alerts.
func (t *telemetry) effects(ctx context.Context, did protocol.Sighting) {
	for effect, n := range map[string]int{
		"shown": did.Shown, "resolved": did.Resolved, "echo_released": did.Released, "echo_cancelled": did.Cancelled,
		"resolve_confirmed": did.Confirmed, "resolve_withdrawn": did.Withdrawn, "resolve_unconfirmed": did.Unconfirmed,
	} {
		if n > 0 {
			t.optional.ExporterAlert24SyncedAlerts.Add(ctx, int64(n), t.attributes(attribute.String("effect", effect)))
		}
	}
}

// maxSources bounds the remembered sources of lists. Records from elsewhere can name any source.
const maxSources = 1000

// newBySource returns a memory of something for each source that sent a list lately.
func newBySource[V any]() *simplelru.LRU[string, V] {
	bySource, _ := simplelru.NewLRU[string, V](maxSources, nil) // only a size below 1 is an error
	return bySource
}

// maxSilences bounds the logged silences of one source.
const maxSilences = 10_000

// silenced logs each silence once. A list can lack a silence for a while: an Alertmanager did not answer, a replica asked earlier, or no
// alert was silenced by it. So a silence is forgotten when it has ended.
func (t *telemetry) silenced(s *protocol.Snapshot) {
	t.mu.Lock()
	defer t.mu.Unlock()
	logged, _ := t.silences.Get(s.Source)
	known := make(map[string]time.Time, len(logged)+len(s.Silences))
	if now := time.Now(); len(logged) < maxSilences {
		for id, until := range logged {
			if until.After(now) {
				known[id] = until
			}
		}
	}
	for i := range s.Silences {
		silence := &s.Silences[i]
		if _, before := logged[silence.ID]; !before {
			t.logger.Info("Alerts are silenced in Alertmanager; their incidents stay open until the alerts resolve",
				zap.String("source", s.Source), zap.String("silence", silence.ID), zap.String("created_by", silence.By),
				zap.Time("until", silence.Until), zap.Int("alerts", len(silence.Keys)))
		}
		known[silence.ID] = silence.Until
	}
	if len(known) > 0 {
		t.silences.Add(s.Source, known)
	} else {
		t.silences.Remove(s.Source)
	}
}
