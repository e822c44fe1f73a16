// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

func TestValuesAreCut(t *testing.T) {
	cfg := defaultConfig()
	cfg.Limits.ValueBytes = minValueBytes
	long := strings.Repeat("é", minValueBytes)
	set := labels.FromMap(map[string]string{"alertname": long, "instance": "x", "other": "short"})
	lr := recordsOf(convert(t, cfg, webhookJSON(set, nil, long, "")))[0]

	name := stringOf(t, lr.Attributes(), attrs.AlertLabelPrefix+"alertname")
	assert.Equal(t, strings.Repeat("é", (minValueBytes-len(cutMark))/2)+cutMark, name)
	assert.LessOrEqual(t, len(name), minValueBytes)
	assert.Equal(t, name, stringOf(t, lr.Attributes(), attrs.AlertName))
	assert.Equal(t, name, lr.Body().Str())
	assert.Equal(t, "short", stringOf(t, lr.Attributes(), attrs.AlertLabelPrefix+"other"))
	cut, ok := lr.Attributes().Get(attrs.CutValues)
	require.True(t, ok)
	assert.EqualValues(t, 3, cut.Int(), "the label, the name and the body")
}

// TestLimitsDoNotTouchIdentity: whatever the limits, alias and fingerprint are those of the whole alert.
func TestLimitsDoNotTouchIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := webhookJSON(labels.FromMap(drawLabels(t, "labels")), nil, "r", "")
		w, err := newDecoder().decode(body, maxAlerts)
		require.NoError(t, err)
		tight := defaultConfig()
		tight.Limits.ValueBytes, tight.Limits.LabelsPerAlert = minValueBytes, 1
		whole, _ := newConverter(defaultConfig(), "").logs(w, testDelivery(), nil)
		cut, n := newConverter(tight, "").logs(w, testDelivery(), nil)

		a, b := recordsOf(whole)[0].Attributes(), recordsOf(cut)[0].Attributes()
		for _, key := range []string{attrs.Alias, attrs.AlertFingerprint} {
			va, _ := a.Get(key)
			vb, _ := b.Get(key)
			assert.Equal(t, va.Str(), vb.Str())
		}
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

// TestYearsThatRFC3339CannotWrite: a zone moves the time out of the years that the attributes' format has.
func TestYearsThatRFC3339CannotWrite(t *testing.T) {
	body := firing(`"startsAt":"9999-12-31T23:59:59-01:00","endsAt":"0000-01-01T00:00:00+01:00"`)
	lr := recordsOf(convert(t, defaultConfig(), []byte(body)))[0]
	for _, key := range []string{attrs.AlertStartsAt, attrs.AlertEndsAt} {
		_, ok := lr.Attributes().Get(key)
		assert.False(t, ok, key)
	}
	assert.Zero(t, lr.Timestamp())
}

// TestGroupsThatManyRecordsRepeat: what a small body makes every record repeat is bounded, with room for a real group.
func TestGroupsThatManyRecordsRepeat(t *testing.T) {
	body := func(groupLabels int, value string) string {
		var b strings.Builder
		_, _ = b.WriteString(`{"groupKey":"` + strings.Repeat("k", 500) + `","groupLabels":{"cluster":"prod"`)
		for i := range groupLabels - 1 {
			_, _ = fmt.Fprintf(&b, `,"l%d":%q`, i, value)
		}
		_, _ = b.WriteString(`},"alerts":[` + strings.Repeat(goodAlert+",", 9_999) + goodAlert + `]}`)
		return b.String()
	}
	h := handlerOf(t, defaultConfig(), consumertest.NewNop())
	assert.Equal(t, http.StatusOK, post(h, strings.NewReader(body(20, "a value of usual length"))).Code)
	assert.Equal(t, http.StatusRequestEntityTooLarge, post(h, strings.NewReader(body(200, ""))).Code, "not only text takes memory")
}

// TestMemoryFollowsTheBody: whatever the body holds, working on it takes a bounded multiple of its size, and of
// maxRepeatedBytes where the group says much.
func TestMemoryFollowsTheBody(t *testing.T) {
	const size, most = 1 << 20, 50 << 20
	many := func(start, end string, item func(i int) string) string {
		var b strings.Builder
		_, _ = b.WriteString(start)
		for i := 0; b.Len() < size-1000; i++ {
			if i > 0 {
				_ = b.WriteByte(',')
			}
			_, _ = b.WriteString(item(i))
		}
		return b.String() + end
	}
	empty := func(i int) string { return fmt.Sprintf(`"%x":""`, i) }
	var pairs []string
	for i := range 40 {
		pairs = append(pairs, empty(i))
	}
	labels40 := `{"status":"firing","labels":{` + strings.Join(pairs, ",") + "}}"
	for name, body := range map[string]string{
		"a long value":          firing(`"labels":{"a":"` + strings.Repeat("x", size) + `"}`),
		"a long escaped value":  firing(`"labels":{"a":"` + strings.Repeat(`\u00e9`, size/6) + `"}`),
		"names to pass over":    many(`{"alerts":[],"x":{`, "}}", empty),
		"labels of one alert":   many(`{"alerts":[{"status":"firing","labels":{`, "}}]}", empty),
		"values of one alert":   many(`{"alerts":[{"status":"firing","values":{`, "}}]}", func(i int) string { return fmt.Sprintf(`"%x":0`, i) }),
		"labels of many alerts": many(`{"alerts":[`, "]}", func(int) string { return labels40 }),
		"labels of a group": `{"groupLabels":{"a":"` + strings.Repeat("x", 3000) + `"},"alerts":[` +
			strings.Repeat(goodAlert+",", 9_999) + goodAlert + "]}",
		"depth": beside(`"x":` + strings.Repeat(`{"a":[],"b":0,"":`, 9_990) + "0" + strings.Repeat("}", 9_990)),
	} {
		h := handlerOf(t, defaultConfig(), consumertest.NewNop())
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w := post(h, strings.NewReader(body))
		runtime.ReadMemStats(&after)
		assert.Equal(t, http.StatusOK, w.Code, "%s: %s", name, w.Body)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(most), name)
	}
}

func TestLabelsAreLeftOut(t *testing.T) {
	cfg := defaultConfig()
	cfg.Limits.LabelsPerAlert = 3
	set := map[string]string{"alertname": "Down", "instance": "x", "severity": "critical"}
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
		"a0": "v", "a1": "v", "a2": "v", "alertname": "Down", "instance": "x", "severity": "critical",
	}, kept, "the first ones, and always what the incident is made of")
	cut, _ := lr.Attributes().Get(attrs.CutValues)
	assert.EqualValues(t, 2, cut.Int())
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
		body := firing(`"generatorURL":` + quote(link) + `,"dashboardURL":` + quote(link))
		a := recordsOf(convert(t, defaultConfig(), []byte(body)))[0].Attributes()
		for _, key := range []string{attrs.AlertGeneratorURL, attrs.AlertDashboardURL} {
			_, ok := a.Get(key)
			assert.Equal(t, kept, ok, "%s %.40q", key, link)
		}
	}
}

func stringOf(t require.TestingT, m pcommon.Map, key string) string {
	v, ok := m.Get(key)
	require.True(t, ok, key)
	return v.Str()
}
