// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanagerreceiver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/attrs"
	"github.com/alert24/otelcol-alert24/internal/webhook"
)

// largeWebhook has n alerts, every fourth of them resolved.
func largeWebhook(n int) string {
	var b strings.Builder
	_, _ = b.WriteString(`{"version":"4","groupKey":"{}:{}","alerts":[`)
	for i := range n {
		status := "firing"
		if i%4 == 3 {
			status = "resolved"
		}
		if i > 0 {
			_ = b.WriteByte(',')
		}
		_, _ = fmt.Fprintf(&b, `{"status":%q,"labels":{"alertname":"DiskFull","instance":"host-%06d.example.com:9100","job":"node","mountpoint":"/var/lib/data",`+
			`"cluster":"prod-eu-west-1","namespace":"payments","severity":"critical","team":"storage"},"annotations":{"summary":"Disk of host-%d is almost full",`+
			`"description":"There are %d GiB left, which is less than a tenth of the whole disk. At the rate of the last six hours it is full tonight."},`+
			`"startsAt":"2026-11-23T20:37:15Z","endsAt":"0001-01-01T00:00:00Z","fingerprint":"%016x"}`,
			status, i, i, i%10, i)
	}
	return b.String() + "]}"
}

// TestALargeWebhook: 100,000 alerts are accepted, each once, with memory for only the body and one chunk.
func TestALargeWebhook(t *testing.T) {
	const alerts = 100_000
	body := largeWebhook(alerts)
	require.Less(t, len(body), defaultBodySize)
	require.Greater(t, len(body), defaultBodySize/2)

	var base, stats runtime.MemStats
	var most uint64
	seen := make([]bool, alerts)
	count, lastFiring := 0, false
	seqs := map[int64]bool{}
	h := handlerOf(t, defaultConfig(), consumeFunc(func(_ context.Context, logs plog.Logs) error {
		for _, lr := range recordsOf(logs) {
			i, err := strconv.ParseInt(stringOf(t, lr.Attributes(), attrs.AlertFingerprint), 16, 64)
			require.NoError(t, err)
			require.False(t, seen[i], "alert %d came twice", i)
			seen[i] = true
			count++
			lastFiring = i%4 != 3
			seqs[seqOf(t, lr)>>24] = true
		}
		runtime.GC()
		runtime.ReadMemStats(&stats)
		most = max(most, stats.HeapAlloc)
		return nil
	}))
	runtime.GC()
	runtime.ReadMemStats(&base)
	assert.Equal(t, http.StatusOK, post(h, strings.NewReader(body)).Code)
	assert.Equal(t, alerts, count)
	assert.False(t, lastFiring, "those that are resolved come last")
	assert.Len(t, seqs, 1, "one webhook has one order number")
	assert.Less(t, most-base.HeapAlloc, uint64(len(body)+2*webhook.ChunkBytes), "%d MiB of body", len(body)>>20)
}

// TestALargeWebhookIsAcknowledgedAsAWhole: if the pipeline refuses one chunk, the sender repeats the whole webhook.
func TestALargeWebhookIsAcknowledgedAsAWhole(t *testing.T) {
	body := largeWebhook(20_000)
	calls, fail := 0, 3
	h := handlerOf(t, defaultConfig(), consumeFunc(func(context.Context, plog.Logs) error {
		calls++
		if calls == fail {
			return errors.New("not now")
		}
		return nil
	}))
	assert.Equal(t, http.StatusServiceUnavailable, post(h, strings.NewReader(body)).Code)
	assert.Equal(t, fail, calls, "nothing is passed on after the error")
	assert.Equal(t, http.StatusOK, post(h, strings.NewReader(body)).Code)
}

// TestAChunkThatIsRefusedPermanently: its sender repeats the webhook only after a while, and with the same result. So the other chunks
// must still reach the pipeline.
func TestAChunkThatIsRefusedPermanently(t *testing.T) {
	const alerts = 20_000
	passed, calls := 0, 0
	h := handlerOf(t, defaultConfig(), consumeFunc(func(_ context.Context, logs plog.Logs) error {
		passed += logs.LogRecordCount()
		calls++
		if calls == 1 {
			return consumererror.NewPermanent(errors.New("never"))
		}
		return nil
	}))
	w := post(h, strings.NewReader(largeWebhook(alerts)))
	assert.Equal(t, http.StatusBadRequest, w.Code)
	assert.Equal(t, "the pipeline refused the alerts permanently: see the collector's log\n", w.Body.String())
	assert.Greater(t, calls, 1)
	assert.Equal(t, alerts, passed)
}
