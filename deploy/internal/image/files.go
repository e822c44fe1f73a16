// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// entry is a file, or a folder if its name ends with a slash.
type entry struct {
	name    string
	mode    fs.FileMode
	user    int
	content []byte
}

// systemFiles are what a program expects of any system. There is no shell.
func systemFiles() []entry {
	passwd := fmt.Sprintf("root:x:0:0:root:/:/sbin/nologin\notelcol-alert24:x:%d:%d::/:/sbin/nologin\n", User, User)
	group := fmt.Sprintf("root:x:0:\notelcol-alert24:x:%d:\n", User)
	return []entry{
		{name: "etc/", mode: 0o755},
		{name: "etc/group", mode: 0o644, content: []byte(group)},
		{name: "etc/passwd", mode: 0o644, content: []byte(passwd)},
		{name: "etc/ssl/", mode: 0o755},
		{name: "etc/ssl/certs/", mode: 0o755},
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: certificates()},
		{name: "tmp/", mode: 0o1777},
	}
}

// certificates are Mozilla's roots, at the version in go.mod: an image does not depend on the machine that builds it.
func certificates() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes everything
	}
	return out.Bytes()
}

// ownFiles are the bridge's own.
func ownFiles(o Options, arch string) ([]entry, error) {
	entries := []entry{
		{name: "etc/otelcol-alert24/", mode: 0o755},
		{name: "usr/", mode: 0o755},
		{name: "usr/bin/", mode: 0o755},
		{name: "usr/share/", mode: 0o755},
		{name: "usr/share/otelcol-alert24/", mode: 0o755},
		{name: "usr/share/otelcol-alert24/sbom.cdx.json", mode: 0o644, content: o.SBOM[arch]},
		{name: "var/", mode: 0o755},
		{name: "var/lib/", mode: 0o755},
		{name: State[1:] + "/", mode: 0o700, user: User},
	}
	for _, f := range []struct {
		name, from string
		mode       fs.FileMode
	}{
		{Settings[1:] + "/collector-config.yaml", filepath.Join(o.Root, "collector-config.yaml"), 0o644},
		{Settings[1:] + "/kubernetes-alias-rules.yaml", filepath.Join(o.Root, "examples", "kubernetes-alias-rules.yaml"), 0o644},
		{"usr/bin/alert24tool", filepath.Join(o.Bin[arch], "alert24tool"), 0o755},
		{"usr/bin/otelcol-alert24", filepath.Join(o.Bin[arch], "otelcol-alert24"), 0o755},
		{"usr/share/otelcol-alert24/LICENSE", filepath.Join(o.Root, "LICENSE"), 0o644},
	} {
		content, err := os.ReadFile(f.from)
		if err != nil {
			return nil, fmt.Errorf("read a file of the image: %w", err)
		}
		entries = append(entries, entry{name: f.name, mode: f.mode, content: content})
	}
	return entries, nil
}

// pack makes a tar of entries. All are as old as the sources.
func pack(at time.Time, entries []entry) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		header := &tar.Header{
			Name: e.name, Mode: int64(e.mode), Uid: e.user, Gid: e.user, Size: int64(len(e.content)), ModTime: at.UTC(),
			Typeflag: tar.TypeReg, Format: tar.FormatUSTAR,
		}
		if e.name[len(e.name)-1] == '/' {
			header.Typeflag = tar.TypeDir
		}
		if err := w.WriteHeader(header); err != nil {
			return nil, fmt.Errorf("pack %s: %w", e.name, err)
		}
		if _, err := w.Write(e.content); err != nil {
			return nil, fmt.Errorf("pack %s: %w", e.name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack the image: %w", err)
	}
	return out.Bytes(), nil
}
