// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
	"github.com/alert24/otelcol-alert24/internal/text"
)

func TestValuesAreCut(t *testing.T) {
	cfg := testOptions()
	cfg.ValueBytes = 64
	long := strings.Repeat("é", 64)
	set := labels.FromMap(map[string]string{"alertname": long, "instance": "x", "other": "short", "whole": strings.Repeat("x", 64)})
	lr := recordsOf(convert(t, cfg, webhookJSON(set, nil, long, "")))[0]

	name := stringOf(t, lr.Attributes(), attrs.AlertLabelPrefix+"alertname")
	assert.Equal(t, strings.Repeat("é", (64-len(text.Ellipsis))/2)+text.Ellipsis, name)
	assert.LessOrEqual(t, len(name), 64)
	assert.Equal(t, name, stringOf(t, lr.Attributes(), attrs.AlertName))
	assert.Equal(t, name, lr.Body().Str())
	assert.Equal(t, "short", stringOf(t, lr.Attributes(), attrs.AlertLabelPrefix+"other"))
	assert.Equal(t, strings.Repeat("x", 64), stringOf(t, lr.Attributes(), attrs.AlertLabelPrefix+"whole"))
	cut, ok := lr.Attributes().Get(attrs.CutValues)
	require.True(t, ok)
	assert.EqualValues(t, 3, cut.Int(), "the label, the name and the body")
}

// TestLimitsDoNotTouchIdentity: alias and fingerprint are computed from the whole alert, whatever the limits.
func TestLimitsDoNotTouchIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := webhookJSON(labels.FromMap(drawLabels(t, "labels")), nil, "r", "")
		w, err := Decode(body)
		require.NoError(t, err)
		tight := testOptions()
		tight.ValueBytes, tight.LabelsPerAlert = 64, 1
		whole, _ := testConverter(testOptions()).Logs(w, testDelivery())
		cut, n := testConverter(tight).Logs(w, testDelivery())

		a, b := recordsOf(whole)[0].Attributes(), recordsOf(cut)[0].Attributes()
		for _, key := range []string{attrs.Alias, attrs.AlertFingerprint} {
			va, _ := a.Get(key)
			vb, _ := b.Get(key)
			assert.Equal(t, va.Str(), vb.Str())
		}
		key, _ := a.Get(attrs.AlertKey)
		again, _ := b.Get(attrs.AlertKey)
		assert.Equal(t, key.Bytes().AsRaw(), again.Bytes().AsRaw())
		mark, marked := b.Get(attrs.CutValues)
		assert.Equal(t, n > 0, marked)
		if marked {
			assert.EqualValues(t, n, mark.Int())
		}
		for _, v := range b.All() {
			assert.True(t, v.Type() != pcommon.ValueTypeStr || utf8.ValidString(v.Str()))
		}
	})
}

// TestYearsThatRFC3339CannotWrite: the conversion to UTC moves the time to a year that the attributes' format cannot represent.
func TestYearsThatRFC3339CannotWrite(t *testing.T) {
	body := firingAlert(`"startsAt":"9999-12-31T23:59:59-01:00","endsAt":"0000-01-01T00:00:00+01:00"`)
	lr := recordsOf(convert(t, testOptions(), []byte(body)))[0]
	for _, key := range []string{attrs.AlertStartsAt, attrs.AlertEndsAt} {
		_, ok := lr.Attributes().Get(key)
		assert.False(t, ok, key)
	}
	assert.Zero(t, lr.Timestamp())
}

func TestLabelsAreLeftOut(t *testing.T) {
	cfg := testOptions()
	cfg.LabelsPerAlert = 3
	cfg.Rules = []AliasRule{{Labels: []string{"zone"}, Separator: ":"}}
	set := map[string]string{"alertname": "Down", "instance": "x", "severity": "critical", "zone": "z"}
	for i := range 5 {
		set[fmt.Sprintf("a%d", i)] = "v"
	}
	lr := recordsOf(convert(t, cfg, webhookJSON(labels.FromMap(set), nil, "r", "")))[0]

	kept := map[string]any{}
	for key, v := range lr.Attributes().All() {
		if name, ok := strings.CutPrefix(key, attrs.AlertLabelPrefix); ok {
			kept[name] = v.Str()
		}
	}
	assert.Equal(t, map[string]any{
		"a0": "v", "a1": "v", "a2": "v", "alertname": "Down", "instance": "x", "severity": "critical", "zone": "z",
	}, kept, "the first ones, and always what the incident is made of")
	cut, _ := lr.Attributes().Get(attrs.CutValues)
	assert.EqualValues(t, 2, cut.Int())

	texts := recordsOf(convert(t, cfg, []byte(firingAlert(`"annotations":{"a":"","b":"","c":"","d":"","summary":"","description":"","runbook_url":""}`))))[0].Attributes()
	for name, want := range map[string]bool{"a": true, "d": false, "summary": true, "description": true, "runbook_url": true} {
		_, there := texts.Get(attrs.AlertAnnotationPrefix + name)
		assert.Equal(t, want, there, name)
	}
}

// TestAllThatIsLeftOutCounts: each of these members is too large for a record.
func TestAllThatIsLeftOutCounts(t *testing.T) {
	o := testOptions()
	most := maxPairs - o.LabelsPerAlert
	for body, want := range map[string]int{
		firingAlert(`"annotations":` + manyLabels):                               most + 1,
		firingAlert(`"values":` + manyLabels):                                    most + 1,
		`{"groupLabels":` + manyLabels + `,"alerts":[{"status":"firing"}]}`:      most,
		`{"receiver":"` + strings.Repeat("x", o.ValueBytes+1) + `","alerts":[]}`: 1,
	} {
		logs, cut := testConverter(o).Logs(decode(t, []byte(body)), testDelivery())
		assert.Equal(t, want, cut, "%.60s", body)
		for _, lr := range recordsOf(logs) {
			mark, _ := lr.Attributes().Get(attrs.CutValues)
			assert.EqualValues(t, want, mark.Int(), "%.60s", body)
		}
	}
}

// TestGroupIsBounded: every record repeats the labels of the group, so they take little memory.
func TestGroupIsBounded(t *testing.T) {
	pairs := make([]string, 100)
	for i := range pairs {
		pairs[i] = fmt.Sprintf(`"l%d":%q`, i, strings.Repeat("x", 1000))
	}
	lr := recordsOf(convert(t, testOptions(), []byte(`{"groupLabels":{`+strings.Join(pairs, ",")+`},"alerts":[{"status":"firing"}]}`)))[0]
	size := 0
	for _, v := range lr.Attributes().All() {
		size += len(v.AsString())
	}
	assert.Greater(t, size, maxGroupBytes/2)
	assert.Less(t, size, maxGroupBytes)
}

func TestLinks(t *testing.T) {
	for link, kept := range map[string]bool{
		"http://prometheus:9090/graph?g0.expr=up": true,
		"https://grafana.example.com/d/x":         true,
		"":                                        false,
		"?orgId=1":                                false,
		"/graph":                                  false,
		"javascript:alert(1)":                     false,
		"data:text/html,<b>":                      false,
		"ftp://example.com":                       false,
		"http://":                                 false,
		"https://a b":                             false,
		"https://a\n.example.com":                 false,
		"https://" + strings.Repeat("a", 16<<10):  false,
	} {
		body := firingAlert(`"generatorURL":` + quote(link) + `,"dashboardURL":` + quote(link))
		a := recordsOf(convert(t, testOptions(), []byte(body)))[0].Attributes()
		for _, key := range []string{attrs.AlertGeneratorURL, attrs.AlertDashboardURL} {
			_, ok := a.Get(key)
			assert.Equal(t, kept, ok, "%s %.40q", key, link)
		}
	}
}
