// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"errors"
	"regexp"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/pdata/plog"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/alert24exporter"
)

const (
	// ignoredRecords counts, before a push returns, its records that are to open no incident.
	ignoredRecords = "otelcol_exporter_alert24_ignored_records"
	// callTimeout is only reached when the exporter does not make the call that it must.
	callTimeout = 30 * time.Second
)

var errNoCall = errors.New("the exporter made no call")

// dryRun is an exporter that runs with an empty ledger and sends nothing.
type dryRun struct {
	logs     exporter.Logs
	recorder *recorder
	reader   *sdkmetric.ManualReader
	meters   *sdkmetric.MeterProvider
}

func startDryRun(ctx context.Context, cfg *alert24exporter.Config) (*dryRun, error) {
	d := &dryRun{recorder: newRecorder(), reader: sdkmetric.NewManualReader()}
	d.meters = sdkmetric.NewMeterProvider(sdkmetric.WithReader(d.reader))
	telemetry := silent()
	telemetry.Logger, telemetry.MeterProvider = zap.New(d.recorder), d.meters
	factory := alert24exporter.NewFactory()
	logs, err := factory.CreateLogs(ctx, exporter.Settings{
		ID: component.NewID(factory.Type()), TelemetrySettings: telemetry, BuildInfo: component.NewDefaultBuildInfo(),
	}, dry(cfg))
	if err != nil {
		return nil, errors.Join(err, d.meters.Shutdown(ctx))
	}
	d.logs = logs
	if err := d.logs.Start(ctx, host{}); err != nil {
		return nil, errors.Join(err, d.stop(ctx))
	}
	d.recorder.takeNotes() // that it is a dry run, in memory
	return d, nil
}

// dry is cfg with all that decides what is sent, and nothing that decides how or when.
func dry(cfg *alert24exporter.Config) *alert24exporter.Config {
	own := *cfg
	own.DryRun = true
	own.Storage = nil
	own.APIKey = ""
	own.ClientConfig = confighttp.NewDefaultClientConfig()
	own.ClientConfig.Endpoint, own.ClientConfig.Timeout = cfg.ClientConfig.Endpoint, cfg.ClientConfig.Timeout
	own.Limits.ConcurrentRequests, own.Limits.RequestsPerSecond = 1, 0
	own.Lifecycle.AuditInterval, own.Lifecycle.RefreshInterval, own.Lifecycle.ResolveDelay, own.Lifecycle.StaleAfter = 0, 0, 0, 0
	return &own
}

// push returns how many of the records are to open no incident.
func (d *dryRun) push(ctx context.Context, records ...record) (int, error) {
	before, err := sumOf(ctx, d.reader, ignoredRecords)
	if err != nil {
		return 0, err
	}
	if err := d.logs.ConsumeLogs(ctx, logsOf(records)); err != nil {
		return 0, err
	}
	after, err := sumOf(ctx, d.reader, ignoredRecords)
	return int(after - before), err
}

func logsOf(records []record) plog.Logs {
	logs := plog.NewLogs()
	for _, r := range records {
		rl := logs.ResourceLogs().AppendEmpty()
		r.resource.CopyTo(rl.Resource())
		r.log.CopyTo(rl.ScopeLogs().AppendEmpty().LogRecords().AppendEmpty())
	}
	return logs
}

// dryRunID is the end of a path that names an incident of the dry run.
var dryRunID = regexp.MustCompile(`/dry-run-\d+$`)

// call waits for the next call. It is asked for only when one must come.
func (d *dryRun) call(ctx context.Context) (*Call, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, callTimeout, errNoCall)
	defer cancel()
	select {
	case call := <-d.recorder.calls:
		call.Path = dryRunID.ReplaceAllString(call.Path, "/{id}")
		return &call, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (d *dryRun) stop(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	return errors.Join(d.logs.Shutdown(ctx), d.meters.Shutdown(ctx))
}

// during starts a dry run for use and stops it.
func during(ctx context.Context, cfg *alert24exporter.Config, use func(*dryRun) error) error {
	d, err := startDryRun(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(use(d), d.stop(ctx))
}
