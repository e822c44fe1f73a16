// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"errors"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// probePrefix begins the keys of bytes of no meaning that are there for a moment: as many as the reserve takes at once,
// and more than most webhooks need, because less can fit where no webhook does.
const probePrefix = "probe/"

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
	err := s.reserve.batch(ctx, false, fillers(probePrefix, 0))
	if s.full = errors.Is(err, storage.ErrStorageFull); s.full {
		s.squeeze(ctx)
		err = s.reserve.batch(ctx, false, fillers(probePrefix, 0))
	}
	if err == nil {
		err = s.client.Batch(ctx, without(fillers(probePrefix, 0))...)
	}
	return unwritten(err)
}
