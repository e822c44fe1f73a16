// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package testflag

const modelChecks = "1000"
