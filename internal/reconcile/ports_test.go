// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/ledger"
)

var (
	_ Ledger       = (*ledger.Ledger)(nil)
	_ Manager      = (*alert24.Client)(nil)
	_ Manager      = (*alert24.DryRun)(nil)
	_ alert24.Gate = (*Gate)(nil)
)
