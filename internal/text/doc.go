// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package text makes what others wrote fit to be shown: on one line, printable, short enough, and with links that are
// safe to click. It is pure and imports nothing of this project. Start with [Line].
package text
