// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// Why a bridge is not ready. Anybody may ask, so the storage's own error, which can hold the names of files, is for the log only.
var (
	errStorageFull   = errors.New("the storage is full")
	errStorageFailed = errors.New("the storage cannot be written")
)

// ready returns why webhooks would not be accepted. After a failed write it has to try one, because a bridge that is not
// ready may get no webhook that would. A write that succeeded meanwhile says little: in a full storage some still do. The
// state of Alert24 does not matter here.
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
