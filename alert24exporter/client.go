// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"fmt"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/otel/attribute"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/lostconn"
	"github.com/alert24/otelcol-alert24/internal/reconcile"
)

// warn logs settings that are allowed but probably temporary.
func (e *alert24Exporter) warn(ctx context.Context) {
	var dry int64
	if e.cfg.DryRun {
		dry = 1
		e.set.Logger.Warn("This is a dry run: calls to Alert24 are logged and not sent; remove the key dry_run to send them")
	}
	e.telemetry.builder.ExporterAlert24DryRun.Record(ctx, dry, e.telemetry.own)
	if e.cfg.unencrypted() {
		e.set.Logger.Warn("The API key and all incidents travel unencrypted; change the key endpoint to https://",
			zap.String("endpoint", e.cfg.ClientConfig.Endpoint))
	}
}

// newManager returns a client of Alert24, or a dry run instead.
func (e *alert24Exporter) newManager(ctx context.Context, host component.Host, gate *reconcile.Gate) (reconcile.Manager, error) {
	cfg := alert24.Config{
		APIKey:        e.cfg.trimmedKey(),
		UserAgent:     fmt.Sprintf("%s/%s", e.set.BuildInfo.Command, e.set.BuildInfo.Version),
		Gate:          gate,
		Timeout:       e.cfg.ClientConfig.Timeout,
		Workers:       e.cfg.Limits.ConcurrentRequests,
		Source:        e.cfg.Incident.Source,
		Adopt:         e.cfg.Lifecycle.Foreign == ForeignAdopt,
		InitialStatus: e.cfg.Incident.InitialStatus,
		FieldDropped:  e.telemetry.fieldDropped,
	}
	if e.cfg.DryRun {
		return alert24.NewDryRun(e.telemetry.dryCall, cfg), nil
	}
	clientConfig := keepConnections(e.cfg)
	hc, err := clientConfig.ToClient(ctx, host.GetExtensions(), e.set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	return alert24.New(hc, e.cfg.ClientConfig.Endpoint, cfg)
}

// fieldDropped logs and counts an optional field that was dropped because the API refused it.
func (t *telemetry) fieldDropped(d alert24.Dropped) {
	t.optional.ExporterAlert24DroppedFields.Add(context.Background(), 1, t.attributes(attribute.String("field", d.Field)))
	if d.Alias == "" {
		t.failures.Warn("Alert24 refuses an optional field; all incidents omit it until the next start",
			zap.String("field", d.Field), zap.Error(d.Err))
		return
	}
	t.failures.Warn("Alert24 refuses the value of an optional field; this incident omits it",
		zap.String("alias", d.Alias), zap.String("field", d.Field), zap.Error(d.Err))
}

// dryCall logs a request that a dry run does not send.
func (t *telemetry) dryCall(_ context.Context, call alert24.DryCall) {
	t.logger.Info("Dry run: not sent",
		zap.String("method", call.Method), zap.String("path", call.Path), zap.ByteString("body", call.Body))
}

// places is how many requests may be under way at once. Requests beyond the user's limit for connections would wait for one in the order of
// their arrival, pages behind all others.
func (c *Config) places() int {
	places := c.Limits.ConcurrentRequests
	if most := c.ClientConfig.MaxConnsPerHost; most > 0 {
		places = min(places, most)
	}
	return places
}

// keepConnections returns the client's settings. They keep as many idle connections as there are concurrent requests, unless the user sets
// a number: by default, net/http keeps 2 and would reopen the others for each request. They also drop lost connections.
func keepConnections(cfg *Config) confighttp.ClientConfig {
	client := cfg.ClientConfig
	if set := client.Keepalive.Get(); set != nil && set.MaxIdleConnsPerHost == 0 {
		keepalive := *set
		keepalive.MaxIdleConnsPerHost = cfg.Limits.ConcurrentRequests
		client.Keepalive = configoptional.Some(keepalive)
	}
	lostconn.Drop(&client)
	return client
}
