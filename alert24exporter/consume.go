// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/alert24/otelcol-alert24/internal/event"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// consume returns nil once the ledger holds what the records say. A bad record does not stop the others.
func (e *alert24Exporter) consume(ctx context.Context, logs plog.Logs) error {
	events, snapshots, bad := event.Read(logs, e.renderer)
	if bad.Count > 0 {
		e.telemetry.refusedRecords(ctx, bad)
		if len(events)+len(snapshots) == 0 {
			return consumererror.NewPermanent(unusableError{bad.First})
		}
	}
	var err error
	if len(events) > 0 {
		err = e.take(ctx, events)
	}
	for _, s := range snapshots {
		err = errors.Join(err, e.sync(ctx, s))
	}
	return err
}

// take applies events.
func (e *alert24Exporter) take(ctx context.Context, events []protocol.Event) error {
	began := time.Now()
	outcomes, err := e.apply(ctx, events)
	e.telemetry.applied(ctx, outcomes, time.Since(began), err)
	e.loop.Notify(ctx, e.ledger.ToWake(events, outcomes)...)
	return err
}

func (e *alert24Exporter) apply(ctx context.Context, events []protocol.Event) ([]protocol.Outcome, error) {
	ctx, span := e.tracer.Start(ctx, "alert24 ledger write", trace.WithAttributes(attribute.Int("alert24.events", len(events))))
	defer span.End()
	outcomes, err := e.ledger.Apply(ctx, events)
	if err != nil {
		span.SetAttributes(attribute.String("error.type", errorType(err)))
		span.SetStatus(otelcodes.Error, err.Error())
	}
	return outcomes, err
}

// unusableError is returned if no record can be used. OTLP receivers answer with its status, 400 over HTTP; without one
// they would answer 500.
type unusableError struct{ error }

// GRPCStatus implements what package status looks for in an error.
func (e unusableError) GRPCStatus() *status.Status {
	return status.New(codes.InvalidArgument, e.Error())
}
