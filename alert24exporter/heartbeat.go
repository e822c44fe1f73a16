// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/otel/attribute"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/lostconn"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	heartbeatEvery   = time.Minute
	heartbeatTimeout = 10 * time.Second
	// heartbeatPoll is the time between checks whether a source is heard.
	heartbeatPoll = time.Second
	// maxDrained is how much of an answer is read, so that the connection can be reused.
	maxDrained = 64 << 10
)

// heartbeat requests a secret URL: no error, log line or span contains it.
type heartbeat struct {
	url       string
	client    *http.Client
	telemetry *telemetry
}

// newHeartbeat returns nil without a URL and in a dry run. It uses the exporter's TLS settings and proxy, but neither its key nor its headers.
func (e *alert24Exporter) newHeartbeat(ctx context.Context, host component.Host) (*heartbeat, error) {
	if e.cfg.Watchdog.heartbeat() == "" || e.cfg.DryRun {
		return nil, nil //nolint:nilnil // there is none
	}
	cfg := confighttp.NewDefaultClientConfig()
	lostconn.Drop(&cfg)
	cfg.TLS, cfg.ProxyURL, cfg.Timeout = e.cfg.ClientConfig.TLS, e.cfg.ClientConfig.ProxyURL, heartbeatTimeout
	quiet := e.set.TelemetrySettings // spans and metrics would contain the URL
	quiet.TracerProvider, quiet.MeterProvider = tracenoop.NewTracerProvider(), metricnoop.NewMeterProvider()
	client, err := cfg.ToClient(ctx, host.GetExtensions(), quiet)
	if err != nil {
		return nil, fmt.Errorf("watchdog::heartbeat_url: %w", err)
	}
	// A redirect would send the URL to another server, as the referrer.
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &heartbeat{url: e.cfg.Watchdog.heartbeat(), client: client, telemetry: e.telemetry}, nil
}

// run requests the URL once a minute while beats returns true, until ctx ends.
func (h *heartbeat) run(ctx context.Context, beats func() bool) {
	defer h.client.CloseIdleConnections()
	for ctx.Err() == nil {
		if !beats() {
			sleep.For(ctx, heartbeatPoll)
			continue
		}
		next := time.Now().Add(heartbeatEvery)
		err := h.request(ctx)
		if ctx.Err() != nil {
			return
		}
		h.telemetry.heartbeat(ctx, err)
		sleep.For(ctx, time.Until(next))
	}
}

func (h *heartbeat) request(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, h.url, http.NoBody)
	if err != nil {
		return errors.New("the URL cannot be used")
	}
	res, err := h.client.Do(req)
	if err != nil {
		if wrapped, ok := errors.AsType[*url.Error](err); ok {
			err = wrapped.Err // without the URL
		}
		return err
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, maxDrained)
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("the answer is status %d", res.StatusCode)
	}
	return nil
}

// heartbeat counts and logs a request.
func (t *telemetry) heartbeat(ctx context.Context, err error) {
	result := "done"
	if err != nil {
		result = "failed"
	}
	t.builder.ExporterAlert24Heartbeats.Add(ctx, 1, t.attributes(attribute.String("result", result)))
	if err != nil {
		t.failures.Warn("The request to watchdog::heartbeat_url failed; it is repeated in a minute", zap.Error(err))
	}
}
