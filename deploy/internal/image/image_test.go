// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const projectRoot = "../../.."

// pretend returns options with tiny files in place of the programs: these tests look at everything else.
func pretend(t *testing.T) Options {
	t.Helper()
	bin := t.TempDir()
	for _, name := range []string{"otelcol-alert24", "alert24tool"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte(name), 0o700))
	}
	return Options{
		Root: projectRoot, Bin: map[string]string{"amd64": bin, "arm64": bin}, SBOM: map[string][]byte{"amd64": []byte("{}"), "arm64": []byte("{}")},
		Version: "0.1.0+abc", Revision: "0123456789abcdef", Time: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC),
	}
}

func TestTwoBuildsAreTheSame(t *testing.T) {
	var digests [2]v1.Hash
	var archives [2][]byte
	for i := range digests {
		index, err := Index(pretend(t))
		require.NoError(t, err)
		digests[i], err = index.Digest()
		require.NoError(t, err)
		dir := filepath.Join(t.TempDir(), "layout")
		require.NoError(t, WriteLayout(index, dir, "0.1.0"))
		path := filepath.Join(t.TempDir(), "layout.tar")
		require.NoError(t, Archive(dir, path, pretend(t).Time))
		archives[i], err = os.ReadFile(path)
		require.NoError(t, err)
	}
	assert.Equal(t, digests[0], digests[1])
	assert.Equal(t, archives[0], archives[1])
}

func TestLayoutHasAnImageForEachArchitecture(t *testing.T) {
	index, err := Index(pretend(t))
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "layout")
	require.NoError(t, WriteLayout(index, dir, "0.1.0"))
	written, err := layout.ImageIndexFromPath(dir)
	require.NoError(t, err)
	require.NoError(t, validate.Index(written))
	outer, err := written.IndexManifest()
	require.NoError(t, err)
	require.Len(t, outer.Manifests, 1)
	assert.Equal(t, "0.1.0", outer.Manifests[0].Annotations["org.opencontainers.image.ref.name"])
	inner, err := written.ImageIndex(outer.Manifests[0].Digest)
	require.NoError(t, err)
	manifest, err := inner.IndexManifest()
	require.NoError(t, err)
	var platforms []string
	for _, one := range manifest.Manifests {
		img, err := inner.Image(one.Digest)
		require.NoError(t, err)
		file, err := img.ConfigFile()
		require.NoError(t, err)
		assert.Equal(t, one.Platform.Architecture, file.Architecture)
		platforms = append(platforms, one.Platform.String())
	}
	assert.Equal(t, []string{"linux/amd64", "linux/arm64"}, platforms)
}

// What is pushed is what was built, for each architecture.
func TestPush(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	index, err := Index(pretend(t))
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), "layout")
	require.NoError(t, WriteLayout(index, dir, "0.1.0"))
	reference := strings.TrimPrefix(server.URL, "http://") + "/alert24/otelcol-alert24:0.1.0"
	digest, err := Push(t.Context(), dir, reference, authn.Anonymous)
	require.NoError(t, err)
	built, err := index.Digest()
	require.NoError(t, err)
	assert.Equal(t, built.String(), digest)
	ref, err := name.ParseReference(reference)
	require.NoError(t, err)
	pulled, err := remote.Index(ref)
	require.NoError(t, err)
	require.NoError(t, validate.Index(pulled))
	found, err := pulled.Digest()
	require.NoError(t, err)
	assert.Equal(t, built, found)
	server.Client().CloseIdleConnections()
	remote.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

// files are those of the unpacked image, by path.
func files(t *testing.T, img v1.Image) (headers map[string]*tar.Header, contents map[string][]byte) {
	t.Helper()
	headers, contents = map[string]*tar.Header{}, map[string][]byte{}
	unpacked := mutate.Extract(img)
	defer unpacked.Close()
	for reader := tar.NewReader(unpacked); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return headers, contents
		}
		require.NoError(t, err)
		path := "/" + strings.Trim(header.Name, "/")
		headers[path] = header
		contents[path], err = io.ReadAll(reader)
		require.NoError(t, err)
	}
}

func TestWhatIsInside(t *testing.T) {
	img, err := Image(pretend(t), "amd64")
	require.NoError(t, err)
	headers, contents := files(t, img)
	for name, header := range headers {
		if name == State {
			assert.Equal(t, User, header.Uid)
			assert.EqualValues(t, 0o700, header.Mode)
			continue
		}
		assert.Zero(t, header.Uid, "%s: the bridge may not write it", name)
		for _, shell := range []string{"/sh", "/bash", "/busybox"} {
			assert.False(t, strings.HasSuffix(name, shell), name)
		}
	}
	pool := x509.NewCertPool()
	assert.True(t, pool.AppendCertsFromPEM(contents["/etc/ssl/certs/ca-certificates.crt"]))
	assert.Greater(t, strings.Count(string(contents["/etc/ssl/certs/ca-certificates.crt"]), "BEGIN CERTIFICATE"), 100)
	config, err := os.ReadFile(filepath.Join(projectRoot, "collector-config.yaml"))
	require.NoError(t, err)
	assert.Equal(t, string(config), string(contents[Settings+"/collector-config.yaml"]))
	assert.Contains(t, contents, "/usr/share/otelcol-alert24/sbom.cdx.json")
	assert.Contains(t, contents, "/usr/share/otelcol-alert24/LICENSE")
	file, err := img.ConfigFile()
	require.NoError(t, err)
	assert.Equal(t, "0.1.0+abc", file.Config.Labels["org.opencontainers.image.version"])
	assert.Equal(t, "0123456789abcdef", file.Config.Labels["org.opencontainers.image.revision"])
	assert.Equal(t, "Apache-2.0", file.Config.Labels["org.opencontainers.image.licenses"])
}

// The Dockerfile makes an image that runs in the same way.
func TestDockerfileIsTheSame(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(projectRoot, "Dockerfile"))
	require.NoError(t, err)
	_, last, found := strings.Cut(string(text), "\nFROM gcr.io/")
	require.True(t, found)
	said := map[string][]string{}
	for line := range strings.Lines(last) {
		instruction, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		said[instruction] = append(said[instruction], rest)
	}
	c := config(pretend(t))
	list := func(text string) (parsed []string) {
		require.NoError(t, json.Unmarshal([]byte(text), &parsed))
		return parsed
	}
	assert.Equal(t, []string{c.User}, said["USER"])
	assert.Equal(t, c.Entrypoint, list(said["ENTRYPOINT"][0]))
	assert.Equal(t, c.Cmd, list(said["CMD"][0]))
	assert.Equal(t, c.Env[1:], said["ENV"])
	assert.Equal(t, []string{c.StopSignal}, said["STOPSIGNAL"])
	assert.Equal(t, []string{c.WorkingDir}, said["WORKDIR"])
	assert.Contains(t, c.Volumes, said["VOLUME"][0])
	assert.Len(t, c.ExposedPorts, len(strings.Fields(said["EXPOSE"][0])))
	for port := range strings.FieldsSeq(said["EXPOSE"][0]) {
		assert.Contains(t, c.ExposedPorts, port)
	}
}
