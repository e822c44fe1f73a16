// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/consumer/consumertest"
)

// A client that claims a huge body gets no memory for it, even if the limit allows the body.
func TestAClaimedLengthTakesNoMemory(t *testing.T) {
	cfg := defaultConfig()
	cfg.ServerConfig.MaxRequestBodySize = math.MaxInt64
	h := handlerOf(t, cfg, consumertest.NewNop())
	for _, claimed := range []int64{1 << 62, math.MaxInt64} {
		r := httptest.NewRequest(http.MethodPost, defaultPath, strings.NewReader(good))
		r.ContentLength = claimed
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		assert.Equal(t, http.StatusOK, w.Code, w.Body)
	}
}

// TestMemoryFollowsTheBody: whatever the body contains, processing takes a bounded multiple of its size and, for large group labels, of
// maxGroupBytes in package webhook.
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
		"labels of one alert":   many(`{"alerts":[{"status":"firing","labels":{`, "}},"+goodAlert+"]}", empty),
		"values of one alert":   many(`{"alerts":[{"status":"firing","values":{`, "}}]}", func(i int) string { return fmt.Sprintf(`"%x":0`, i) }),
		"labels of many alerts": many(`{"alerts":[`, "]}", func(int) string { return labels40 }),
		"labels of a group": `{"groupLabels":{"a":"` + strings.Repeat("x", size/2) + `"},"alerts":[` +
			strings.Repeat(goodAlert+",", 9_999) + goodAlert + "]}",
		"depth": withMembers(`"x":` + strings.Repeat(`{"a":[],"b":0,"":`, 9_990) + "0" + strings.Repeat("}", 9_990)),
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
