// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package kit

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/e2e/harness"
)

// StorageRoom is the key of the storage's size. The number of bytes follows.
const StorageRoom = "extensions.file_storage.max_size="

// Fill sends firings of host-0 and so on until the storage is full. It returns how many were accepted, and the one that was
// refused.
func Fill(t *testing.T, c *harness.Collector) (taken int, refused Webhook) {
	t.Helper()
	for tries := 0; tries < 2; { // a single try may hit a moment without room
		require.Less(t, taken, 10_000, "the storage does not become full")
		refused = Firing(fmt.Sprintf("host-%d", taken), "critical")
		if status := Post(t, c, harness.WebhookToken, refused); status == http.StatusOK {
			taken, tries = taken+1, 0
		} else {
			require.Equal(t, http.StatusServiceUnavailable, status)
			tries++
		}
	}
	require.NotZero(t, taken)
	return taken, refused
}
