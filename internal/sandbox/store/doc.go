// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package store is the sandbox's state: incidents, and the rules by which the Alert24 API creates, merges, updates
// and lists them. It does no I/O, knows no HTTP and takes the time as an argument. It is not safe for concurrent use.
//
// The rules follow Alert24's documentation (https://alert24.net/docs/api-incidents). Where the documentation is silent,
// a switch decides; see Switches.
package store
