// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// JSON encoding replaces invalid UTF-8 in names. Two names could then become the same, which an API may refuse.
func TestNoNameIsTwiceInASet(t *testing.T) {
	m := pcommon.NewMap()
	m.PutStr(attrs.AlertLabelPrefix+"\xd3", "b")
	m.PutStr(attrs.AlertLabelPrefix+"\xc6", "a")
	m.PutStr(attrs.AlertLabelPrefix+"job", "api")
	m.PutStr(attrs.AlertAnnotationPrefix+"é", "c")
	var r reader
	r.read(new(protocol.Event), m)
	assert.Equal(t, labels.Set{{Name: "job", Value: "api"}, {Name: "\uFFFD", Value: "a"}}, r.alert.Labels)
	assert.Equal(t, labels.Set{{Name: "é", Value: "c"}}, r.alert.Annotations)
}

// A time that a record cannot represent would be acknowledged and lost at the next start.
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

func TestStaleAfter(t *testing.T) {
	for said, want := range map[string]time.Duration{
		"1m": time.Minute, "1h30m": 90 * time.Minute, "1s": time.Second, "10ms": 0, "-1m": 0, "60": 0, "": 0, "soon": 0,
	} {
		attributes := alert()
		attributes[attrs.OverrideStaleAfter] = said
		assert.Equal(t, want, one(t, attributes, nil).StaleAfter, said)
	}
}

func TestNoNullCharacter(t *testing.T) {
	ev := one(t, map[string]string{
		attrs.OverrideAlias: "a\x00b", attrs.OverrideTitle: "t\x00", attrs.OverrideTags: "x\x00y", "na\x00me": "va\x00lue",
	}, func(r plog.LogRecord) { r.Body().SetStr("bo\x00dy\nsecond line") })
	a := ev.Alert.Unpack()
	assert.Equal(t, "a\uFFFDb", ev.Alias)
	assert.Equal(t, "t\uFFFD", a.Title)
	assert.Equal(t, []string{"x\uFFFDy"}, a.Tags)
	assert.Equal(t, "va\uFFFDlue", a.Labels.Get("na\uFFFDme"))
	assert.NotContains(t, a.Description, "\x00")
}

func TestAnAlertWithoutLabelsHasNone(t *testing.T) {
	ev := one(t, map[string]string{attrs.Alias: "a", attrs.ClientAddress: "10.0.0.1"}, func(r plog.LogRecord) { r.Body().SetStr("no name") })
	a := ev.Alert.Unpack()
	assert.Equal(t, "no name", a.Title)
	assert.Empty(t, a.Labels)
}

// What one webhook says is not in the events of the next.
func TestWebhooksAreIndependent(t *testing.T) {
	plain := map[string]string{attrs.Alias: "a"}
	first := one(t, plain, nil)
	rich := alert()
	maps.Copy(rich, map[string]string{
		attrs.GroupLabelPrefix + "team": "db", attrs.GroupKey: "g", attrs.ClientAddress: "10.0.0.1", attrs.OverrideTitle: "t",
		attrs.OverrideTags: "x", attrs.AlertValueString: "1", attrs.AlertSilenceURL: "https://s", attrs.ResolveWait: "5",
	})
	one(t, rich, func(r plog.LogRecord) {
		for i := range maxPooledLabels {
			r.Attributes().PutStr(attrs.AlertLabelPrefix+strconv.Itoa(i), "v")
		}
	})
	one(t, rich, nil)
	assert.Equal(t, first, one(t, plain, nil))
}
