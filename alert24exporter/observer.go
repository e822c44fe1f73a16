// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/otel/attribute"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/reconcile"
)

// observer is the loop's view of the exporter.
type observer alert24Exporter

// Called counts and logs a call, and updates the component's status.
func (o *observer) Called(alias string, kind protocol.Kind, result protocol.Result, took time.Duration, err error) {
	if held(err) {
		return // no call was made
	}
	t := o.telemetry
	operation := attribute.String("operation", kind.String())
	t.builder.ExporterAlert24Requests.Add(context.Background(), 1,
		t.attributes(operation, attribute.String("result", result.String())))
	t.optional.ExporterAlert24RequestDuration.Record(context.Background(), took.Seconds(), t.attributes(operation))
	if reconcile.Asked(err) {
		t.called(result, err)
	}
	if err != nil && result != protocol.Gone && result != protocol.Foreign { // these do not fail; Learned logs what follows from them
		cause, fields := failed(alias, kind, result, err)
		if until := o.gate.OpensAt(kind); until.After(time.Now()) {
			fields = append(fields, zap.Time("calls_wait_until", until))
		}
		t.failures.Of(cause).Warn("A request to Alert24 failed", fields...)
	}
}

// held reports whether a pause turned the call, or the rest of a lookup, away.
func held(err error) bool {
	_, is := errors.AsType[*reconcile.PausedError](err)
	return is
}

// called notes the result of a call, and reports a change of the component's status.
func (t *telemetry) called(result protocol.Result, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.lately.apiWorks()
	t.lately.called(result, err)
	t.report(before, err)
}

// forgetAPI forgets the state of Alert24 and the number of orphans, because another replica calls Alert24 now.
func (t *telemetry) forgetAPI(ctx context.Context) {
	t.builder.ExporterAlert24Orphans.Record(ctx, 0, t.own)
	t.mu.Lock()
	defer t.mu.Unlock()
	before := t.lately.apiWorks()
	t.lately.forgetAPI()
	t.report(before, nil)
}

// report reports whether Alert24 works if that has changed.
func (t *telemetry) report(before bool, err error) {
	works := t.lately.apiWorks()
	if works == before {
		return
	}
	event := componentstatus.NewEvent(componentstatus.StatusOK)
	if !works {
		event = componentstatus.NewRecoverableErrorEvent(err)
	}
	componentstatus.ReportStatus(t.host, event)
}

// Learned logs one line for each change of an incident.
func (o *observer) Learned(a *protocol.Answered, err error) {
	if (held(err) || a.Answer.TurnedAway) && (a.Lesson == protocol.Nothing || a.Lesson == protocol.Retrying) {
		return // the call changed nothing
	}
	t := o.telemetry
	t.delays(a)
	o.lately.learned(a, err)
	id, number := a.Subject()
	fields := []zap.Field{
		zap.String("alias", a.Alias),
		zap.String("incident_id", id),
		zap.Int64("incident_number", number),
		zap.String("reason", reason(a, err)),
	}
	lesson := a.Lesson
	if lesson == protocol.Updated && a.Answer.Wrote == 0 {
		lesson = protocol.Nothing // the incident has this content already, or a person's edit stays
	}
	switch lesson {
	case protocol.Opened:
		t.logger.Info("Incident opened", fields...)
	case protocol.FoundOpen:
		t.logger.Info("Incident found", fields...)
	case protocol.Updated:
		t.logger.Info("Incident updated", append(fields, zap.Stringer("fields", a.Answer.Wrote))...)
	case protocol.ClosedIt:
		t.logger.Info("Incident closed", fields...)
	case protocol.FoundClosed:
		t.logger.Info("Incident is closed already", fields...)
	case protocol.StillOpen:
		t.failures.Warn("Incident is still open after its close; it is closed again", fields...)
	case protocol.ParkedIt:
		if a.Parks > 1 {
			return // already logged
		}
		if a.Call.Kind == protocol.Update {
			t.logger.Error("Alert24 refused an update of the incident; it is tried again each hour, and when its alerts change", fields...)
			break
		}
		t.logger.Error("Alert24 refused the incident; it is tried again less and less often, and when its alerts change", fields...)
	case protocol.Blocked:
		t.logger.Warn("Another tool's open incident has this alias; ours is opened when that one is closed",
			append(fields, zap.String("other_incident_id", a.Foreign))...)
	case protocol.FewerFields:
		t.logger.Warn("Alert24 fails to update this incident; the next updates send fewer fields",
			append(fields, zap.Stringer("form", a.Form))...)
	case protocol.NotOpened:
		o.lately.notOpened(a.Alias)
		return
	default:
		t.logger.Debug("Result learned", append(fields, zap.Stringer("call", a.Call.Kind), zap.Stringer("change", a.Lesson))...)
		return
	}
	t.builder.ExporterAlert24Incidents.Add(context.Background(), 1,
		t.attributes(attribute.String("change", a.Lesson.String())))
}

// reason tells people why an incident changed.
func reason(a *protocol.Answered, err error) string {
	switch {
	case err != nil:
		return err.Error()
	case a.Lesson == protocol.FoundClosed:
		return "somebody else closed or removed it"
	case a.Lesson == protocol.FoundOpen:
		return "Alert24 had it open"
	case a.Lesson == protocol.ParkedIt:
		return "Alert24 leaves it closed"
	default:
		return protocol.Why(a.Entry, a.Call)
	}
}

// delays measures how long the change was pending.
func (t *telemetry) delays(a *protocol.Answered) {
	if a.Waited > 0 {
		t.builder.ExporterAlert24WriteDelay.Record(context.Background(), a.Waited.Seconds(), t.own)
	}
	if start := a.FirstStart(); a.Lesson == protocol.Opened && !start.IsZero() {
		t.optional.ExporterAlert24OpenDelay.Record(context.Background(), max(time.Since(start), 0).Seconds(), t.own)
	}
}

// waited counts the time for which requests were held back.
func (t *telemetry) waited(d time.Duration) {
	t.optional.ExporterAlert24RequestWait.Add(context.Background(), d.Seconds(), t.own)
}

// Audited keeps the number of orphans.
func (o *observer) Audited(orphans int, err error) {
	t := o.telemetry
	if err != nil {
		t.failures.Warn("Alert24's open incidents could not be compared with the ledger", zap.Error(err))
		return
	}
	t.builder.ExporterAlert24Orphans.Record(context.Background(), int64(orphans), t.own)
}

// StorageFailed logs a failed write of the loop.
func (o *observer) StorageFailed(err error) {
	if errors.Is(err, ledger.ErrDeposed) {
		return // the storage works, and another replica uses it
	}
	o.telemetry.failures.Error("The ledger cannot be written; nothing is sent until it can", zap.Error(err))
}
