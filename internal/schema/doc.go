// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go test -run ^TestSchemasAreUpToDate$ -update .

// Package schema has only tests. They write config.schema.yaml of both components from their types, and check it. The file has the form of
// the collector's contrib repository: types of the collector's own settings are references, as
// go.opentelemetry.io/collector/config/confighttp.client_config.
package schema
