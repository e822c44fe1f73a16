// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/ledger"
)

// Read calls each for every live record, as Load does, and changes nothing in the storage. A record is only valid until each returns.
func Read(ctx context.Context, walker storage.Walker, each func(ledger.Loaded) error) error {
	l := newLog()
	r := reader{log: &l, each: each}
	if err := walker.Walk(ctx, r.survey); err != nil {
		return err
	}
	return walker.Walk(ctx, func(key string, value []byte) ([]*storage.Operation, error) {
		_, err := r.read(key, value)
		if errors.Is(err, ledger.ErrUnreadable) {
			err = nil
		}
		return nil, err
	})
}
