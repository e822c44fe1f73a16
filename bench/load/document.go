// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"strings"
)

// document writes the table and what it was measured on.
func (b *bench) document(_ context.Context, path string) error {
	var text strings.Builder
	b.table.markdown(&text)
	return os.WriteFile(path, []byte(text.String()), 0o644) //nolint:gosec // a document for everybody
}
