// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/event"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/seldom"
)

// TelemetryConfig sets which metrics the exporter records.
type TelemetryConfig struct {
	// OptionalMetrics also records metrics that only the dashboard needs.
	OptionalMetrics bool `mapstructure:"optional_metrics"`
}

// telemetry is the operator's view: metrics, one log line per change of an incident, failures at a bounded rate, and the component's status.
type telemetry struct {
	id attribute.KeyValue // names the exporter
	// The attributes of measurements without other attributes, and of those of an outcome.
	own         metric.MeasurementOption
	withOutcome [protocol.NumOutcomes]metric.MeasurementOption

	logger   *zap.Logger
	builder  *metadata.TelemetryBuilder
	optional *metadata.TelemetryBuilder // measures nothing unless telemetry::optional_metrics is on
	host     component.Host
	failures *seldom.Logger
	unknown  unknownValues
	lately   *lately

	mu            sync.Mutex                                   // one report of the status at a time
	silences      *simplelru.LRU[string, map[string]time.Time] // ends of the logged silences, by source and id; guarded by mu
	storageFailed atomic.Bool                                  // the last write
	writesFailed  atomic.Int64                                 // number of failed writes, see ready
}

func newTelemetry(set exporter.Settings, cfg *TelemetryConfig) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	optional := builder
	if !cfg.OptionalMetrics {
		if optional, err = metadata.NewTelemetryBuilder(component.TelemetrySettings{MeterProvider: noop.NewMeterProvider()}); err != nil {
			return nil, err
		}
	}
	lately := newLately(set.Logger)
	t := &telemetry{
		id: attribute.String("exporter", set.ID.String()), logger: set.Logger, builder: builder, optional: optional, silences: newBySource[map[string]time.Time](),
		failures: lately.logger, lately: lately,
	}
	t.own = t.attributes()
	for o := range t.withOutcome {
		t.withOutcome[o] = t.attributes(attribute.String("outcome", protocol.Outcome(o).String()))
	}
	return t, nil
}

// countFromZero starts the counters whose first event is an alert, and whose second may come late: a counter that starts at 1 shows no
// increase. With a refused key, a quiet bridge asks only at its audits.
func (t *telemetry) countFromZero(ctx context.Context) {
	t.builder.ExporterAlert24RefusedRecords.Add(ctx, 0, t.own)
	t.builder.ExporterAlert24Requests.Add(ctx, 0,
		t.attributes(attribute.String("operation", protocol.Lookup.String()), attribute.String("result", protocol.Denied.String())))
}

func (t *telemetry) shutdown() { t.builder.Shutdown() }

// attributes returns the attributes of a measurement: the given ones, and which exporter it is. Without the latter, the exporters of a
// collector would overwrite each other's gauges and add to each other's counters.
func (t *telemetry) attributes(more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(append(more, t.id)...))
}

func (t *telemetry) templateFailed(key, alias string, err error) {
	t.optional.ExporterAlert24TemplateFailures.Add(context.Background(), 1, t.attributes(attribute.String("key", key)))
	about := zap.Skip()
	if alias != "" {
		about = zap.String("alias", alias)
	}
	t.failures.Warn("A template failed on an alert; the default is used instead", zap.String("key", key), about, zap.Error(err))
}

func (t *telemetry) refusedRecords(ctx context.Context, bad event.Bad) {
	t.builder.ExporterAlert24RefusedRecords.Add(ctx, bad.Count, t.own)
	t.failures.Warn("Refused log records that cannot become incidents", zap.Int64("records", bad.Count), zap.Error(bad.First))
}

func (t *telemetry) applied(ctx context.Context, outcomes []protocol.Outcome, took time.Duration, err error) {
	t.optional.ExporterAlert24LedgerWriteDuration.Record(ctx, took.Seconds(), t.own)
	if full, ok := errors.AsType[*ledger.FullError](err); ok {
		t.builder.ExporterAlert24RefusedEvents.Add(ctx, int64(full.Refused), t.own)
	}
	t.outcomes(ctx, outcomes)
}

// outcomes counts the outcomes of events.
func (t *telemetry) outcomes(ctx context.Context, outcomes []protocol.Outcome) {
	var counts [protocol.NumOutcomes]int64
	for _, o := range outcomes {
		counts[o]++
	}
	for o, n := range counts {
		if n > 0 {
			t.builder.ExporterAlert24Events.Add(ctx, n, t.withOutcome[o])
		}
	}
}

// errorType returns the span attribute for the reason why the ledger refused records.
func errorType(err error) string {
	if _, ok := errors.AsType[*ledger.FullError](err); ok {
		return "limits::aliases"
	}
	if errors.Is(err, storage.ErrStorageFull) {
		return "storage_full"
	}
	if errors.Is(err, ledger.ErrDeposed) {
		return "not_leading"
	}
	return "storage"
}
