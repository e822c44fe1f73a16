// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package protocol decides which call to Alert24 an alias needs next. It consists of pure functions of one entry and its timers ([Timed]).
// Events ([Policy.Apply]) and time ([Policy.Tick]) change the desired state, [Policy.Decide] names the next call, [Policy.Begin] is its
// write-ahead, and [Policy.Learn] takes in its result. Two tables of docs/delivery.md describe Decide.
//
// Nothing here reads a clock, a disk or a network, renders a template or writes a log: the caller passes in what depends on those. Start
// reading with decide.go.
package protocol
