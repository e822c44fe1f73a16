// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package preview answers what a webhook would do: decode, convert, read events, apply, decide, body. It calls the
// packages that the receiver and the exporter call, on one alias at a time and with an incident manager that sends nothing.
// It is pure: it reads no clock, configuration or file. Start at [Preview.Webhook].
package preview
