// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package kit has shared code of the end-to-end tests: webhooks to send, ways to wait for incidents and metrics, and programs that
// run until a test ends. Package harness starts the programs; this package fails tests.
package kit
