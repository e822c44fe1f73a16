// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go tool mdatagen metadata.yaml
//go:generate rm -r internal/metadatatest

// Package alert24exporter opens, updates and closes Alert24 incidents to match the alerts in log records. There is at
// most one open incident per alias, and it is open exactly while an alert with that alias fires.
package alert24exporter
