// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package arch has only tests: they check the code against docs/architecture.md.
package arch
