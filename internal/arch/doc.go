// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package arch has tests only: they hold the code to docs/architecture.md.
package arch
