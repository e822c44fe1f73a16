// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"

	"github.com/alert24/otelcol-alert24/deploy/internal/archive"
	"github.com/alert24/otelcol-alert24/deploy/internal/image"
	"github.com/alert24/otelcol-alert24/deploy/internal/packages"
	"github.com/alert24/otelcol-alert24/deploy/internal/sbom"
)

const repository = "ghcr.io/alert24/otelcol-alert24"

// tag returns the version as a tag of the image. A tag cannot contain a plus sign.
func (s *settings) tag() string { return strings.ReplaceAll(s.version, "+", "_") }

// programs returns the paths of a platform's programs.
func (s *settings) programs(platform string) []string {
	var found []string
	for _, name := range []string{"otelcol-alert24", "alert24tool"} {
		if strings.HasPrefix(platform, "windows_") {
			name += ".exe"
		}
		found = append(found, filepath.Join(s.bin, platform, name))
	}
	return found
}

func (s *settings) sbom(platform string) ([]byte, error) {
	return sbom.Of(sbom.Product{Name: "otelcol-alert24", Version: s.version, License: "Apache-2.0", Time: s.time}, s.programs(platform)...)
}

// onLinux calls each for Linux on every architecture, with the programs and their SBOM.
func (s *settings) onLinux(each func(arch, bin string, list []byte) error) error {
	for _, platform := range s.platforms {
		arch, ok := strings.CutPrefix(platform, "linux_")
		if !ok {
			continue
		}
		list, err := s.sbom(platform)
		if err != nil {
			return err
		}
		if err := each(arch, filepath.Join(s.bin, platform), list); err != nil {
			return err
		}
	}
	return nil
}

func makePackages(s settings) error {
	return s.onLinux(func(arch, bin string, list []byte) error {
		for _, format := range packages.Formats {
			path, err := packages.Build(packages.Options{
				Root: s.root, Bin: bin, Out: s.out, Version: s.version, Arch: arch, SBOM: list, Time: s.time,
			}, format)
			if err != nil {
				return err
			}
			fmt.Println(path)
		}
		return nil
	})
}

func makeImages(s settings) error {
	o := image.Options{
		Root: s.root, Bin: map[string]string{}, SBOM: map[string][]byte{}, Version: s.version, Revision: s.revision, Time: s.time,
	}
	err := s.onLinux(func(arch, bin string, list []byte) error {
		o.Bin[arch], o.SBOM[arch] = bin, list
		return nil
	})
	if err != nil {
		return err
	}
	index, err := image.Index(o)
	if err != nil {
		return err
	}
	tag := s.tag()
	base := filepath.Join(s.out, "otelcol-alert24_"+s.version)
	folder := filepath.Join(s.out, "image")
	if err := image.WriteLayout(index, folder, tag); err != nil {
		return err
	}
	if err := image.Archive(folder, base+"_image_oci.tar", s.time); err != nil {
		return err
	}
	if err := image.WriteDocker(index, base+"_image_docker", repository, tag); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return fmt.Errorf("make the image: %w", err)
	}
	fmt.Printf("%s:%s@%s in %s\n", repository, tag, digest, folder)
	return nil
}

func pushImage(s settings) error {
	login := &authn.Basic{Username: os.Getenv("REGISTRY_USER"), Password: os.Getenv("REGISTRY_TOKEN")}
	reference := repository + ":" + s.tag()
	digest, err := image.Push(context.Background(), filepath.Join(s.out, "image"), reference, login)
	if err != nil {
		return err
	}
	fmt.Println(reference + "@" + digest)
	return nil
}

func makeArchives(s settings) error {
	for _, platform := range s.platforms {
		programs := s.programs(platform)
		if err := archive.Check(platform, programs...); err != nil {
			return err
		}
		list, err := s.sbom(platform)
		if err != nil {
			return err
		}
		base := filepath.Join(s.out, "otelcol-alert24_"+s.version+"_"+platform)
		if err := os.WriteFile(base+".sbom.cdx.json", list, 0o644); err != nil {
			return fmt.Errorf("write the list of modules: %w", err)
		}
		path, err := archive.Build(archive.Options{Root: s.root, Programs: programs, SBOM: list, Time: s.time}, base)
		if err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}
