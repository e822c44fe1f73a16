// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package chaos tests the promise of the whole system: the built collector is killed and paused again and again, Alert24
// fails in every way it can, people and another tool work on the same incidents, and a pair of Alertmanagers repeats, delays
// and echoes. Once all is calm, a judge compares: exactly the incidents of the alerts that fire are open, no episode was paged
// twice, what people edited stayed, and the other tool's incidents were left alone.
//
// CHAOS_SECONDS and CHAOS_SEED choose a run, CHAOS_HIT=unchanged or merge what a create does to the incident that it meets.
// To find a fault, CHAOS_WITHOUT takes worlds out of a run: see worlds_test.go. CHAOS_JUDGE=30m lets the judge's own test
// judge an hour: see linear_test.go.
package chaos
