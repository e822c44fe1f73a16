// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Reasons for not being ready. Anybody can read them, so the storage's own error, which may contain file names, is only logged.
var (
	errStorageFull   = errors.New("the storage is full")
	errStorageFailed = errors.New("the storage cannot be written")
)

// ready returns why new alerts would be refused. After a failed write it tries one itself, because a bridge that is not
// ready may get no webhook. A write that succeeds in between proves little: a full storage still accepts those that free
// space. The state of Alert24 does not matter here.
func (e *alert24Exporter) ready(ctx context.Context) error {
	failed := e.telemetry.writesFailed.Load()
	if failed == e.disproved.Load() {
		return nil
	}
	err := e.ledger.Check(ctx)
	e.telemetry.storageFailed.Store(err != nil)
	switch {
	case errors.Is(err, storage.ErrStorageFull):
		return errStorageFull
	case err != nil:
		return errStorageFailed
	}
	e.disproved.Store(failed)
	return nil
}
