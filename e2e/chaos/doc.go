// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package chaos tests the promise of the whole system. It kills and pauses the built collector again and again. Meanwhile,
// Alert24 fails in every possible way, people and another tool change the same incidents, and a pair of Alertmanagers repeats, delays
// and echoes webhooks. When all is calm again, a judge compares: only the incidents of firing alerts are open, no episode was paged
// twice, people's edits stayed, and the other tool's incidents were left alone.
//
// CHAOS_SECONDS and CHAOS_SEED choose a run. CHAOS_HIT=unchanged or merge chooses what a create does to the incident that it meets.
// To find a fault, CHAOS_WITHOUT removes worlds from a run: see worlds_test.go. CHAOS_JUDGE=30m lets the judge's own test
// judge an hour: see linear_test.go.
package chaos
