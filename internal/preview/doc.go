// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package preview answers what a webhook would do. It runs the receiver and the exporter themselves, as the collector
// does: the receiver on a private socket, the exporter in its dry run. Nothing leaves the machine.
package preview
