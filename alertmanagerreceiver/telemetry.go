// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
)

// telemetry holds the receiver's own metrics.
type telemetry struct {
	*metadata.TelemetryBuilder
	// optional measures nothing unless telemetry::optional_metrics is on.
	optional *metadata.TelemetryBuilder
}

func newTelemetry(set component.TelemetrySettings, cfg *TelemetryConfig) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(set)
	if err != nil || cfg.OptionalMetrics {
		return &telemetry{builder, builder}, err
	}
	optional, err := metadata.NewTelemetryBuilder(component.TelemetrySettings{MeterProvider: noop.NewMeterProvider()})
	return &telemetry{builder, optional}, err
}
