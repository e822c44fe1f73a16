// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// Reasons for not being ready. Anybody can read them, so the storage's own error, which may contain file names, is only logged.
var (
	errStorageFull   = errors.New("the storage is full")
	errStorageFailed = errors.New("the storage cannot be written")
	errDatabase      = errors.New("the database cannot be used")
	errStopped       = errors.New("the exporter has been stopped")
)

// ready returns why new alerts would be refused. After a failed write it makes a small write itself, because a bridge that is not ready
// may get no webhooks. Other successful writes do not count: a full storage still accepts writes that free space. The state of Alert24
// does not matter here.
func (e *alert24Exporter) ready(ctx context.Context) error {
	if e.replica != nil && e.replica.readStatus(ctx) != nil {
		return errDatabase
	}
	failed := e.telemetry.writesFailed.Load()
	if failed == e.disproved.Load() {
		return nil
	}
	err := e.check(ctx)
	if err != nil {
		e.telemetry.storageFails(err)
	}
	switch {
	case err != nil && e.replica != nil:
		return errDatabase
	case errors.Is(err, storage.ErrStorageFull):
		return errStorageFull
	case err != nil:
		return errStorageFailed
	}
	e.telemetry.storageWorks()
	e.disproved.Store(failed)
	return nil
}

// check makes a small write.
func (e *alert24Exporter) check(ctx context.Context) error {
	if e.replica != nil {
		return e.replica.db.Check(ctx)
	}
	l := e.ledger()
	if l == nil {
		return errStopped
	}
	return l.Check(ctx)
}

// probeEvery is the time between checks of the storage when no readiness request comes.
const probeEvery = 5 * time.Second

// startProbe notices that the storage works again, and keeps the state of the replicas for the metrics.
func (e *alert24Exporter) startProbe(ctx context.Context) {
	e.stopProbe = background(ctx, func(ctx context.Context) {
		for {
			_ = e.ready(ctx) // errors are logged where they occur
			if !sleep.For(ctx, probeEvery) {
				return
			}
		}
	})
}

// background runs functions until stop is called, which waits for their end. The end of ctx does not stop them.
func background(ctx context.Context, run ...func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var work sync.WaitGroup
	for _, f := range run {
		work.Go(func() { f(ctx) })
	}
	return func() { cancel(); work.Wait() }
}
