// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	otelcomponent "go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/extension/extensiontest"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/e2e/harness"
	"github.com/alert24/otelcol-alert24/e2e/harness/kit"
	"github.com/alert24/otelcol-alert24/internal/journal"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
)

// When storage is full, a webhook that needs room gets 503 and changes nothing. A webhook that frees room is accepted. With more
// room everything continues, and all webhooks answered with 200 are there.
func TestFullStorage(t *testing.T) {
	dir := t.TempDir()
	found := kit.Binaries(t, harness.CollectorEnv)
	s := harness.StartSandbox()
	t.Cleanup(s.Close)
	start := func(size int) *harness.Collector {
		c, err := harness.StartCollector(t.Context(), harness.CollectorOptions{
			Binary: found.Collector, Endpoint: s.Endpoint, APIKey: s.Key, Dir: dir, Set: append(kit.Quick(), fmt.Sprint(storageRoom, size)),
		})
		require.NoError(t, err)
		t.Cleanup(func() { assert.NoError(t, c.Stop()) })
		return c
	}
	c := start(1 << 20)
	_, err := s.AddFault(sandbox.Fault{Status: http.StatusServiceUnavailable}) // only webhooks may change anything
	require.NoError(t, err)
	n, refused := fill(t, c)
	want := map[string]bool{}
	for i := range n {
		want[fmt.Sprintf("HighErrorRate:host-%d", i)] = true
	}
	// A resolve frees room, so it is accepted.
	kit.Deliver(t, c, kit.Resolved(kit.Firing("host-0", "critical")))
	delete(want, "HighErrorRate:host-0")

	c.Kill()
	c = start(64 << 20)
	s.ClearFaults()
	kit.AtRest(t, s, kit.SettleTime, c)
	got := map[string]bool{}
	for _, i := range s.Incidents() {
		got[i.Alias] = i.Open()
	}
	assert.Equal(t, want, got, "what was acknowledged, and nothing else")
	kit.Deliver(t, c, refused)
	kit.Eventually(t, func(context.Context) error {
		if n := s.Stats().Open; n != len(want)+1 {
			return fmt.Errorf("%d incidents are open", n)
		}
		return nil
	})
}

// The bridge does not touch a ledger written by a newer version, and tells the operator.
func TestLedgerOfANewerVersion(t *testing.T) {
	dir := t.TempDir()
	found := kit.Binaries(t, harness.CollectorEnv)
	s := harness.StartSandbox()
	t.Cleanup(s.Close)
	c, err := harness.StartCollector(t.Context(), harness.CollectorOptions{
		Binary: found.Collector, Endpoint: s.Endpoint, APIKey: s.Key, Dir: dir, Set: kit.Quick(),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Stop()) })
	kit.Deliver(t, c, kit.Firing("api-01.prod", "critical"))
	kit.OnlyIncident(t, s, kit.IsOpen)
	require.NoError(t, c.Stop())

	const newer = `{"schema":1000}`
	journalFile(t, filepath.Join(dir, "storage"), func(j *journal.Journal, _ map[string]string) {
		require.NoError(t, j.Commit(t.Context(), []ledger.Change{{Key: "another", Record: []byte(newer)}}, false))
	})
	err = c.Start(t.Context())
	require.ErrorContains(t, err, "ended before it was ready")
	require.ErrorContains(t, err, "written by a newer version")
	assert.NotContains(t, c.Log(), "goroutine ")

	journalFile(t, filepath.Join(dir, "storage"), func(j *journal.Journal, records map[string]string) {
		assert.Equal(t, newer, records["another"])
		require.NoError(t, j.Commit(t.Context(), []ledger.Change{{Key: "another"}}, false))
	})
	require.NoError(t, c.Start(t.Context()))
	kit.Deliver(t, c, kit.Resolved(kit.Firing("api-01.prod", "critical")))
	kit.OnlyIncident(t, s, kit.IsResolved)
}

// journalFile opens the exporter's journal while no collector uses it.
func journalFile(t *testing.T, dir string, use func(*journal.Journal, map[string]string)) {
	t.Helper()
	factory := filestorage.NewFactory()
	config := factory.CreateDefaultConfig().(*filestorage.Config)
	config.Directory = dir
	ext, err := factory.Create(t.Context(), extensiontest.NewNopSettings(factory.Type()), config)
	require.NoError(t, err)
	require.NoError(t, ext.Start(t.Context(), componenttest.NewNopHost()))
	client, err := ext.(storage.Extension).GetClient(t.Context(), otelcomponent.KindExporter, otelcomponent.MustNewID("alert24"), "ledger")
	require.NoError(t, err)
	j, records := journal.New(client), map[string]string{}
	require.NoError(t, j.Load(t.Context(), func(l ledger.Loaded) error {
		records[l.Key] = string(l.Record)
		return nil
	}, func(key string, b []byte) []byte { return append(b, records[key]...) }))
	use(j, records)
	require.NoError(t, j.Close(t.Context()))
	require.NoError(t, ext.Shutdown(t.Context()))
}

// Without storage the collector works. At the start it logs the consequences.
func TestWithoutStorage(t *testing.T) {
	s, c := kit.StartCollector(t, "exporters.alert24.storage=null")
	kit.Deliver(t, c, kit.Firing("api-01.prod", "critical"))
	kit.OnlyIncident(t, s, kit.IsOpen)
	assert.Equal(t, 1, strings.Count(c.Log(), "No storage is configured"))
}

// storageRoom is the key of the storage's size. The number of bytes follows.
const storageRoom = "extensions.file_storage.max_size="

// fill sends firings of host-0 and so on until the storage is full. It returns how many were accepted, and the one that was
// refused.
func fill(t *testing.T, c *harness.Collector) (taken int, refused kit.Webhook) {
	t.Helper()
	// So that few webhooks fill the storage: on a slow disk, many take so long that the first alerts end meanwhile.
	text := strings.Repeat("It is broken. ", 1000)
	for tries := 0; tries < 2; { // a single try may hit a moment without room
		require.Less(t, taken, 10_000, "the storage does not become full")
		refused = kit.Firing(fmt.Sprintf("host-%d", taken), "critical")
		refused.Alerts[0].Annotations["description"] = text
		if status := kit.Post(t, c, harness.WebhookToken, refused); status == http.StatusOK {
			taken, tries = taken+1, 0
		} else {
			require.Equal(t, http.StatusServiceUnavailable, status)
			tries++
		}
	}
	require.NotZero(t, taken)
	return taken, refused
}
