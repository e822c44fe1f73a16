// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/plog"
	"pgregory.net/rapid"
)

// drawJSON draws similar texts, and other JSON values in place of texts.
func drawJSON(t *rapid.T) string {
	return rapid.SampledFrom([]string{
		`"a"`, `"\u0061"`, `"b"`, `"a\\b"`, `"a\b"`, `""`, `"5"`, `5`, `"null"`, `null`, `"[1,2]"`, `[1, 2]`, `{"a": 1}`, `"{\"a\":1}"`,
		`"\u0000"`, `"\ufffd"`, `"\ud800"`, "\"\xff\"", `"firing"`, `"` + strings.Repeat("w", 300) + `"`,
	}).Draw(t, "value")
}

func drawMembers(t *rapid.T, of string, most int, member func() string) string {
	members := make([]string, rapid.IntRange(0, most).Draw(t, of))
	for i := range members {
		members[i] = member()
	}
	return strings.Join(members, ",")
}

func drawSet(t *rapid.T) string {
	return "{" + drawMembers(t, "pairs", 5, func() string {
		name := rapid.SampledFrom([]string{`"a"`, `"\u0061"`, `"b"`, `"c"`, `"a\\b"`, `"\u0000"`, `"\ufffd"`, `""`}).Draw(t, "name")
		return name + ":" + drawJSON(t)
	}) + "}"
}

func drawAlert(t *rapid.T) string {
	return "{" + drawMembers(t, "members", 7, func() string {
		switch name := rapid.SampledFrom([]string{"labels", "annotations", "values", "status", "generatorURL", "fingerprint"}).Draw(t, "member"); name {
		case "status":
			return `"status":` + rapid.SampledFrom([]string{`"firing"`, `"f\u0069ring"`, `"RESOLVED "`, `{"state":"active"}`}).Draw(t, "status")
		case "generatorURL", "fingerprint":
			return `"` + name + `":` + drawJSON(t)
		default:
			return `"` + name + `":` + drawSet(t)
		}
	}) + "}"
}

// outcome is everything that a Reader and a Converter make of a body.
type outcome struct {
	err     string
	alerts  [][]Alert
	records [][]map[string]any
	skipped Skipped
}

func read(r *Reader, c *Converter, body string) (o outcome) {
	w, err := r.Open([]byte(body))
	for more := err == nil; more; {
		if more, err = r.Next(); !more {
			o.skipped = w.Skipped
			break
		}
		logs, _ := c.Logs(w, testDelivery())
		o.alerts, o.records = append(o.alerts, kept(w.Alerts)), append(o.records, attributesOf(logs))
	}
	if err != nil {
		o.err = err.Error()
	}
	return o
}

// kept copies the alerts to their own memory.
func kept(alerts []Alert) (all []Alert) {
	for i := range alerts {
		a := ListedAlert{Alert: alerts[i]}
		all = append(all, a.Keep())
	}
	return all
}

func attributesOf(logs plog.Logs) (all []map[string]any) {
	all = append(all, logs.ResourceLogs().At(0).Resource().Attributes().AsRaw())
	for _, lr := range logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().All() {
		all = append(all, lr.Attributes().AsRaw())
	}
	return all
}

// A Reader that was used before gives the same result as a new one.
func TestReadAgain(t *testing.T) {
	c := testConverter(testOptions())
	rapid.Check(t, func(t *rapid.T) {
		chunk := rapid.SampledFrom([]int{1, 4000, ChunkBytes}).Draw(t, "chunk")
		r := newReader(chunk)
		for range 4 {
			alerts := "[" + drawMembers(t, "alerts", 6, func() string { return drawAlert(t) }) + "]"
			body := `{"groupLabels":` + drawSet(t) + `,"alerts":` + alerts + `,"routeLabels":` + drawSet(t) + `,"receiver":` + drawJSON(t) +
				`,"externalURL":` + drawJSON(t) + `,"groupKey":` + drawJSON(t) + `,"notification_reason":` + drawJSON(t) + `,"version":"1"}`
			body = body[:len(body)-rapid.SampledFrom([]int{0, 0, 0, 20, 60}).Draw(t, "cut")]
			assert.Equal(t, read(newReader(chunk), c, body), read(r, c, body), body)
			assert.Equal(t, listed(newReader(chunk), alerts), listed(r, alerts), alerts)
		}
	})
}

func listed(r *Reader, list string) (all []Alert) {
	_, _ = r.ReadList(strings.NewReader(list), func(a *ListedAlert) { all = append(all, a.Keep()) })
	return all
}
