// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package kit is what the end-to-end tests share: webhooks to send, ways to wait for incidents and metrics, and programs
// that run until a test ends. Package harness starts the programs; this one fails tests.
package kit
