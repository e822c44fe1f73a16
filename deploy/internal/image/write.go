// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
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

// WriteDocker writes an image in the form that `docker load` and `podman load` read.
func WriteDocker(image v1.Image, path, repository, tag string) error {
	ref, err := name.NewTag(repository + ":" + tag)
	if err != nil {
		return fmt.Errorf("name the image: %w", err)
	}
	if err := tarball.WriteToFile(path, ref, image); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}

// Archive packs a folder into a tar. The same files give the same bytes.
func Archive(dir, path string, at time.Time) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("pack %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	w := tar.NewWriter(out)
	err = filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		inside, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		return add(w, file, filepath.ToSlash(inside), at)
	})
	if err := errors.Join(err, w.Close()); err != nil {
		return fmt.Errorf("pack %s: %w", dir, err)
	}
	return nil
}

func add(w *tar.Writer, file, inside string, at time.Time) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Name: inside, Mode: 0o644, Size: info.Size(), ModTime: at.UTC(), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}
