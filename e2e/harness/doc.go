// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package harness runs the built collector between a real Alertmanager and the sandbox, each on free ports of the loopback, for the
// end-to-end tests and the demo. It does not use the collector's code: it starts the binary with the configuration that users
// deploy and the example that users copy.
package harness
