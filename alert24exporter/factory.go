// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
)

// failuresPerMinute bounds the log lines per message about what was refused or opened nothing. The metrics count all.
const failuresPerMinute = 10

// sampled returns a logger that passes on each message at most failuresPerMinute times.
func sampled(logger *zap.Logger) *zap.Logger {
	return logger.WithOptions(zap.WrapCore(func(core zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(core, time.Minute, failuresPerMinute, 0)
	}))
}

// NewFactory returns the factory of the alert24 exporter.
func NewFactory() exporter.Factory {
	return exporter.NewFactory(
		metadata.Type,
		createDefaultConfig,
		exporter.WithLogs(createLogs, metadata.LogsStability),
	)
}

func createLogs(ctx context.Context, set exporter.Settings, cfg component.Config) (exporter.Logs, error) {
	set.Logger = set.Logger.WithOptions(zap.AddStacktrace(zap.FatalLevel)) // an error is one line
	e, err := newExporter(set, cfg.(*Config))
	if err != nil {
		return nil, err
	}
	// The helper logs each error of consume.
	set.Logger = sampled(set.Logger)
	// No queue and no retry: errors reach the receiver at once and unchanged, so that it can answer the sender.
	return exporterhelper.NewLogs(ctx, set, cfg, e.consume,
		exporterhelper.WithStart(e.start),
		exporterhelper.WithShutdown(e.shutdown),
		exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}),
		exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{Timeout: 0}),
	)
}
