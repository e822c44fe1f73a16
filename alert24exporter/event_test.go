// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// A time that a record cannot hold would be acknowledged and lost with the next start.
func TestTimeOf(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-03-19T14:30:00.123+01:00": time.Date(2026, 3, 19, 13, 30, 0, 123e6, time.UTC),
		"9999-12-31T23:59:59Z":          time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		"9999-12-31T23:59:59-01:00":     {},
		"0001-01-01T00:00:00Z":          {},
		"0001-01-01T00:00:00+01:00":     {},
		"yesterday":                     {},
		"":                              {},
	} {
		assert.Equal(t, want, timeOf(pcommon.NewValueStr(text)), text)
	}
}
