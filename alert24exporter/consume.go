// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/alert24/otelcol-alert24/internal/event"
)

// consume returns nil once the ledger holds the content of the records. An unusable record does not stop the others.
func (e *alert24Exporter) consume(ctx context.Context, logs plog.Logs) error {
	events, snapshots, bad := event.Read(logs, e.rules)
	if bad.Count > 0 {
		e.telemetry.refusedRecords(ctx, bad)
		e.lately.refused(bad)
		if len(events)+len(snapshots) == 0 {
			return consumererror.NewPermanent(unusableError{bad.First})
		}
	}
	if len(events) > 0 {
		e.lately.received.Store(true)
	}
	if e.replica != nil {
		return e.replica.accept(ctx, logs, events, snapshots)
	}
	t := e.term.Load()
	if t == nil {
		return errStopped
	}
	asked(snapshots, time.Now())
	return t.accept(ctx, events, snapshots)
}

// unusableError is returned if no record is usable. OTLP receivers answer with its status, 400 over HTTP; without a status they would answer 500.
type unusableError struct{ error }

// GRPCStatus implements the interface that package status looks for in an error.
func (e unusableError) GRPCStatus() *status.Status {
	return status.New(codes.InvalidArgument, e.Error())
}
