// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// watched is the ledger's store with metrics that show whether it accepts new alerts.
type watched struct {
	ledger.Store
	telemetry *telemetry
}

// Commit counts successes and failures. A full storage still accepts writes that free space, so these do not prove that it works again.
func (w watched) Commit(ctx context.Context, changes []ledger.Change, makesRoom bool) error {
	err := w.Store.Commit(ctx, changes, makesRoom)
	t := w.telemetry
	switch {
	case err != nil:
		t.storageFailed.Store(true)
		t.writesFailed.Add(1)
		t.builder.ExporterAlert24StorageFailures.Add(ctx, 1)
		return err
	case !makesRoom:
		t.storageFailed.Store(false)
	}
	t.builder.ExporterAlert24LedgerWrites.Add(ctx, 1)
	return nil
}
