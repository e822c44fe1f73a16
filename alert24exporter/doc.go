// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool mdatagen metadata.yaml

// Package alert24exporter keeps Alert24's incidents as the alerts in the log records ask for: for every alias at
// most one open incident, open exactly while an alert with that alias fires.
package alert24exporter
