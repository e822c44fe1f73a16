// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package e2e tests what users run: the built collector with the configuration that they deploy, a real Alertmanager with
// the example that they copy, and the sandbox in the place of Alert24. `make test-e2e` builds all of it and runs the tests.
package e2e
