// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"
	"go.uber.org/zap"
)

// maxUnknownValues bounds the values that are logged, because labels can have any value.
const maxUnknownValues = 200

// unknownValues remembers logged values. The zero value is ready.
type unknownValues struct {
	mu   sync.Mutex
	seen map[[2]string]bool
}

// first reports whether the value is new and among the first maxUnknownValues.
func (u *unknownValues) first(key, value string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.seen[[2]string{key, value}] || len(u.seen) >= maxUnknownValues {
		return false
	}
	if u.seen == nil {
		u.seen = make(map[[2]string]bool)
	}
	u.seen[[2]string{strings.Clone(key), strings.Clone(value)}] = true
	return true
}

// unknownValue counts a value that is not in the map at key, and logs it once. used is the severity that the alert gets, if it needs one.
func (t *telemetry) unknownValue(key, value, used string) {
	t.optional.ExporterAlert24UnknownValues.Add(context.Background(), 1, t.attributes(attribute.String("key", key)))
	if t.unknown.first(key, value) {
		fields := []zap.Field{zap.String("key", key), zap.String("value", value)}
		if used != "" {
			fields = append(fields, zap.String("used_severity", used))
		}
		t.logger.Warn("A label's value has no entry in the map; add one", fields...)
	}
}
