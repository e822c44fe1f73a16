// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build race

package testflag

// The race detector makes a history up to ten times slower. make test-unit runs the models without it as well.
const modelChecks = "100"
