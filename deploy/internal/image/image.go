// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package image builds the container image of the bridge, without a daemon. It is an index of one image per architecture. The same
// inputs give the same digest. Start reading at Index.
package image

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/alert24/otelcol-alert24/deploy/internal/archive"
)

// User is the id of the user as which the bridge runs.
const User = 10001

// The folders that a container's configuration names.
const (
	Settings = "/etc/otelcol-alert24"
	State    = "/var/lib/otelcol-alert24"
)

// Options of an image.
type Options struct {
	Root     string            // the project
	Bin      map[string]string // the folder with the programs of each architecture
	SBOM     map[string][]byte // of the programs of each architecture
	Version  string
	Revision string // the commit
	Time     time.Time
}

// Index returns the image for all architectures.
func Index(o Options) (v1.ImageIndex, error) {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range slices.Sorted(maps.Keys(o.Bin)) {
		one, err := Image(o, arch)
		if err != nil {
			return nil, fmt.Errorf("make the image for %s: %w", arch, err)
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add: one, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
		})
	}
	return mutate.Annotations(index, labels(o)).(v1.ImageIndex), nil
}

// Image returns the image for one architecture.
func Image(o Options, arch string) (v1.Image, error) {
	system, err := layer(o.Time, systemFiles())
	if err != nil {
		return nil, err
	}
	own, err := ownFiles(o, arch)
	if err != nil {
		return nil, err
	}
	bridge, err := layer(o.Time, own)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	created := v1.Time{Time: o.Time.UTC()}
	image, err = mutate.Append(image,
		mutate.Addendum{Layer: system, History: v1.History{Created: created, CreatedBy: "certificates, user"}},
		mutate.Addendum{Layer: bridge, History: v1.History{Created: created, CreatedBy: "otelcol-alert24 " + o.Version}})
	if err != nil {
		return nil, err
	}
	file, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	file = file.DeepCopy()
	file.OS, file.Architecture, file.Created, file.Author = "linux", arch, created, "The otelcol-alert24 Authors"
	file.Config = config(o)
	return mutate.ConfigFile(image, file)
}

func config(o Options) v1.Config {
	return v1.Config{
		User:       fmt.Sprintf("%d:%d", User, User),
		Entrypoint: []string{"/usr/bin/otelcol-alert24"},
		Cmd:        []string{"--config", Settings + "/collector-config.yaml"},
		WorkingDir: "/",
		Env: []string{
			"PATH=/usr/bin",
			// Other containers and hosts must reach it. Publish only the ports that you need.
			"ALERT24_LISTEN=0.0.0.0:9095",
			"ALERT24_HEALTH_LISTEN=0.0.0.0:13133",
			"ALERT24_METRICS_HOST=0.0.0.0",
		},
		ExposedPorts: map[string]struct{}{"9095/tcp": {}, "8888/tcp": {}, "13133/tcp": {}},
		Volumes:      map[string]struct{}{State: {}},
		StopSignal:   "SIGTERM",
		Labels:       labels(o),
	}
}

func labels(o Options) map[string]string {
	const project = "https://github.com/alert24/otelcol-alert24"
	all := map[string]string{
		"title":         "otelcol-alert24",
		"description":   "OpenTelemetry Collector that turns Prometheus Alertmanager alerts into Alert24 incidents",
		"version":       o.Version,
		"created":       o.Time.UTC().Format(time.RFC3339),
		"licenses":      "Apache-2.0",
		"vendor":        "The otelcol-alert24 Authors",
		"source":        project,
		"url":           project,
		"documentation": project + "/blob/main/docs/install.md",
	}
	if o.Revision != "" {
		all["revision"] = o.Revision
	}
	named := map[string]string{}
	for name, value := range all {
		named["org.opencontainers.image."+name] = value
	}
	return named
}

func layer(at time.Time, members []archive.Member) (v1.Layer, error) {
	var packed bytes.Buffer
	if err := archive.WriteTar(&packed, at, members); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer))
}
