// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package webhook turns the bytes of a webhook into alerts, and alerts into log records, each with an alias and a key. It is pure: no
// component, HTTP, clock or logging. Start at Decode for a whole webhook or at Reader for chunks, then Converter.
package webhook
