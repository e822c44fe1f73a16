// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package receiver

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
)

// limit is the default limit_mib.
const limit int64 = 512 << 20

// Several senders with a token send the most memory-hungry bodies at once. The bridge, with the unchanged collector-config.yaml,
// keeps running, stays within the memory stated in docs/probes-and-sizing.md, and afterwards accepts a webhook as before.
func TestNoSenderBringsTheBridgeDown(t *testing.T) {
	for name, tt := range map[string]struct {
		memoryLimit string // GOMEMLIMIT
		most        int64
	}{
		"alone":                                {"off", limit * 5 / 2},
		"as the packages and the chart run it": {"640MiB", limit * 3 / 2}, // they kill a process above that
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("GOMEMLIMIT", tt.memoryLimit)
			_, c := kit.StartCollector(t)
			peak := watch(t, c)
			// The senders may reach limits::aliases. Known aliases then still work.
			require.Equal(t, http.StatusOK, kit.Post(t, c, harness.WebhookToken, kit.Firing("known", "critical")))
			besiege(t, c)
			assert.True(t, c.Running())
			assert.Less(t, peak(), tt.most)
			kit.Eventually(t, func(context.Context) error {
				status := kit.Post(t, c, harness.WebhookToken, kit.Firing("known", "critical")) //nolint:contextcheck // it has the test's own
				if status != http.StatusOK {
					return fmt.Errorf("a webhook is answered %d", status)
				}
				return nil
			})
		})
	}
}

// besiege makes several senders attack at once.
func besiege(t *testing.T, c *harness.Collector) {
	t.Helper()
	senders := []func(round int) io.Reader{
		func(round int) io.Reader { return wide(round) },                                                // 64 MiB, each alert a new alias
		func(round int) io.Reader { return io.MultiReader(wide(round + 100)) },                          // the same, of unknown length
		func(int) io.Reader { return strings.NewReader(strings.Repeat(`{"alerts":[`, 5<<20)) },          // deep
		func(int) io.Reader { return strings.NewReader(`{"alerts":[` + strings.Repeat("{},", 20<<20)) }, // empty alerts
		func(int) io.Reader {
			return strings.NewReader(`{"alerts":[{"labels":{` + strings.Repeat(`"":"",`, 9<<20))
		},
		func(int) io.Reader {
			return strings.NewReader(`{"alerts":[],"receiver":"` + strings.Repeat("x", 60<<20) + `"}`)
		},
	}
	const rounds = 2
	var sending sync.WaitGroup
	for i, body := range senders {
		sending.Go(func() {
			for round := range rounds {
				attack(t, c, i, body(10*i+round), i%2 == 1)
			}
		})
	}
	sending.Wait()
}

// wide is a webhook of nearly 64 MiB. Its alerts have long texts and unique aliases.
func wide(n int) *bytes.Reader {
	text := strings.Repeat("x", 2000)
	return bytes.NewReader(several(30_000, n, func(b *bytes.Buffer, n, i int) {
		fmt.Fprintf(b, `{"status":"firing","labels":{"alertname":"Wide","instance":"%d-%d"},"annotations":{"summary":"wide","description":%q},"startsAt":"2026-11-23T20:37:15Z"}`,
			n, i, text)
	}))
}

// attack sends a body. The bridge may refuse it in any way, but must not crash.
func attack(t *testing.T, c *harness.Collector, sender int, body io.Reader, compress bool) {
	t.Helper()
	if compress {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, err := io.Copy(w, body)
		assert.NoError(t, err)
		assert.NoError(t, w.Close())
		body = &packed
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Webhook, body)
	if !assert.NoError(t, err) {
		return
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+harness.WebhookToken)
	if compress {
		request.Header.Set("Content-Encoding", "gzip")
	}
	response, err := kit.Client().Do(request)
	if err != nil {
		return // it may cut the connection
	}
	defer response.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(response.Body, 200))
	t.Logf("sender %d: %s %s", sender, response.Status, strings.TrimSpace(string(said)))
}

var anonymous = regexp.MustCompile(`RssAnon:\s+(\d+) kB`)

// watch follows the memory of the process that the kernel cannot take back. This is what it ends a process for; pages of the program and of
// the ledger's file do not count. The function that watch returns ends that, and returns the most that was seen.
func watch(t *testing.T, c *harness.Collector) (peak func() int64) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	var most int64
	var watching sync.WaitGroup
	watching.Go(func() {
		ticker := time.NewTicker(5 * time.Millisecond)
		defer ticker.Stop()
		for ctx.Err() == nil {
			status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.PID()))
			if found := anonymous.FindSubmatch(status); err == nil && found != nil {
				kilobytes, _ := strconv.ParseInt(string(found[1]), 10, 64)
				most = max(most, kilobytes<<10)
			}
			select {
			case <-ticker.C:
			case <-ctx.Done():
			}
		}
	})
	return func() int64 {
		cancel()
		watching.Wait()
		require.Positive(t, most)
		t.Logf("the bridge took %d MiB at the most", most>>20)
		return most
	}
}
