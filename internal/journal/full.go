// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"go.opentelemetry.io/collector/extension/xextension/storage"
)

// client is a storage client that returns storage.ErrStorageFull for a full disk, too. file_storage returns it for max_size only.
type client struct{ storage.Client }

// Batch implements storage.Client.
func (c client) Batch(ctx context.Context, ops ...*storage.Operation) error {
	err := c.Client.Batch(ctx, ops...)
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %w", storage.ErrStorageFull, err)
	}
	return err
}
