// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package archive packs the programs with their documents, for each platform, and computes the checksums of a release.
package archive

import (
	"archive/zip"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Options of an archive.
type Options struct {
	Root     string   // the project
	Programs []string // their paths
	SBOM     []byte   // of the programs
	Time     time.Time
}

// documents lists the files that are packed with the programs.
var documents = []string{
	"LICENSE", "README.md", "CHANGELOG.md", "collector-config.yaml",
	"examples/alertmanager.yml", "examples/bridge-alerts.yml", "examples/kubernetes-alias-rules.yaml", "examples/prometheus-rules.yml",
	"examples/grafana-dashboard.json", "examples/postgresql-schema.sql",
}

const sbomName = "sbom.cdx.json"

// Build packs an archive and returns its path: base with the ending zip for Windows, else tar.gz. All files are in one folder.
func Build(o Options, base string) (path string, err error) {
	members, err := collect(o, filepath.Base(base))
	if err != nil {
		return "", err
	}
	pack, path := packTar, base+".tar.gz"
	if strings.HasSuffix(o.Programs[0], ".exe") {
		pack, path = packZip, base+".zip"
	}
	out, err := os.Create(path)
	if err != nil {
		return "", fmt.Errorf("make an archive: %w", err)
	}
	if err := errors.Join(pack(out, o.Time, members), out.Close()); err != nil {
		return "", fmt.Errorf("make %s: %w", path, err)
	}
	return path, nil
}

// collect returns the files of an archive, in a folder.
func collect(o Options, folder string) ([]Member, error) {
	type file struct {
		name, from string
		mode       os.FileMode
	}
	var files []file
	for _, program := range o.Programs {
		files = append(files, file{filepath.Base(program), program, 0o755})
	}
	for _, name := range documents {
		files = append(files, file{name, filepath.Join(o.Root, name), 0o644})
	}
	members := []Member{{Name: folder + "/" + sbomName, Mode: 0o644, Content: o.SBOM}}
	for _, f := range files {
		content, err := os.ReadFile(f.from)
		if err != nil {
			return nil, fmt.Errorf("make an archive: %w", err)
		}
		members = append(members, Member{Name: folder + "/" + f.name, Mode: f.mode, Content: content})
	}
	return members, nil
}

// packTar packs members into a compressed tar.
func packTar(out io.Writer, at time.Time, members []Member) error {
	zipped, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	return errors.Join(WriteTar(zipped, at, members), zipped.Close())
}

func packZip(out io.Writer, at time.Time, members []Member) error {
	w := zip.NewWriter(out)
	for _, m := range members {
		header := &zip.FileHeader{Name: m.Name, Method: zip.Deflate, Modified: at}
		header.SetMode(m.Mode)
		file, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := file.Write(m.Content); err != nil {
			return err
		}
	}
	return w.Close()
}

// Checksums writes SHA256SUMS of the files in a folder, in the form that `sha256sum -c` reads.
func Checksums(dir string) error {
	files, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("sum up %s: %w", dir, err)
	}
	var sums strings.Builder
	for _, file := range files {
		if !file.Type().IsRegular() || file.Name() == "SHA256SUMS" {
			continue
		}
		sum, err := sumOf(filepath.Join(dir, file.Name()))
		if err != nil {
			return fmt.Errorf("sum up %s: %w", dir, err)
		}
		fmt.Fprintf(&sums, "%s  %s\n", sum, file.Name())
	}
	if err := os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(sums.String()), 0o644); err != nil {
		return fmt.Errorf("sum up %s: %w", dir, err)
	}
	return nil
}

func sumOf(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
