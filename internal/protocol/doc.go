// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package protocol decides what an alias needs: one entry, its timers, and pure functions of the two ([Timed]). Events change what should be
// ([Policy.Apply]), time does ([Policy.Tick]), [Policy.Decide] names the next call, [Policy.Begin] is its write-ahead, and
// [Policy.Learn] takes in its result. docs/delivery.md says in two tables what Decide does.
//
// Nothing here reads a clock, a disk or a network, renders a template or writes a log: what depends on those is given.
// Start reading with decide.go.
package protocol
