// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/labels"
)

// TestOneBadAlertCostsOneAlert: each of these alerts stands between two good ones.
func TestOneBadAlertCostsOneAlert(t *testing.T) {
	for alert, want := range map[string]string{
		`1`:                              "alerts[1]: must be an object",
		`null`:                           "alerts[1]: must be an object",
		`[{}]`:                           "alerts[1]: must be an object",
		`"firing"`:                       "alerts[1]: must be an object",
		`{}`:                             "alerts[1].status: must be firing or resolved",
		`{"status":null}`:                "alerts[1].status: must be firing or resolved",
		`{"status":"pending"}`:           "alerts[1].status: must be firing or resolved",
		`{"status":{"status":"firing"}}`: "alerts[1].status: must be firing or resolved",
		`{"status":"firing","status":"resolved"}`:             "alerts[1]: the status, the labels or a label appears twice",
		`{"status":"firing","labels":{},"labels":{}}`:         "alerts[1]: the status, the labels or a label appears twice",
		`{"status":"firing","labels":{"a":"1","\u0061":"1"}}`: "alerts[1]: the status, the labels or a label appears twice",
		`{"status":"firing","labels":[]}`:                     "alerts[1].labels: must be an object",
		`{"labels":"a=b","status":"pending"}`:                 "alerts[1].labels: must be an object", // the first reason
		`{"labels":"a=b","status":"firing"}`:                  "alerts[1].labels: must be an object",
		`{"status":"firing","startsAt":"yesterday"}`:          "alerts[1].startsAt: must be a time as in RFC 3339",
		`{"status":"firing","startsAt":1795466235}`:           "alerts[1].startsAt: must be a time as in RFC 3339",
		`{"status":"firing","labels":` + manyLabels + `}`:     "alerts[1].labels: must not be more than 10000",
	} {
		t.Run(alert[:min(len(alert), 60)], func(t *testing.T) {
			good := `{"status":"firing","labels":{"alertname":"DatabaseDown"}}`
			w := decode(t, []byte(`{"alerts":[`+good+`,`+alert+`,`+good+`]}`))
			assert.Equal(t, want, w.Skipped.String())
			assert.Equal(t, 1, w.Skipped.Len())
			require.Len(t, w.Alerts, 2)
			for i, a := range w.Alerts {
				assert.Equal(t, 2*i, a.Position)
				assert.Equal(t, "DatabaseDown", a.Labels.Get("alertname"))
			}
		})
	}
}

// TestLabelsOfAllAlerts: the limit is for each alert, not for all alerts of a webhook.
func TestLabelsOfAllAlerts(t *testing.T) {
	set := make([]string, 100)
	for i := range set {
		set[i] = fmt.Sprintf(`"l%d":"v"`, i)
	}
	one := `{"status":"firing","labels":{` + strings.Join(set, ",") + `}}`
	w := decode(t, []byte(`{"alerts":[`+strings.Repeat(one+",", maxPairs/100)+one+`]}`))
	assert.Zero(t, w.Skipped.Len())
	assert.Len(t, w.Alerts, maxPairs/100+1)
}

var manyLabels = func() string {
	pairs := make([]string, maxPairs+1)
	for i := range pairs {
		pairs[i] = fmt.Sprintf(`"l%d":""`, i)
	}
	return "{" + strings.Join(pairs, ",") + "}"
}()

func TestSkippedNamesTheFirst(t *testing.T) {
	w := decode(t, []byte(`{"alerts":[`+strings.Repeat("0,", 15)+`{"status":"firing"}]}`))
	assert.Equal(t, 15, w.Skipped.Len())
	assert.Equal(t, map[Reason]int{NotAnObject: 15}, w.Skipped.ByReason)
	assert.True(t, strings.HasSuffix(w.Skipped.String(), "; alerts[9]: must be an object; and 5 more"), w.Skipped.String())
}

// TestValuesOfOtherTypes: values that are not strings become text, and unknown values are absent.
func TestValuesOfOtherTypes(t *testing.T) {
	w := decode(t, []byte(`{"version":4,"receiver":{"name": "x"},"groupKey":7,"groupLabels":[],"routeLabels":"x","truncatedAlerts":"2",
		"alerts":[{"status":" Firing ","fingerprint":255,"generatorURL":true,"startsAt":"","endsAt":"soon",
		"labels":{"a":1e3,"b":true,"c":null,"d":"x\u0000y","e":[ 1, {"f": null} ]},
		"annotations":{"details":{"exit": 3, "text":"\ud800 \u00e9"},"none":null,"code":3,"code":2}}]}`))
	assert.Equal(t, "4", w.Version)
	assert.Equal(t, `{"name":"x"}`, w.Receiver) //nolint:testifylint // it is compact
	assert.Equal(t, "7", w.GroupKey)
	assert.Empty(t, w.GroupLabels)
	assert.Empty(t, w.RouteLabels)
	assert.Zero(t, w.TruncatedAlerts)
	require.Len(t, w.Alerts, 1)
	a := w.Alerts[0]
	assert.Equal(t, attrs.StatusFiring, a.Status)
	assert.Equal(t, "255", a.Fingerprint)
	assert.Equal(t, "true", a.GeneratorURL)
	assert.True(t, a.StartsAt.IsZero())
	assert.True(t, a.EndsAt.IsZero())
	assert.Equal(t, labels.FromMap(map[string]string{"a": "1e3", "b": "true", "d": "x\ufffdy", "e": `[1,{"f":null}]`}), a.Labels)
	assert.Equal(t, "2", a.Annotations.Get("code"), "the least of two")
	_, ok := a.Annotations.Lookup("none")
	assert.False(t, ok)
	assert.Contains(t, a.Annotations.Get("details"), `{"exit":3,"text":"`)

	w = decode(t, []byte(`{"truncatedAlerts":-1,"alerts":[{"status":"firing","labels":{"a":["`+"\xff"+`"]}}]}`))
	assert.Zero(t, w.TruncatedAlerts)
	assert.Equal(t, `["`+"\ufffd"+`"]`, w.Alerts[0].Labels.Get("a"))
}

// TestUnknownEndsAreAbsent: the end of these alerts is unknown, and the record must not show their start instead.
func TestUnknownEndsAreAbsent(t *testing.T) {
	for _, end := range []string{`""`, `null`, `"0001-01-01T00:00:00Z"`, `"1970-01-01T00:00:00Z"`, `"soon"`, `"2026-02-30T00:00:00Z"`, `1795466235`, `{}`} {
		body := `{"alerts":[{"status":"resolved","startsAt":"2026-11-23T20:37:15Z","endsAt":` + end + `}]}`
		lr := recordsOf(convert(t, testOptions(), []byte(body)))[0]
		_, ok := lr.Attributes().Get(attrs.AlertEndsAt)
		assert.False(t, ok, end)
		assert.Zero(t, lr.Timestamp(), end)
		assert.Equal(t, "2026-11-23T20:37:15Z", stringOf(t, lr.Attributes(), attrs.AlertStartsAt))
	}
	lr := recordsOf(convert(t, testOptions(), []byte(`{"alerts":[{"status":"firing","startsAt":"1970-01-01T00:00:00Z","endsAt":"","fingerprint":""}]}`)))[0]
	assert.NotContains(t, lr.Attributes().AsRaw(), attrs.AlertStartsAt, "Unix's zero is not a start")
}

// TestFiringWins: if one webhook shows an alert both as firing and as resolved, the alert fires, in any order and across any number of chunks.
func TestFiringWins(t *testing.T) {
	const fires, resolved = `{"status":"firing","labels":{"a":"b"}}`, `{"status":"resolved","labels":{"a":"b"}}`
	for _, alerts := range []string{fires + "," + resolved, resolved + "," + fires} {
		body := []byte(`{"alerts":[` + alerts + `]}`)
		for _, chunk := range []int{ChunkBytes, 1} {
			records, _, err := readChunks(newReader(chunk), testConverter(testOptions()), body)
			require.NoError(t, err)
			require.Len(t, records, 2)
			seq := map[string]int64{}
			for _, lr := range records {
				v, _ := lr.Attributes().Get(attrs.Seq)
				seq[stringOf(t, lr.Attributes(), attrs.AlertStatus)] = v.Int()
			}
			assert.Less(t, seq[attrs.StatusResolved], seq[attrs.StatusFiring])
			if chunk == 1 {
				assert.Equal(t, attrs.StatusFiring, stringOf(t, records[0].Attributes(), attrs.AlertStatus), "in the first chunk")
			}
		}
	}
}

func TestSequence(t *testing.T) {
	later := Delivery{Arrival: 2}
	earlier := Delivery{Arrival: 1}
	last := Alert{Status: attrs.StatusFiring, Position: 1 << 40}
	first := Alert{Status: attrs.StatusResolved}
	assert.Less(t, earlier.sequence(&last), later.sequence(&first), "the webhook comes first")
	assert.Less(t, earlier.sequence(&Alert{Status: attrs.StatusResolved, Position: 1 << 40}), earlier.sequence(&Alert{Status: attrs.StatusFiring}))
	assert.Less(t, earlier.sequence(&first), earlier.sequence(&Alert{Status: attrs.StatusResolved, Position: 1}))
}

// TestChunks: however a webhook is cut into chunks, every usable alert comes once, with its position in the webhook. No chunk exceeds
// its size by more than one alert.
func TestChunks(t *testing.T) {
	reader := newReader(0)
	rapid.Check(t, func(t *rapid.T) {
		kinds := rapid.SliceOfN(rapid.SampledFrom([]string{"firing", "resolved", "bad"}), 0, 40).Draw(t, "alerts")
		var alerts []string
		want := map[string][]int{}
		for i, kind := range kinds {
			alerts = append(alerts, fmt.Sprintf(`{"status":%q,"labels":{"n":"%d","text":%q}}`, kind, i, strings.Repeat("x", i*50)))
			want[kind] = append(want[kind], i)
		}
		group := strings.Repeat("g", rapid.IntRange(0, 3000).Draw(t, "group"))
		body := []byte(`{"alerts":[` + strings.Join(alerts, " , ") + `],"groupKey":"` + group + `"}`)
		reader.chunk = rapid.SampledFrom([]int{1, alertBytes, 5 * alertBytes, 20 * alertBytes, ChunkBytes}).Draw(t, "chunk")

		w, err := reader.Open(body)
		require.NoError(t, err)
		got := map[string][]int{}
		var order []byte
		for {
			more, err := reader.Next()
			require.NoError(t, err)
			if !more {
				break
			}
			cost := 0
			for i, a := range w.Alerts {
				assert.Equal(t, strconv.Itoa(a.Position), a.Labels.Get("n"))
				got[a.Status] = append(got[a.Status], a.Position)
				if i < len(w.Alerts)-1 {
					cost += alertBytes + len(group)
				}
				order = append(order, a.Status[0])
			}
			assert.LessOrEqual(t, cost, reader.chunk)
			assert.NotEmpty(t, w.Alerts)
		}
		assert.Equal(t, want["firing"], got["firing"])
		assert.Equal(t, want["resolved"], got["resolved"])
		assert.Equal(t, len(want["bad"]), w.Skipped.Len())
		if reader.chunk == 1 && len(kinds) > len(want["bad"])+1 {
			assert.Regexp(t, "^f*r*$", string(order), "those that fire come first")
		}
		more, err := reader.Next()
		require.NoError(t, err)
		assert.False(t, more, "again")
	})
}

// TestSyntaxIsCheckedBeforeTheFirstChunk: if a body is not JSON, none of its alerts is returned.
func TestSyntaxIsCheckedBeforeTheFirstChunk(t *testing.T) {
	body := `{"alerts":[` + strings.Repeat(`{"status":"firing"},`, 100) + `{"status":"firing"`
	for _, chunk := range []int{1, ChunkBytes} {
		_, err := newReader(chunk).Open([]byte(body))
		require.EqualError(t, err, "the JSON ends too early, at byte 2029")
	}
}

// TestReaderForgets: no part of a webhook appears in the next one.
func TestReaderForgets(t *testing.T) {
	r := newReader(1)
	_, err := r.Open([]byte(`{"version":"1","orgId":3,"groupLabels":{"a":"b"},"alerts":[0,{"status":"resolved"},{"status":"firing"}]}`))
	require.NoError(t, err)
	_, err = r.Next()
	require.NoError(t, err)
	w, err := r.Open([]byte(`{"alerts":[{"status":"firing"}]}`))
	require.NoError(t, err)
	more, err := r.Next()
	require.NoError(t, err)
	require.True(t, more)
	assert.Equal(t, []Alert{{Status: "firing", Fingerprint: labels.Set(nil).Fingerprint()}}, w.Alerts)
	assert.Zero(t, w.Skipped.Len())
	assert.Zero(t, w.OrgID)
	assert.Empty(t, w.GroupLabels)
	assert.Equal(t, time.Time{}, w.Alerts[0].StartsAt)
}

func TestSkippedAlertsAreNamed(t *testing.T) {
	w := decode(t, []byte(`{"alerts":[7,{"status":"firing","labels":{"alertname":"Good"}},{"status":"weird","labels":{"alertname":"Bad","instance":"b"}}]}`))
	assert.Equal(t, `alerts[0] {}: must be an object; alerts[2] {alertname="Bad",instance="b"}: status "weird": must be firing or resolved`, w.Skipped.Named())

	w = decode(t, []byte(`{"alerts":[{"status":"weird","labels":`+manyLabels+`}]}`))
	assert.Equal(t, maxNamedLabels, strings.Count(w.Skipped.Named(), "="), "a line of the log has room for a few labels")
}
