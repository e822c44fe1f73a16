// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/alert24/otelcol-alert24/internal/text"
)

// host has no extensions: storage and authentication play no part here.
type host struct{}

func (host) GetExtensions() map[component.ID]component.Component { return nil }

func silent() component.TelemetrySettings {
	return component.TelemetrySettings{
		Logger:         zap.NewNop(),
		TracerProvider: tracenoop.NewTracerProvider(),
		MeterProvider:  metricnoop.NewMeterProvider(),
		Resource:       pcommon.NewResource(),
	}
}

// recorder is a log: it keeps the calls of a dry run, and warnings as notes.
type recorder struct {
	zapcore.LevelEnabler
	calls chan Call

	mu    sync.Mutex
	notes []string // each once
	taken int      // of notes
}

// callsKept is more than a dry run of one alias makes.
const callsKept = 16

func newRecorder() *recorder {
	return &recorder{LevelEnabler: zapcore.InfoLevel, calls: make(chan Call, callsKept)}
}

// With implements zapcore.Core. No field of the logger itself is of interest.
func (r *recorder) With([]zapcore.Field) zapcore.Core { return r }

// Check implements zapcore.Core.
func (r *recorder) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if r.Enabled(entry.Level) {
		return checked.AddCore(entry, r)
	}
	return checked
}

// Write implements zapcore.Core.
func (r *recorder) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	values := zapcore.NewMapObjectEncoder()
	for _, f := range fields {
		f.AddTo(values)
	}
	if call, ok := callOf(values.Fields); ok {
		select {
		case r.calls <- call:
		default:
		}
		return nil
	}
	if entry.Level >= zapcore.WarnLevel {
		r.note(entry.Message, fields, values.Fields)
	}
	return nil
}

// Sync implements zapcore.Core.
func (r *recorder) Sync() error { return nil }

func callOf(fields map[string]any) (Call, bool) {
	var call Call
	for name, to := range map[string]*string{"method": &call.Method, "path": &call.Path, "why": &call.Why} {
		var ok bool
		if *to, ok = fields[name].(string); !ok {
			return call, false
		}
	}
	body, ok := fields["body"].(string)
	call.Body = []byte(body)
	return call, ok
}

// note keeps a warning as one line. Texts are made again for each call, and so are their warnings.
func (r *recorder) note(message string, fields []zapcore.Field, values map[string]any) {
	var b strings.Builder
	b.WriteString(message)
	for i, f := range fields {
		separator := ", "
		if i == 0 {
			separator = ": "
		}
		fmt.Fprintf(&b, "%s%s %v", separator, f.Key, values[f.Key])
	}
	note := text.Printable(b.String())
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.notes, note) {
		r.notes = append(r.notes, note)
	}
}

// takeNotes returns the notes since it was last called.
func (r *recorder) takeNotes() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	notes := slices.Clone(r.notes[r.taken:])
	r.taken = len(r.notes)
	return notes
}

// sumOf returns a counter's value, over all its attributes.
func sumOf(ctx context.Context, reader sdkmetric.Reader, name string) (int64, error) {
	var metrics metricdata.ResourceMetrics
	if err := reader.Collect(ctx, &metrics); err != nil {
		return 0, err
	}
	var total int64
	for _, scope := range metrics.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || m.Name != name {
				continue
			}
			for _, point := range sum.DataPoints {
				total += point.Value
			}
		}
	}
	return total, nil
}
