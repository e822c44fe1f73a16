// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:generate go run .

// Schemagen writes config.schema.yaml of both components in the form of the collector's contrib repository: types of the
// collector's own settings are references, as go.opentelemetry.io/collector/config/confighttp.client_config.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

const root = "../../.."

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

func run() error {
	for _, c := range components() {
		text, err := c.generate()
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.path("config.schema.yaml"), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func (c component) path(name string) string { return filepath.Join(root, c.dir, name) }
