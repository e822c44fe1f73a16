// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package chaos tests the promise of the whole system: the built collector is killed again and again, Alert24 fails in
// every way it can, and a pair of Alertmanagers repeats, delays and echoes. Once all is calm, exactly the incidents of the
// alerts that fire are open, and no episode was paged twice.
package chaos
