// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package packages makes the deb and rpm packages of the bridge. Start reading at Build.
package packages

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // registers the format deb
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm" // registers the format rpm
)

// Name of the package.
const Name = "otelcol-alert24"

// Formats of packages.
var Formats = []string{"deb", "rpm"}

// Options of a package.
type Options struct {
	Root    string    // the project
	Bin     string    // the folder with the programs, built for Arch
	Out     string    // the folder for the package
	Version string    // as of scripts/version.sh
	Arch    string    // as Go calls it
	SBOM    []byte    // of the programs
	Time    time.Time // of the sources: the same sources give the same package

	Compression string // gzip, if empty
}

// Build makes the package of one format, and returns its path.
func Build(o Options, format string) (path string, err error) {
	o.Compression = cmp.Or(o.Compression, "gzip") // every dpkg and rpm reads it
	packager, err := nfpm.Get(format)
	if err != nil {
		return "", fmt.Errorf("make a package: %w", err)
	}
	work, err := os.MkdirTemp("", "packages-")
	if err != nil {
		return "", fmt.Errorf("make a package: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(work)) }()
	contents, err := contents(o, work, format)
	if err != nil {
		return "", err
	}
	info := nfpm.WithDefaults(&nfpm.Info{
		Name: Name, Arch: o.Arch, Platform: "linux", Version: o.Version, MTime: o.Time,
		Section: "net", Priority: "optional", License: "Apache-2.0", Vendor: "The otelcol-alert24 Authors",
		Maintainer: "The otelcol-alert24 Authors <noreply@alert24.net>", Homepage: "https://github.com/alert24/otelcol-alert24",
		Description: "turn Prometheus Alertmanager alerts into Alert24 incidents\n" +
			"An OpenTelemetry Collector that opens, updates and closes one incident per\n" +
			"problem, exactly while its alert fires, through crashes, repeats and outages.",
		Overridables: nfpm.Overridables{
			Contents: contents, Scripts: scripts(filepath.Join(o.Root, "deploy", "packages"), format),
			Recommends: []string{"ca-certificates"},
			Deb:        nfpm.Deb{Compression: o.Compression},
			RPM:        nfpm.RPM{Group: "System Environment/Daemons", Summary: "Turn Prometheus Alertmanager alerts into Alert24 incidents", Compression: o.Compression, BuildHost: "localhost"},
		},
	})
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return "", fmt.Errorf("make a %s package: %w", format, err)
	}
	path = filepath.Join(o.Out, packager.ConventionalFileName(info))
	out, err := os.Create(path)
	if err != nil {
		return "", fmt.Errorf("make a %s package: %w", format, err)
	}
	if err := errors.Join(packager.Package(info, out), out.Close()); err != nil {
		return "", fmt.Errorf("make %s: %w", path, err)
	}
	return path, nil
}

func scripts(dir, format string) nfpm.Scripts {
	at := func(name string) string { return filepath.Join(dir, format, name) }
	if format == "rpm" {
		return nfpm.Scripts{PostInstall: at("post"), PreRemove: at("preun"), PostRemove: at("postun")}
	}
	return nfpm.Scripts{PostInstall: at("postinst"), PreRemove: at("prerm"), PostRemove: at("postrm")}
}

// contents returns the files of a package. work is a folder for generated files.
func contents(o Options, work, format string) (files.Contents, error) {
	page := filepath.Join(o.Root, "deploy", "packages")
	made := map[string][]byte{"sbom.cdx.json": o.SBOM}
	for _, manual := range []string{"otelcol-alert24.8", "alert24tool.1"} {
		text, err := os.ReadFile(filepath.Join(page, manual))
		if err != nil {
			return nil, fmt.Errorf("read a manual page: %w", err)
		}
		if made[manual+".gz"], err = compress(text); err != nil {
			return nil, err
		}
	}
	for name, content := range made {
		if err := os.WriteFile(filepath.Join(work, name), content, 0o600); err != nil {
			return nil, fmt.Errorf("make a package: %w", err)
		}
	}
	const share, settings = "/usr/share/otelcol-alert24/", "/etc/otelcol-alert24/"
	all := files.Contents{
		o.file(filepath.Join(o.Bin, "otelcol-alert24"), "/usr/bin/otelcol-alert24", 0o755, ""),
		o.file(filepath.Join(o.Bin, "alert24tool"), "/usr/bin/alert24tool", 0o755, ""),
		o.file(filepath.Join(page, "otelcol-alert24.service"), "/usr/lib/systemd/system/otelcol-alert24.service", 0o644, ""),
		o.file(filepath.Join(o.Root, "collector-config.yaml"), settings+"collector-config.yaml", 0o644, files.TypeConfigNoReplace),
		o.file(filepath.Join(page, "environment"), settings+"environment", 0o640, files.TypeConfigNoReplace),
		o.file(filepath.Join(work, "otelcol-alert24.8.gz"), "/usr/share/man/man8/otelcol-alert24.8.gz", 0o644, ""),
		o.file(filepath.Join(work, "alert24tool.1.gz"), "/usr/share/man/man1/alert24tool.1.gz", 0o644, ""),
		o.file(filepath.Join(work, "sbom.cdx.json"), share+"sbom.cdx.json", 0o644, ""),
		o.file(filepath.Join(o.Root, "LICENSE"), share+"LICENSE", 0o644, ""),
	}
	for _, example := range []string{"alertmanager.yml", "bridge-alerts.yml", "prometheus-rules.yml", "grafana-dashboard.json", "postgresql-schema.sql"} {
		all = append(all, o.file(filepath.Join(o.Root, "examples", example), share+"examples/"+example, 0o644, ""))
	}
	// A part of the configuration that people include.
	all = append(all, o.file(filepath.Join(o.Root, "examples", "kubernetes-alias-rules.yaml"), settings+"kubernetes-alias-rules.yaml", 0o644, files.TypeConfigNoReplace))
	if format == "deb" {
		all = append(all, o.file(filepath.Join(page, "copyright"), "/usr/share/doc/otelcol-alert24/copyright", 0o644, ""))
	}
	return all, nil
}

func (o *Options) file(from, to string, mode os.FileMode, kind string) *files.Content {
	return &files.Content{
		Source: from, Destination: to, Type: kind,
		FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: o.Time},
	}
}

func compress(text []byte) ([]byte, error) {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	_, err = w.Write(text)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	return out.Bytes(), nil
}
