// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"fmt"
)

// Read returns the entries in the records that load yields. It lets people look at the ledger of another process, and repairs nothing.
func Read(ctx context.Context, load func(ctx context.Context, each func(r Loaded) error) error) ([]Listed, Damage, error) {
	r := newLoading(newStore(nil, 0))
	if err := load(ctx, r.take); err != nil {
		return nil, Damage{}, fmt.Errorf("cannot read the ledger: %w", err)
	}
	if err := r.join(); err != nil {
		return nil, Damage{}, fmt.Errorf("cannot read the ledger: %w", err)
	}
	return r.list(), r.damage, nil
}
