// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/alert24/otelcol-alert24/deploy/internal/archive"
)

// WriteLayout writes an OCI layout with one index, whose name is tag.
func WriteLayout(index v1.ImageIndex, dir, tag string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("write an OCI layout: %w", err)
	}
	all := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{
		Add: index, Descriptor: v1.Descriptor{Annotations: map[string]string{"org.opencontainers.image.ref.name": tag}},
	})
	if _, err := layout.Write(dir, all); err != nil {
		return fmt.Errorf("write an OCI layout: %w", err)
	}
	return nil
}

// WriteDocker writes each image in the format of `docker load` and `podman load`, as base_ARCH.tar.
func WriteDocker(index v1.ImageIndex, base, repository, tag string) error {
	ref, err := name.NewTag(repository + ":" + tag)
	if err != nil {
		return fmt.Errorf("name the image: %w", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return fmt.Errorf("make the image: %w", err)
	}
	for _, one := range manifest.Manifests {
		path := base + "_" + one.Platform.Architecture + ".tar"
		img, err := index.Image(one.Digest)
		if err == nil {
			err = tarball.WriteToFile(path, ref, img)
		}
		if err != nil {
			return fmt.Errorf("write %s: %w", path, err)
		}
	}
	return nil
}

// Archive packs the files of a folder into a tar. The same files give the same bytes.
func Archive(dir, path string, at time.Time) error {
	var members []archive.Member
	folder := os.DirFS(dir)
	err := fs.WalkDir(folder, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(folder, name)
		members = append(members, archive.Member{Name: name, Mode: 0o644, Content: content})
		return err
	})
	if err != nil {
		return fmt.Errorf("pack %s: %w", dir, err)
	}
	out, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("pack %s: %w", dir, err)
	}
	if err := errors.Join(archive.WriteTar(out, at, members), out.Close()); err != nil {
		return fmt.Errorf("pack %s: %w", dir, err)
	}
	return nil
}
