// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func options(t *testing.T, suffix string) Options {
	t.Helper()
	bin := t.TempDir()
	o := Options{Root: "../../..", SBOM: []byte("{}"), Time: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)}
	for _, name := range []string{"otelcol-alert24", "alert24tool"} {
		path := filepath.Join(bin, name+suffix)
		require.NoError(t, os.WriteFile(path, []byte(name), 0o700))
		o.Programs = append(o.Programs, path)
	}
	return o
}

// inside is what every archive has besides the programs.
var inside = []string{
	"CHANGELOG.md", "LICENSE", "README.md", "collector-config.yaml", "examples/alertmanager.yml", "examples/bridge-alerts.yml",
	"examples/grafana-dashboard.json", "examples/kubernetes-alias-rules.yaml", "examples/postgresql-schema.sql", "examples/prometheus-rules.yml",
	"sbom.cdx.json",
}

func TestTar(t *testing.T) {
	path, err := Build(options(t, ""), filepath.Join(t.TempDir(), "otelcol-alert24_0.1.0_linux_amd64"))
	require.NoError(t, err)
	assert.Equal(t, "otelcol-alert24_0.1.0_linux_amd64.tar.gz", filepath.Base(path))
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	modes := map[string]int64{}
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		modes[header.Name] = header.Mode
	}
	want := map[string]int64{}
	for _, name := range []string{"otelcol-alert24", "alert24tool"} {
		want["otelcol-alert24_0.1.0_linux_amd64/"+name] = 0o755
	}
	for _, name := range inside {
		want["otelcol-alert24_0.1.0_linux_amd64/"+name] = 0o644
	}
	assert.Equal(t, want, modes)
}

func TestZip(t *testing.T) {
	path, err := Build(options(t, ".exe"), filepath.Join(t.TempDir(), "otelcol-alert24_0.1.0_windows_arm64"))
	require.NoError(t, err)
	assert.Equal(t, "otelcol-alert24_0.1.0_windows_arm64.zip", filepath.Base(path))
	reader, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer reader.Close()
	var names, want []string
	for _, file := range reader.File {
		names = append(names, file.Name)
		assert.Equal(t, time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC), file.Modified.UTC(), file.Name)
	}
	for _, name := range append([]string{"otelcol-alert24.exe", "alert24tool.exe"}, inside...) {
		want = append(want, "otelcol-alert24_0.1.0_windows_arm64/"+name)
	}
	assert.ElementsMatch(t, want, names)
}

func TestArchivesAreReproducible(t *testing.T) {
	for _, suffix := range []string{"", ".exe"} {
		o := options(t, suffix)
		var made [2][]byte
		for i := range made {
			path, err := Build(o, filepath.Join(t.TempDir(), "archive"))
			require.NoError(t, err)
			made[i], err = os.ReadFile(path)
			require.NoError(t, err)
		}
		assert.Equal(t, made[0], made[1])
	}
}

// The test's own program stands in for the programs.
func TestCheck(t *testing.T) {
	here := runtime.GOOS + "_" + runtime.GOARCH
	require.NoError(t, Check(here, os.Args[0], os.Args[0]))
	require.ErrorContains(t, Check("plan9_arm", os.Args[0]), "built for "+here+", not for plan9_arm")
	require.ErrorContains(t, Check(here, append([]string{os.Args[0]}, options(t, "").Programs...)...), "no Go program")
}

func TestArchiveWithoutAProgram(t *testing.T) {
	o := options(t, "")
	o.Programs = append(o.Programs, filepath.Join(t.TempDir(), "gone"))
	_, err := Build(o, filepath.Join(t.TempDir(), "archive"))
	require.ErrorContains(t, err, "gone")
}

func TestChecksums(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "b"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "a"), []byte("abc"), 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "image"), 0o700))
	for range 2 { // the sums themselves do not count
		require.NoError(t, Checksums(dir))
	}
	sums, err := os.ReadFile(filepath.Join(dir, "SHA256SUMS"))
	require.NoError(t, err)
	assert.Equal(t, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a\n"+
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n", string(sums))
}
