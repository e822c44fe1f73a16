// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package image

import (
	"archive/tar"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/alert24/otelcol-alert24/deploy/internal/machine"
)

// The tar that people load is unpacked, and runs as its configuration says.
func TestImageRuns(t *testing.T) {
	o := pretend(t)
	o.Bin = map[string]string{runtime.GOARCH: machine.Programs(t)}
	index, err := Index(o)
	require.NoError(t, err)
	base := filepath.Join(t.TempDir(), "image")
	require.NoError(t, WriteDocker(index, base, "ghcr.io/alert24/otelcol-alert24", "0.1.0"))
	loaded, err := tarball.ImageFromPath(base+"_"+runtime.GOARCH+".tar", nil)
	require.NoError(t, err)
	file, err := loaded.ConfigFile()
	require.NoError(t, err)
	require.Equal(t, runtime.GOARCH, file.Architecture)

	root := t.TempDir()
	headers, contents := files(t, loaded)
	unpack(t, root, headers, contents)
	require.NoError(t, os.Chmod(root, 0o755))
	m := machine.At(t, root)

	webhook, health := machine.Port(t), machine.Port(t)
	const token = "webhook-token-of-this-test"
	require.Equal(t, "10001:10001", file.Config.User)
	args := append(append([]string(nil), file.Config.Entrypoint...), file.Config.Cmd...)
	p := machine.Start(t, m.Command(t, User, append(file.Config.Env,
		"ALERT24_API_KEY=ak_live_of_this_test", "ALERT24_WEBHOOK_TOKEN="+token, "ALERT24_ENDPOINT=https://localhost:1/api/v1",
		"ALERT24_LISTEN=127.0.0.1:"+webhook, "ALERT24_HEALTH_LISTEN=127.0.0.1:"+health, "ALERT24_STATUS_LISTEN=127.0.0.1:"+machine.Port(t), "ALERT24_METRICS_HOST=127.0.0.1", "ALERT24_METRICS_PORT="+machine.Port(t),
	), args...))
	p.Answers(t, "http://localhost:"+webhook+"/-/ready")
	p.Answers(t, "http://localhost:"+health+"/")
	assert.Equal(t, http.StatusOK, machine.Post(t, "http://localhost:"+webhook+"/alertmanager", token, machine.Webhook))
	p.Stop(t)
	kept, err := os.ReadDir(filepath.Join(root, State))
	require.NoError(t, err)
	assert.NotEmpty(t, kept, "the alert is on disk")

	out, err := m.Command(t, User, nil, "/usr/bin/alert24tool", "--help").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "Usage:\n  alert24tool")
	var list struct{ BOMFormat string }
	require.NoError(t, json.Unmarshal(contents["/usr/share/otelcol-alert24/sbom.cdx.json"], &list))
}

func unpack(t *testing.T, root string, headers map[string]*tar.Header, contents map[string][]byte) {
	t.Helper()
	for name, header := range headers {
		path := filepath.Join(root, name)
		if header.Typeflag == tar.TypeDir {
			require.NoError(t, os.MkdirAll(path, 0o755))
		} else {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, contents[name], 0o600))
		}
	}
	for name, header := range headers {
		path := filepath.Join(root, name)
		require.NoError(t, os.Chown(path, header.Uid, header.Gid))
		require.NoError(t, os.Chmod(path, header.FileInfo().Mode()))
	}
}
