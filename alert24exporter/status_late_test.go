// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/internal/sandbox"
	"github.com/alert24/otelcol-alert24/internal/sandbox/sandboxtest"
)

// A request that outlasts the grace of the shutdown meets an exporter that stops.
func TestLateRequestForTheStatus(t *testing.T) {
	ext := fileStorage(t, t.TempDir())
	t.Cleanup(func() { require.NoError(t, ext.Shutdown(context.WithoutCancel(t.Context()))) })
	e, _ := watchedExporter(t, sandboxtest.Start(t, sandbox.Options{}), host{storageID: ext}, func(cfg *Config) { cfg.Storage = &storageID })
	source := &statusSource{alert24Exporter: e}
	var late sync.WaitGroup
	stopped := make(chan struct{})
	late.Go(func() {
		for {
			assert.Equal(t, "file", source.Overview(context.WithoutCancel(t.Context())).Storage.Kind)
			select {
			case <-stopped:
				return
			default:
			}
		}
	})
	assert.NoError(t, e.shutdown(t.Context()))
	close(stopped)
	late.Wait()
}
