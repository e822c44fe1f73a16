// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package packages

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unit is a systemd unit: the values by key, in their order.
type unit map[string][]string

func parseUnit(t *testing.T, text string) unit {
	t.Helper()
	parsed := unit{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "[") {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		require.True(t, ok, line)
		parsed[key] = append(parsed[key], value)
	}
	return parsed
}

func (u unit) one(t *testing.T, key string) string {
	t.Helper()
	require.Len(t, u[key], 1, key)
	return u[key][0]
}

// environment is what systemd passes on: the unit's own, then the file's.
func (u unit) environment(t *testing.T, file string) []string {
	t.Helper()
	set := append([]string(nil), u["Environment"]...)
	for line := range strings.Lines(file) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			require.Contains(t, line, "=")
			set = append(set, line)
		}
	}
	return set
}

func readFile(t *testing.T, path ...string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(append([]string{projectRoot}, path...)...))
	require.NoError(t, err)
	return string(content)
}

func mebibytes(t *testing.T, text, suffix string) int {
	t.Helper()
	n, err := strconv.Atoi(strings.TrimSuffix(text, suffix))
	require.NoError(t, err)
	return n
}

// The processor refuses webhooks before the garbage collector thrashes, and that before systemd kills.
func TestUnitsMemoryFitsTheConfiguration(t *testing.T) {
	found := regexp.MustCompile(`ALERT24_MEMORY_LIMIT_MIB:-(\d+)`).FindStringSubmatch(readFile(t, "collector-config.yaml"))
	require.NotNil(t, found)
	refuse := mebibytes(t, found[1], "")
	u := parseUnit(t, readFile(t, "deploy", "packages", "otelcol-alert24.service"))
	collect := mebibytes(t, strings.TrimPrefix(u.one(t, "Environment"), "GOMEMLIMIT="), "MiB")
	kill := mebibytes(t, u.one(t, "MemoryMax"), "M")
	assert.Equal(t, refuse*5/4, collect)
	assert.Equal(t, refuse*3/2, kill)
}

// The sample names each variable of the configuration, with its default.
func TestEnvironmentFileNamesEveryVariable(t *testing.T) {
	sample := readFile(t, "deploy", "packages", "environment")
	variables := regexp.MustCompile(`\$\{env:(ALERT24_\w+)(?::-([^}]*))?\}`).FindAllStringSubmatch(readFile(t, "collector-config.yaml"), -1)
	require.NotEmpty(t, variables)
	manual := readFile(t, "deploy", "packages", "otelcol-alert24.8")
	for _, v := range variables {
		name, normal := v[1], v[2]
		assert.Contains(t, manual, name)
		switch {
		case name == "ALERT24_STORAGE_DIR": // the unit's StateDirectory
			assert.NotContains(t, sample, name)
		case !strings.Contains(v[0], ":-"):
			assert.Contains(t, sample, "\n"+name+"=\n", "required")
		default:
			assert.Contains(t, sample, "\n#"+name+"="+normal+"\n")
		}
	}
}
