// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"net/http"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"

	"github.com/alert24/otelcol-alert24/alertmanagerreceiver/internal/metadata"
)

// telemetry holds the receiver's own metrics.
type telemetry struct {
	*metadata.TelemetryBuilder
	id attribute.KeyValue // names the receiver
	// The attributes of measurements without other attributes, and of an accepted webhook.
	own, accepted metric.MeasurementOption
	// optional measures nothing unless telemetry::optional_metrics is on.
	optional *metadata.TelemetryBuilder
}

func newTelemetry(set receiver.Settings, cfg *TelemetryConfig) (*telemetry, error) {
	builder, err := metadata.NewTelemetryBuilder(set.TelemetrySettings)
	t := &telemetry{TelemetryBuilder: builder, id: attribute.String("receiver", set.ID.String()), optional: builder}
	t.own, t.accepted = t.attributes(), t.withStatus(http.StatusOK)
	if err != nil || cfg.OptionalMetrics {
		return t, err
	}
	t.optional, err = metadata.NewTelemetryBuilder(component.TelemetrySettings{MeterProvider: noop.NewMeterProvider()})
	return t, err
}

// attributes returns the attributes of a measurement: the given ones, and which receiver it is. Without the latter, the receivers of a
// collector would overwrite each other's gauges and add to each other's counters.
func (t *telemetry) attributes(more ...attribute.KeyValue) metric.MeasurementOption {
	return metric.WithAttributeSet(attribute.NewSet(append(more, t.id)...))
}

func (t *telemetry) withStatus(status int) metric.MeasurementOption {
	return t.attributes(attribute.Int("http.response.status_code", status))
}

// webhook counts a webhook by its answer.
func (t *telemetry) webhook(ctx context.Context, status int) {
	attributes := t.accepted
	if status != http.StatusOK {
		attributes = t.withStatus(status)
	}
	t.ReceiverAlertmanagerWebhooks.Add(ctx, 1, attributes)
}
