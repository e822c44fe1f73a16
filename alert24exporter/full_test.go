// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.uber.org/zap"
	zapobserver "go.uber.org/zap/zaptest/observer"

	"github.com/alert24/otelcol-alert24/alert24exporter/internal/metadata"
	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// fullStorage is a storage extension whose disk is full once full is set.
type fullStorage struct {
	storage.Extension
	full atomic.Bool
}

type fullClient struct {
	storage.Client
	storage.Walker
	full *atomic.Bool
}

func (s *fullStorage) GetClient(ctx context.Context, kind component.Kind, id component.ID, name string) (storage.Client, error) {
	c, err := s.Extension.GetClient(ctx, kind, id, name)
	return &fullClient{c, c.(storage.Walker), &s.full}, err
}

func (c *fullClient) Batch(ctx context.Context, ops ...*storage.Operation) error {
	if c.full.Load() {
		return storage.ErrStorageFull
	}
	return c.Client.Batch(ctx, ops...)
}

// startOnFullStorage starts an exporter on a storage that is not full yet. The caller shuts both down.
func startOnFullStorage(t *testing.T, set exporter.Settings) (*sandboxtest.Sandbox, exporter.Logs, *fullStorage) {
	t.Helper()
	box := sandboxtest.Start(t, sandbox.Options{})
	cfg := configOf(box)
	cfg.Storage = &storageID
	ext := &fullStorage{Extension: fileStorage(t, t.TempDir()).(storage.Extension)}
	exp, err := NewFactory().CreateLogs(t.Context(), set, cfg)
	require.NoError(t, err)
	require.NoError(t, exp.Start(t.Context(), host{storageID: ext}))
	return box, exp, ext
}

// TestSwitchedOffOnFullStorage: the incident of a watchdog that was switched off closes even if the disk was full at the start.
func TestSwitchedOffOnFullStorage(t *testing.T) { inBubble(t, switchedOffOnFullStorage) }

func switchedOffOnFullStorage(t *testing.T, box bubble) {
	t.Helper()
	dir := t.TempDir()
	exp, stop := box.start(t, dir, watchdogs(time.Second))
	heard(t, exp, time.Second)
	opens(t, box.Sandbox, euAlias, 1)
	stop()

	cfg := configOf(box.Sandbox)
	box.connect(cfg)
	cfg.Storage, cfg.Watchdog.MissingAfter = &storageID, time.Second
	ext := &fullStorage{Extension: fileStorage(t, dir).(storage.Extension)}
	ext.full.Store(true)
	core, logged := zapobserver.New(zap.ErrorLevel)
	set := exportertest.NewNopSettings(metadata.Type)
	set.ID, set.Logger = component.NewID(metadata.Type), zap.New(core)
	exp, err := NewFactory().CreateLogs(t.Context(), set, cfg)
	require.NoError(t, err)
	h := box.host()
	h[storageID] = ext
	require.NoError(t, exp.Start(t.Context(), h))
	require.Eventually(t, func() bool { return logged.FilterMessageSnippet("for a watchdog").Len() > 0 }, soon, tick)
	require.Len(t, box.Open(euAlias), 1)
	ext.full.Store(false)
	opens(t, box.Sandbox, euAlias, 0)
	require.NoError(t, exp.Shutdown(t.Context()))
	require.NoError(t, ext.Shutdown(t.Context()))
}
