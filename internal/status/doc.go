// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package status says for people and scripts what the bridge knows: the types of the status API, the words for the state of an entry,
// and small memories of what happened lately. It may import what an entry and an incident are made of, and does no input or output.
// Start reading at Read in entry.go; docs/status.md describes the JSON.
package status
