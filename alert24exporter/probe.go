// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/extension/xextension/storage"
	"go.opentelemetry.io/collector/pdata/plog"
)

// probed answers a push without records, with which a receiver asks whether one with records would be accepted, and leaves
// no trace of it.
type probed struct {
	exporter.Logs
	exporter *alert24Exporter
}

func (p probed) ConsumeLogs(ctx context.Context, logs plog.Logs) error {
	if logs.LogRecordCount() == 0 {
		return p.exporter.probe(ctx)
	}
	return p.Logs.ConsumeLogs(ctx, logs)
}

// probe returns why webhooks would not be accepted. After a failed write it has to try one, because a bridge that is not
// ready may get no webhook that would. A write that succeeded meanwhile says little: in a full storage some still do. The
// state of Alert24 does not matter here.
func (e *alert24Exporter) probe(ctx context.Context) error {
	failed := e.telemetry.writesFailed.Load()
	if failed == e.disproved.Load() {
		return nil
	}
	err := e.ledger.Check(ctx)
	e.telemetry.storageFailed.Store(err != nil)
	if err != nil {
		return storageError{err}
	}
	e.disproved.Store(failed)
	return nil
}

// storageError is why the storage takes no webhook. The receiver answers a probe, which anybody may send, with NotReady: the
// error itself can hold the names of files.
type storageError struct{ error }

func (e storageError) Unwrap() error { return e.error }

// NotReady implements what the receiver looks for in an error.
func (e storageError) NotReady() string {
	if errors.Is(e, storage.ErrStorageFull) {
		return "the storage is full"
	}
	return "the storage cannot be written"
}
