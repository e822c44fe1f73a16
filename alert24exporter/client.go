// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"fmt"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configopaque"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/alert24"
)

// warn says what is allowed but surely not meant to last.
func (e *alert24Exporter) warn(ctx context.Context) {
	var dry int64
	if e.cfg.DryRun {
		dry = 1
		e.set.Logger.Warn("This is a dry run: calls to Alert24 are logged and not sent; remove the key dry_run to send them")
	}
	e.telemetry.builder.ExporterAlert24DryRun.Record(ctx, dry)
	if e.cfg.unencrypted() {
		e.set.Logger.Warn("The API key and all incidents travel unencrypted; change the key endpoint to https://",
			zap.String("endpoint", e.cfg.ClientConfig.Endpoint))
	}
}

func (e *alert24Exporter) newClient(ctx context.Context, host component.Host) (*alert24.Client, error) {
	clientConfig := keepConnections(e.cfg)
	hc, err := clientConfig.ToClient(ctx, host.GetExtensions(), e.set.TelemetrySettings)
	if err != nil {
		return nil, err
	}
	if e.cfg.DryRun {
		hc.Transport = &dryRun{logger: e.set.Logger}
	}
	return alert24.New(hc, e.cfg.ClientConfig.Endpoint,
		alert24.WithAPIKey(configopaque.String(strings.TrimSpace(string(e.cfg.APIKey)))),
		alert24.WithUserAgent(fmt.Sprintf("%s/%s", e.set.BuildInfo.Command, e.set.BuildInfo.Version)),
		alert24.WithFieldDropped(func(field string, err error) {
			e.set.Logger.Warn("Alert24 refuses a field that it does not need; it is left out from now on",
				zap.String("field", field), zap.Error(err))
		}),
	)
}

// keepConnections returns the client's settings with as many idle connections as there are concurrent requests, unless
// the user says how many: the default of net/http is 2, and all others would be made anew for each request.
func keepConnections(cfg *Config) confighttp.ClientConfig {
	client := cfg.ClientConfig
	if set := client.Keepalive.Get(); set != nil && set.MaxIdleConnsPerHost == 0 {
		keepalive := *set
		keepalive.MaxIdleConnsPerHost = cfg.Limits.ConcurrentRequests
		client.Keepalive = configoptional.Some(keepalive)
	}
	return client
}
