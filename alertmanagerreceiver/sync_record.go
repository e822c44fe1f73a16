// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// record returns the record of a round for the exporter. It is a single record, so that no processor can split it or drop a part.
func (p *poller) record(r *round) plog.Logs {
	logs := plog.NewLogs()
	rl := logs.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr(attrs.ServiceName, attrs.ServiceNameValue)
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName(metadata.ScopeName)
	sl.Scope().SetVersion(p.version)
	lr := sl.LogRecords().AppendEmpty()
	lr.SetEventName(attrs.SyncEventName)
	lr.SetObservedTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	a := lr.Attributes()
	a.PutStr(attrs.SyncSource, p.source)
	a.PutBool(attrs.SyncComplete, r.complete)
	a.PutInt(attrs.SyncAge, r.age().Milliseconds()+1) // rounded up
	a.PutInt(attrs.SyncAbsentFor, p.cfg.AbsentFor.Milliseconds())
	a.PutStr(attrs.Epoch, p.handler.epoch)
	a.PutInt(attrs.Seq, webhook.SequenceOf(r.arrival))
	a.PutEmptyBytes(attrs.SyncActive).FromRaw(keys(r.active, true))
	a.PutEmptyBytes(attrs.SyncSuppressed).FromRaw(keys(r.active, false))
	if len(r.silences) > 0 {
		all := a.PutEmptySlice(attrs.SyncSilences)
		for _, id := range slices.Sorted(maps.Keys(r.silences)) {
			s, m := r.silences[id], all.AppendEmpty().SetEmptyMap()
			m.PutStr(attrs.SilenceID, id)
			m.PutStr(attrs.SilenceBy, s.By)
			m.PutStr(attrs.SilenceUntil, s.Until.UTC().Format(time.RFC3339Nano))
			m.PutEmptyBytes(attrs.SilenceKeys).FromRaw(keys(s.keys, true))
		}
	}
	return logs
}

// note counts a poll, and logs why the sync is incomplete: once, until the reason changes.
func (p *poller) note(ctx context.Context, e *endpoint, a *answer, err error) {
	if errors.Is(ctx.Err(), context.Canceled) {
		return // the receiver shuts down
	}
	p.handler.telemetry.optional.ReceiverAlertmanagerSyncPolls.Add(ctx, 1, p.handler.telemetry.attributes(attribute.String("result", string(a.result))))
	why := a.why
	if err != nil {
		why = err.Error()
	}
	if why == e.logged {
		return
	}
	e.logged = why
	if why == "" {
		p.handler.logger.Info("The sync has a complete list from this Alertmanager", zap.String("endpoint", e.address), zap.Int("alerts", len(a.alerts)))
		return
	}
	p.handler.logger.Warn("The sync with Alertmanager is not complete: until it is, an alert's absence from the list does not resolve it",
		zap.String("endpoint", e.address), zap.String("reason", why))
}
