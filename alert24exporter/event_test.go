// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// In a request, as in any JSON, a name that is not UTF-8 is another one: two could become the same, which an API may refuse.
func TestNoNameIsTwiceInASet(t *testing.T) {
	record := pcommon.NewMap()
	record.PutStr(attrs.AlertLabelPrefix+"\xd3", "b")
	record.PutStr(attrs.AlertLabelPrefix+"\xc6", "a")
	record.PutStr(attrs.AlertLabelPrefix+"job", "api")
	record.PutStr(attrs.AlertAnnotationPrefix+"é", "c")
	var r reader
	r.read(new(ledger.Event), record)
	assert.Equal(t, labels.Set{{Name: "job", Value: "api"}, {Name: "\uFFFD", Value: "a"}}, r.alert.Labels)
	assert.Equal(t, labels.Set{{Name: "é", Value: "c"}}, r.alert.Annotations)
}

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
