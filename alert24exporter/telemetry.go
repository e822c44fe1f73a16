// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"
	"golang.org/x/time/rate"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// telemetry is what operators see: metrics, one log line per incident, failures at a bounded rate, and the status.
type telemetry struct {
	logger   *zap.Logger
	builder  *metadata.TelemetryBuilder
	host     component.Host
	failures *rate.Limiter // of log lines
	unknown  unknownValues

	mu            sync.Mutex // serialises reports of the status
	apiFailed     atomic.Bool
	storageFailed atomic.Bool  // the last write
	writesFailed  atomic.Int64 // all of them, see probe
}

func newTelemetry(set exporter.Settings) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return &telemetry{
		logger: set.Logger, builder: builder,
		failures: rate.NewLimiter(rate.Every(10*time.Second), 10),
	}, nil
}

func (t *telemetry) shutdown() { t.builder.Shutdown() }

func (t *telemetry) templateFailed(key string, err error) {
	t.builder.ExporterAlert24TemplateFailures.Add(context.Background(), 1, metric.WithAttributes(attribute.String("key", key)))
	if t.failures.Allow() {
		t.logger.Warn("A template failed on an alert; its default took its place", zap.String("key", key), zap.Error(err))
	}
}

func (t *telemetry) ignoredRecords(ctx context.Context, n int64) {
	if n > 0 {
		t.builder.ExporterAlert24IgnoredRecords.Add(ctx, n)
	}
}

func (t *telemetry) refusedRecords(ctx context.Context, bad *badRecords) {
	t.builder.ExporterAlert24RefusedRecords.Add(ctx, bad.count)
	if t.failures.Allow() {
		t.logger.Warn("Log records that cannot become incidents are refused", zap.Int64("records", bad.count), zap.Error(bad.first))
	}
}

func (t *telemetry) applied(ctx context.Context, outcomes []ledger.Outcome, took time.Duration, err error) {
	t.builder.ExporterAlert24LedgerWriteDuration.Record(ctx, took.Seconds())
	full, isFull := errors.AsType[*ledger.FullError](err)
	if isFull {
		t.builder.ExporterAlert24RefusedAliases.Add(ctx, int64(full.Refused))
	}
	t.stored(ctx, err == nil || isFull)
	counts := map[ledger.Outcome]int64{}
	for _, o := range outcomes {
		counts[o]++
	}
	for o, n := range counts {
		t.builder.ExporterAlert24Events.Add(ctx, n, metric.WithAttributes(attribute.String("outcome", o.String())))
	}
}

// stored keeps whether the last write of the ledger succeeded.
func (t *telemetry) stored(ctx context.Context, ok bool) {
	t.storageFailed.Store(!ok)
	if !ok {
		t.writesFailed.Add(1)
		t.builder.ExporterAlert24StorageFailures.Add(ctx, 1)
	}
}

// counted counts the writes of the ledger that client carries out.
func (t *telemetry) counted(client storage.Client) storage.Client {
	walker, ok := client.(storage.Walker)
	if !ok {
		return client // in memory only, or refused by the ledger
	}
	return countedClient{client, walker, t.builder}
}

type countedClient struct {
	storage.Client
	storage.Walker
	builder *metadata.TelemetryBuilder
}

func (c countedClient) Batch(ctx context.Context, ops ...*storage.Operation) error {
	err := c.Client.Batch(ctx, ops...)
	if err == nil {
		c.builder.ExporterAlert24LedgerWrites.Add(ctx, 1)
	}
	return err
}

// errorType names, for a span, why a push was not taken.
func errorType(err error) string {
	if _, ok := errors.AsType[*ledger.FullError](err); ok {
		return "limits::aliases"
	}
	if errors.Is(err, storage.ErrStorageFull) {
		return "storage_full"
	}
	return "storage"
}

// observer is the exporter as the loop sees it.
type observer alert24Exporter

// Called counts a call and keeps the component's status.
func (o *observer) Called(kind ledger.Kind, verdict ledger.Verdict, took time.Duration, err error) {
	t := o.telemetry
	operation := attribute.String("operation", kind.String())
	t.builder.ExporterAlert24Requests.Add(context.Background(), 1,
		metric.WithAttributes(operation, attribute.String("answer", verdict.String())))
	t.builder.ExporterAlert24RequestDuration.Record(context.Background(), took.Seconds(), metric.WithAttributes(operation))
	t.status(verdict, err)
	if err != nil && verdict != ledger.Gone && t.failures.Allow() {
		t.logger.Warn("A request to Alert24 failed", zap.Stringer("operation", kind), zap.Stringer("answer", verdict), zap.Error(err))
	}
}

// status reports whether the API works, on change only.
func (t *telemetry) status(verdict ledger.Verdict, err error) {
	works := verdict == ledger.Accepted || verdict == ledger.Gone || verdict == ledger.Refused
	t.mu.Lock()
	defer t.mu.Unlock()
	if works != t.apiFailed.Load() {
		return
	}
	t.apiFailed.Store(!works)
	event := componentstatus.NewEvent(componentstatus.StatusOK)
	if !works {
		event = componentstatus.NewRecoverableErrorEvent(err)
	}
	componentstatus.ReportStatus(t.host, event)
}

// Learned logs one line for each change of an incident.
func (o *observer) Learned(a *ledger.Answered, err error) {
	t := o.telemetry
	t.stored(context.Background(), true)
	t.delays(a)
	fields := []zap.Field{
		zap.String("alias", a.Alias),
		zap.String("incident_id", a.Entry.Incident.ID),
		zap.Int64("incident_number", a.Entry.Incident.Number),
		zap.String("reason", reason(a, err)),
	}
	switch a.Lesson {
	case ledger.Opened:
		t.logger.Info("Incident opened", fields...)
	case ledger.Adopted:
		t.logger.Info("Incident found", fields...)
	case ledger.Updated:
		t.logger.Info("Incident updated", fields...)
	case ledger.ClosedIt:
		t.logger.Info("Incident resolved", fields...)
	case ledger.FoundClosed:
		t.logger.Info("Incident is closed already", fields...)
	case ledger.ParkedIt:
		t.logger.Error("Incident parked: nothing more is sent until its alerts change", fields...)
	default:
		t.logger.Debug("Answer learnt", append(fields, zap.Stringer("call", a.Call.Kind), zap.Stringer("lesson", a.Lesson))...)
		return
	}
	t.builder.ExporterAlert24Incidents.Add(context.Background(), 1,
		metric.WithAttributes(attribute.String("change", a.Lesson.String())))
}

// reason says, for people, why an incident changed.
func reason(a *ledger.Answered, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case a.Lesson == ledger.Opened && a.Call.Kind == ledger.Reopen:
		return "Alert24 had it closed while an alert fires"
	case a.Lesson == ledger.Opened:
		return "an alert fires"
	case a.Lesson == ledger.Adopted:
		return "Alert24 had it open"
	case a.Lesson == ledger.Updated:
		return "its alerts say something else"
	case a.Lesson == ledger.ClosedIt && a.Call.ID != a.Entry.Incident.ID:
		return "a second incident of one alias"
	case a.Lesson == ledger.ClosedIt:
		return "no alert fires any more"
	case a.Lesson == ledger.FoundClosed:
		return "somebody else closed or removed it"
	case a.Lesson == ledger.ParkedIt:
		return "Alert24 leaves it closed"
	default:
		return ""
	}
}

// delays measures how long people waited for the change.
func (t *telemetry) delays(a *ledger.Answered) {
	if a.Waited > 0 {
		t.builder.ExporterAlert24WriteDelay.Record(context.Background(), a.Waited.Seconds())
	}
	if start := a.Entry.FirstStart(); a.Lesson == ledger.Opened && !start.IsZero() {
		t.builder.ExporterAlert24OpenDelay.Record(context.Background(), max(time.Since(start), 0).Seconds())
	}
}

// Waited counts the time that requests were held back.
func (o *observer) Waited(d time.Duration) {
	o.telemetry.builder.ExporterAlert24RequestWait.Add(context.Background(), d.Seconds())
}

// Audited keeps the number of orphans.
func (o *observer) Audited(orphans int, err error) {
	t := o.telemetry
	if err != nil {
		if t.failures.Allow() {
			t.logger.Warn("Alert24's open incidents could not be compared with the ledger", zap.Error(err))
		}
		return
	}
	t.builder.ExporterAlert24Orphans.Record(context.Background(), int64(orphans))
}

// StorageFailed counts a failed write of the loop.
func (o *observer) StorageFailed(err error) {
	t := o.telemetry
	t.stored(context.Background(), false)
	if t.failures.Allow() {
		t.logger.Error("The ledger cannot be written; nothing is sent until it can", zap.Error(err))
	}
}
