// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/goleak"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// words are the severity rules of these tests: "critical" is known, "none" is ignored.
type words struct{}

func (words) Severity(ls, _ labels.Set, word string) incident.Severity {
	if word == "critical" || word == "Error" || ls.Get("severity") == "critical" {
		return incident.Critical
	}
	return incident.Low
}

func (words) Watch(ls labels.Set) (protocol.Witness, bool) {
	if ls.Get("cluster") == "" {
		return 0, false
	}
	return 7, ls.Get("alertname") == "Watchdog"
}

func (words) Ignored(ls, _ labels.Set, word string) bool {
	return word == "none" || ls.Get("severity") == "none"
}

var noon = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// record adds a record with these attributes.
func record(ld plog.Logs, attributes map[string]string) plog.LogRecord {
	r := ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	for name, value := range attributes {
		r.Attributes().PutStr(name, value)
	}
	return r
}

func one(t *testing.T, attributes map[string]string, change func(r plog.LogRecord)) protocol.Event {
	t.Helper()
	ld := plog.NewLogs()
	r := record(ld, attributes)
	if change != nil {
		change(r)
	}
	events, _, bad := Read(ld, words{})
	require.NoError(t, bad.First)
	require.Len(t, events, 1)
	return events[0]
}

func alert() map[string]string {
	return map[string]string{
		attrs.Alias: "HighErrorRate:api-01", attrs.AlertName: "HighErrorRate", attrs.AlertStatus: "firing",
		attrs.AlertFingerprint: "c8fda2fa2aa6632a", attrs.AlertStartsAt: "2026-11-26T11:00:00Z",
		attrs.AlertLabelPrefix + "severity": "critical", attrs.AlertAnnotationPrefix + "summary": "High error rate",
	}
}

func TestAlertOfTheReceiver(t *testing.T) {
	key := []byte("0123456789abcdef")
	ev := one(t, alert(), func(r plog.LogRecord) {
		r.Attributes().PutEmptyBytes(attrs.AlertKey).FromRaw(key)
		r.Attributes().PutStr(attrs.Epoch, "e")
		r.Attributes().PutInt(attrs.Seq, 7)
	})
	assert.Equal(t, "HighErrorRate:api-01", ev.Alias)
	assert.True(t, ev.Firing)
	assert.False(t, ev.Pinned, "the receiver's alias can follow the alert's incident")
	assert.Equal(t, protocol.Key(key), ev.Key)
	assert.Equal(t, "e", ev.Epoch)
	assert.EqualValues(t, 7, ev.Seq)
	a := ev.Alert.Unpack()
	assert.Equal(t, incident.Critical, a.Severity)
	assert.Equal(t, noon.Add(-time.Hour), a.StartsAt)
	assert.False(t, ev.Undated)
	assert.Equal(t, "High error rate", a.Annotations.Get("summary"))
}

// Without a usable place in the order of arrival, the order is unknown. Else such a resolve would count as older than its firing.
func TestWithoutASequenceNumberTheOrderIsUnknown(t *testing.T) {
	for name, change := range map[string]func(r plog.LogRecord){
		"absent": func(plog.LogRecord) {},
		"text":   func(r plog.LogRecord) { r.Attributes().PutStr(attrs.Seq, "7") },
		"double": func(r plog.LogRecord) { r.Attributes().PutDouble(attrs.Seq, 7) },
	} {
		ev := one(t, alert(), func(r plog.LogRecord) {
			r.Attributes().PutStr(attrs.Epoch, "e")
			change(r)
		})
		assert.Empty(t, ev.Epoch, name)
	}
}

// A template or a statement that finds nothing leaves blanks.
func TestABlankOverrideCountsAsAbsent(t *testing.T) {
	want := one(t, alert(), nil)
	a := alert()
	for _, name := range []string{
		attrs.OverrideAlias, attrs.OverrideStatus, attrs.OverrideSeverity, attrs.OverrideTitle, attrs.OverrideDescription, attrs.OverrideTags,
		attrs.OverrideAffectedServices, attrs.OverrideStaleAfter,
	} {
		a[name] = " \t"
	}
	assert.Equal(t, want, one(t, a, nil))
	lists := one(t, alert(), func(r plog.LogRecord) {
		for _, name := range []string{attrs.OverrideTags, attrs.OverrideAffectedServices} { // as Split makes of an empty text
			r.Attributes().PutEmptySlice(name).AppendEmpty().SetStr("")
		}
	})
	assert.Equal(t, want, lists)
	a[attrs.OverrideStatus] = " Resolved\n"
	assert.False(t, one(t, a, nil).Firing)
}

func TestWithoutAKeyAnAlertIsKnownUnderItsAliasOnly(t *testing.T) {
	a := one(t, alert(), nil)
	other := alert()
	other[attrs.Alias] = "Other"
	assert.NotEqual(t, a.Key, one(t, other, nil).Key)
	assert.Equal(t, a.Key, one(t, alert(), nil).Key)
	wrong := one(t, alert(), func(r plog.LogRecord) { r.Attributes().PutStr(attrs.AlertKey, "0123456789abcdef") })
	assert.Equal(t, a.Key, wrong.Key, "a text is not a key")
}

func TestOverrides(t *testing.T) {
	for name, tt := range map[string]struct {
		attributes map[string]string
		check      func(t *testing.T, ev protocol.Event)
	}{
		"an alias of the user's stays": {map[string]string{attrs.OverrideAlias: "mine"}, func(t *testing.T, ev protocol.Event) {
			t.Helper()
			assert.Equal(t, "mine", ev.Alias)
			assert.True(t, ev.Pinned)
		}},
		"status in any case": {map[string]string{attrs.OverrideStatus: "Resolved"}, func(t *testing.T, ev protocol.Event) {
			t.Helper()
			assert.False(t, ev.Firing)
		}},
		"severity": {map[string]string{attrs.OverrideSeverity: "none"}, func(t *testing.T, ev protocol.Event) {
			t.Helper()
			assert.True(t, ev.Ignored)
			assert.False(t, ev.Firing)
		}},
		"texts": {map[string]string{
			attrs.OverrideTitle: "T", attrs.OverrideDescription: "D", attrs.OverrideTags: "a, b,", attrs.OverrideAffectedServices: "s",
		}, func(t *testing.T, ev protocol.Event) {
			t.Helper()
			a := ev.Alert.Unpack()
			assert.Equal(t, []string{"T", "D"}, []string{a.Title, a.Description})
			assert.Equal(t, []string{"a", "b"}, a.Tags)
			assert.Equal(t, []string{"s"}, a.AffectedServices)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			attributes := alert()
			maps.Copy(attributes, tt.attributes)
			tt.check(t, one(t, attributes, nil))
		})
	}
	t.Run("on the resource", func(t *testing.T) {
		ld := plog.NewLogs()
		record(ld, alert())
		resource := ld.ResourceLogs().At(0).Resource().Attributes()
		resource.PutStr(attrs.OverrideAlias, "mine")
		resource.PutStr(attrs.OverrideStatus, "resolved")
		events, _, _ := Read(ld, words{})
		assert.Equal(t, "mine", events[0].Alias)
		assert.False(t, events[0].Firing)
	})
}

func TestAnyLogRecord(t *testing.T) {
	ev := one(t, map[string]string{attrs.OverrideAlias: "backup", "host.name": "db-1"}, func(r plog.LogRecord) {
		r.Body().SetStr("Backup failed\nno space left")
		r.SetSeverityNumber(plog.SeverityNumberError2)
		r.SetTimestamp(pcommon.NewTimestampFromTime(noon))
	})
	a := ev.Alert.Unpack()
	assert.Equal(t, "Backup failed\nno space left", a.Description, "it does not fit the title")
	assert.Equal(t, labels.Set{{Name: "host.name", Value: "db-1"}}, a.Labels, "other attributes are listed")
	assert.Empty(t, a.Values)
	assert.Equal(t, incident.Critical, a.Severity, "the number counts when there is no text")
	assert.Equal(t, noon, a.StartsAt)
	assert.True(t, ev.Undated, "it is the record's time")

	said := one(t, map[string]string{attrs.OverrideAlias: "backup"}, func(r plog.LogRecord) {
		r.Body().SetStr("Backup failed")
		r.SetSeverityText("critical")
	}).Alert
	short := said.Unpack()
	assert.Equal(t, "Backup failed", short.Title)
	assert.Empty(t, short.Description)
	assert.Equal(t, incident.Critical, short.Severity)
	assert.True(t, short.StartsAt.IsZero(), "a timestamp of 0 is not 1970")

	over := one(t, map[string]string{attrs.OverrideAlias: "backup", attrs.OverrideStatus: "resolved"}, nil)
	assert.True(t, over.EndsAt.IsZero(), "neither is an end")
}

func TestSender(t *testing.T) {
	sender := func(change func(a map[string]string)) string {
		a := alert()
		a[attrs.ClientAddress], a[attrs.GroupKey] = "10.0.0.1", "{}:{a}"
		change(a)
		return one(t, a, nil).Sender
	}
	same := sender(func(map[string]string) {})
	assert.Equal(t, same, sender(func(map[string]string) {}))
	assert.NotEqual(t, same, sender(func(a map[string]string) { a[attrs.ClientAddress] = "10.0.0.2" }), "another replica")
	assert.NotEqual(t, same, sender(func(a map[string]string) { a[attrs.GroupKey] = "{}:{b}" }), "another group of the same Alertmanager")
}

func TestBadRecordsStopNoOther(t *testing.T) {
	ld := plog.NewLogs()
	record(ld, map[string]string{"no": "alias"})
	record(ld, alert())
	odd := alert()
	odd[attrs.AlertStatus] = "pending"
	record(ld, odd)
	events, _, bad := Read(ld, words{})
	assert.Len(t, events, 1)
	assert.EqualValues(t, 2, bad.Count)
	require.ErrorContains(t, bad.First, attrs.OverrideAlias)
}

func TestLongAliasesAreBounded(t *testing.T) {
	a := alert()
	a[attrs.Alias] = strings.Repeat("x", 1000)
	assert.LessOrEqual(t, len(one(t, a, nil).Alias), 255)
}

func TestGrafana(t *testing.T) {
	a := alert()
	a[attrs.AlertSilenceURL], a[attrs.AlertDashboardURL] = "https://grafana.example.com/silence", "https://grafana.example.com/d/1"
	a[attrs.AlertValuePrefix+"B"] = "22.4"
	packed := one(t, a, nil).Alert
	got := packed.Unpack()
	assert.True(t, got.Grafana)
	assert.Equal(t, "https://grafana.example.com/silence", got.SilenceURL)
	assert.Equal(t, "B=22.4", got.Values)
	assert.Equal(t, "https://grafana.example.com/d/1", got.Annotations.Get("dashboard_url"))

	a[attrs.AlertAnnotationPrefix+"dashboard_url"] = ""
	packed = one(t, a, nil).Alert
	assert.Equal(t, got, packed.Unpack(), "an empty annotation counts as absent")
}

// TestResource: an attribute of the resource counts for all of its records, unless the record has its own. An empty value counts as absent.
func TestResource(t *testing.T) {
	ld := plog.NewLogs()
	own := record(ld, map[string]string{attrs.OverrideTitle: "own", attrs.OverrideDescription: "", attrs.OverrideAffectedServices: ","})
	own.Attributes().PutEmptySlice(attrs.OverrideTags).AppendEmpty().SetStr("mine")
	own.CopyTo(ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().AppendEmpty())
	ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(1).Attributes().Clear()
	for name, value := range map[string]string{
		attrs.OverrideAlias: "of all", attrs.OverrideStatus: "Firing", attrs.OverrideTitle: "shared", attrs.OverrideDescription: "text",
		attrs.OverrideSeverity: "critical", attrs.OverrideTags: "a, b", attrs.OverrideAffectedServices: "s", attrs.OverrideStaleAfter: "1m",
	} {
		ld.ResourceLogs().At(0).Resource().Attributes().PutStr(name, value)
	}
	record(ld, map[string]string{attrs.OverrideAlias: "another"})
	events, _, bad := Read(ld, words{})
	require.NoError(t, bad.First)
	require.Len(t, events, 3)
	first, second, other := events[0].Alert.Unpack(), events[1].Alert.Unpack(), events[2].Alert.Unpack()
	assert.Equal(t, "own", first.Title)
	assert.Equal(t, "text", first.Description)
	assert.Equal(t, []string{"mine"}, first.Tags)
	assert.Equal(t, "shared", second.Title)
	assert.Equal(t, []string{"a", "b"}, second.Tags)
	for _, ev := range events[:2] {
		assert.Equal(t, "of all", ev.Alias)
		assert.True(t, ev.Pinned)
		assert.Equal(t, time.Minute, ev.StaleAfter)
		assert.Equal(t, incident.Critical, ev.Alert.Severity)
		assert.Equal(t, []string{"s"}, new(ev.Alert).Unpack().AffectedServices)
	}
	assert.Empty(t, other.Title, "another resource")
	assert.Zero(t, events[2].StaleAfter)
}
