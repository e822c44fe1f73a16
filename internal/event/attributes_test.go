// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package event

import (
	"maps"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/incident"
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

// A resource or a processor may say how long alerts last. An unreadable value of a record is absent.
func TestStaleAfterOfTheResourceStays(t *testing.T) {
	o := overrides{staleAfter: time.Minute}
	o.read(attrs.OverrideStaleAfter, pcommon.NewValueStr("soon"))
	assert.Equal(t, time.Minute, o.staleAfter)
}

// Two alerts of one alias are two members, even if nothing but the fingerprint tells them apart.
func TestKeyWithoutAnAttribute(t *testing.T) {
	key := one(t, alert(), nil).Key
	other := alert()
	other[attrs.AlertFingerprint] = "another"
	assert.NotEqual(t, key, one(t, other, nil).Key)
	short := one(t, alert(), func(r plog.LogRecord) { r.Attributes().PutEmptyBytes(attrs.AlertKey).FromRaw(make([]byte, 15)) })
	assert.Equal(t, key, short.Key, "too short for a key")
}

func TestAnnotationsTakePrecedence(t *testing.T) {
	a := alert()
	a[attrs.AlertDashboardURL], a[attrs.AlertAnnotationPrefix+"dashboard_url"] = "https://g/d/1", "https://mine"
	a[attrs.AlertPanelURL] = "https://g/d/1?viewPanel=2"
	a[attrs.AlertValueString], a[attrs.AlertValuePrefix+"B"] = "[ value=1 ]", "22.4"
	packed := one(t, a, nil).Alert
	got := packed.Unpack()
	assert.Equal(t, "https://mine", got.Annotations.Get("dashboard_url"))
	assert.Equal(t, a[attrs.AlertPanelURL], got.Annotations.Get("panel_url"))
	assert.Equal(t, "B=22.4", got.Values)
	delete(a, attrs.AlertValuePrefix+"B")
	assert.Equal(t, "[ value=1 ]", new(one(t, a, nil).Alert).Unpack().Values)
}

func TestAttributesOfAnAlert(t *testing.T) {
	ld := plog.NewLogs()
	first := alert()
	first[attrs.AlertEndsAt], first[attrs.AlertGeneratorURL], first[attrs.GroupLabelPrefix+"team"] = "2026-11-26T11:30:00Z", "http://prometheus/graph", "db"
	r := record(ld, first)
	r.SetTimestamp(pcommon.NewTimestampFromTime(noon))
	r.Attributes().PutInt(attrs.TruncatedAlerts, 3)
	r.Attributes().PutStr(attrs.AlertValuePrefix+"A", "1")
	r.Attributes().PutStr(attrs.AlertValuePrefix+"B", "2")
	ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().AppendEmpty().Attributes().PutStr(attrs.Alias, "another alert of the webhook")
	resource := ld.ResourceLogs().At(0).Resource().Attributes()
	resource.PutStr(attrs.ExternalURL, "http://alertmanager")
	resource.PutStr("service.name", "alertmanager")

	events, _, bad := Read(ld, words{})
	require.NoError(t, bad.First)
	assert.Equal(t, incident.Alert{
		Fingerprint: "c8fda2fa2aa6632a", Name: "HighErrorRate", Severity: incident.Critical, StartsAt: noon.Add(-time.Hour),
		Labels: labels.Set{{Name: "severity", Value: "critical"}}, Annotations: labels.Set{{Name: "summary", Value: "High error rate"}},
		GroupLabels: labels.Set{{Name: "team", Value: "db"}}, GeneratorURL: "http://prometheus/graph", ExternalURL: "http://alertmanager",
		Grafana: true, Values: "A=1, B=2", Truncated: 3,
	}, events[0].Alert.Unpack())
	assert.Equal(t, noon.Add(-30*time.Minute), events[0].EndsAt)
	assert.False(t, events[0].Undated, "the time of the record is not needed")
	assert.Equal(t, incident.Alert{Severity: incident.Low, ExternalURL: "http://alertmanager"}, events[1].Alert.Unpack())
}

// Without this, an alert of Grafana would have the link to a silence form of Alertmanager.
func TestGrafanaIsKnownByWhatOnlyItSends(t *testing.T) {
	for _, name := range []string{attrs.AlertSilenceURL, attrs.AlertRuleUID, attrs.OrgID, attrs.AlertValuePrefix + "A"} {
		a := alert()
		a[name] = "1"
		assert.True(t, new(one(t, a, nil).Alert).Unpack().Grafana, name)
	}
	assert.False(t, new(one(t, alert(), nil).Alert).Unpack().Grafana)
}

// The time of the record replaces only what a record of this kind lacks.
func TestTimestampOfTheRecord(t *testing.T) {
	of := func(name, status string) protocol.Event {
		return one(t, map[string]string{attrs.Alias: "a", attrs.AlertName: name, attrs.AlertStatus: status}, func(r plog.LogRecord) {
			r.SetTimestamp(pcommon.NewTimestampFromTime(noon))
		})
	}
	fired, resolved, plain := of("", "firing"), of("A", "resolved"), of("", "resolved")
	assert.Equal(t, noon, fired.Alert.StartsAt)
	assert.True(t, fired.EndsAt.IsZero())
	assert.True(t, resolved.Alert.StartsAt.IsZero())
	assert.True(t, resolved.EndsAt.IsZero(), "the end of this alert is unknown")
	assert.Equal(t, noon, plain.EndsAt)
}

// An alert with a name or a label is not a plain record.
func TestAnAlertIsNotPlain(t *testing.T) {
	for _, name := range []string{attrs.AlertName, attrs.AlertLabelPrefix + "job"} {
		packed := one(t, map[string]string{attrs.Alias: "a", name: "x"}, func(r plog.LogRecord) { r.Body().SetStr("the body") }).Alert
		assert.Empty(t, packed.Unpack().Title, name)
	}
}

func TestPlainRecord(t *testing.T) {
	for n := plog.SeverityNumberError; n <= plog.SeverityNumberError4; n++ {
		packed := one(t, map[string]string{attrs.Alias: "a"}, func(r plog.LogRecord) {
			r.SetSeverityNumber(n)
			r.Attributes().PutStr("z", "1")
			r.Attributes().PutStr("b", "2")
		}).Alert
		a := packed.Unpack()
		assert.Equal(t, incident.Critical, a.Severity, n)
		assert.Equal(t, labels.Set{{Name: "b", Value: "2"}, {Name: "z", Value: "1"}}, a.Labels)
	}
}

// An alert that is to have no incident closes the one that it has, as any resolve does.
func TestResolveOfAnIgnoredAlert(t *testing.T) {
	a := alert()
	a[attrs.AlertLabelPrefix+"severity"], a[attrs.AlertStatus] = "none", "resolved"
	ev := one(t, a, nil)
	assert.False(t, ev.Firing)
	assert.False(t, ev.Ignored)
}
