// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package packages

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Root of the project.
const projectRoot = "../../.."

// pretend returns options with tiny files in place of the programs: these tests look at everything else.
func pretend(t *testing.T) Options {
	t.Helper()
	bin := t.TempDir()
	for _, name := range []string{"otelcol-alert24", "alert24tool"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\necho "+name+"\n"), 0o700))
	}
	return Options{
		Root: projectRoot, Bin: bin, Out: t.TempDir(), Version: "0.1.0", Arch: "arm64", SBOM: []byte("{}\n"),
		Time: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC),
	}
}

func TestPackagesAreReproducible(t *testing.T) {
	for _, format := range Formats {
		t.Run(format, func(t *testing.T) {
			var made [2][]byte
			for i := range made {
				path, err := Build(pretend(t), format)
				require.NoError(t, err)
				made[i], err = os.ReadFile(path)
				require.NoError(t, err)
			}
			assert.NotEmpty(t, made[0])
			assert.Equal(t, made[0], made[1])
		})
	}
}

func TestPackagesCarryNameVersionAndArchitecture(t *testing.T) {
	for format, want := range map[string]string{"deb": "otelcol-alert24_0.1.0_arm64.deb", "rpm": "otelcol-alert24-0.1.0-1.aarch64.rpm"} {
		path, err := Build(pretend(t), format)
		require.NoError(t, err)
		assert.Equal(t, want, filepath.Base(path))
	}
}

// The documentation and messages of the bridge name the examples.
func TestPackagesHaveEveryExample(t *testing.T) {
	examples, err := filepath.Glob(filepath.Join(projectRoot, "examples", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, examples)
	for _, format := range Formats {
		all, err := contents(pretend(t), t.TempDir(), format)
		require.NoError(t, err)
		packed := map[string]bool{}
		for _, c := range all {
			packed[c.Source] = true
		}
		for _, example := range examples {
			if !strings.HasSuffix(example, "_test.yml") {
				assert.True(t, packed[example], "%s: %s", format, example)
			}
		}
	}
}

func TestPackageWithoutPrograms(t *testing.T) {
	o := pretend(t)
	o.Bin = t.TempDir()
	_, err := Build(o, "deb")
	require.ErrorContains(t, err, "otelcol-alert24")
}
