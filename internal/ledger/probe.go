// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

const (
	// probeKey holds bytes of no meaning for a moment, more than most webhooks need: less can fit where no webhook does.
	probeKey   = "probe"
	probeBytes = 64 << 10
)

// Probe returns why storage would not take alerts with new aliases now, nil if it would: it takes some room as they
// would, and gives it back. It waits for its turn no longer than ctx.
func (l *Ledger) Probe(ctx context.Context) error {
	s := l.store
	if s.client == nil {
		return nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return unwritten(ctx.Err())
	}
	err := s.reserve.batch(ctx, false, []*storage.Operation{storage.SetOperation(probeKey, blank[:probeBytes])})
	if err == nil {
		err = s.client.Delete(ctx, probeKey)
	}
	return unwritten(err)
}
