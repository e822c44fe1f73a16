// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Binaries are the programs that the harness runs, as absolute paths.
type Binaries struct {
	Collector    string
	Tool         string
	Alertmanager string
	Amtool       string
	Promtool     string
}

// Environment variables that name the binaries. The Makefile sets them.
const (
	CollectorEnv    = "OTELCOL_ALERT24"
	ToolEnv         = "ALERT24TOOL"
	AlertmanagerEnv = "ALERTMANAGER"
	AmtoolEnv       = "AMTOOL"
	PromtoolEnv     = "PROMTOOL"
)

// BinariesFromEnv finds the binaries. The ones in need must exist.
func BinariesFromEnv(need ...string) (Binaries, error) {
	var errs []error
	for _, name := range need {
		path := os.Getenv(name)
		if path == "" {
			errs = append(errs, fmt.Errorf("%s is not set", name))
		} else if _, err := os.Stat(path); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", name, err))
		}
	}
	return Binaries{
		Collector:    os.Getenv(CollectorEnv),
		Tool:         os.Getenv(ToolEnv),
		Alertmanager: os.Getenv(AlertmanagerEnv),
		Amtool:       os.Getenv(AmtoolEnv),
		Promtool:     os.Getenv(PromtoolEnv),
	}, errors.Join(errs...)
}

// Root returns the folder of the module. It searches from the working directory upwards.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory: run this inside the project")
		}
		dir = parent
	}
}

// environment returns the environment of the process and set, without any other ALERT24_*: no test may use a developer's real key.
func environment(set map[string]string) []string {
	var env []string
	for _, entry := range os.Environ() {
		if !strings.HasPrefix(entry, "ALERT24_") {
			env = append(env, entry)
		}
	}
	for name, value := range set {
		env = append(env, name+"="+value)
	}
	return env
}
