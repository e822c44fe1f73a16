// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/alert24/otelcol-alert24/deploy/internal/archive"
)

// systemFiles returns the files that a program expects on any system. There is no shell.
func systemFiles() []archive.Member {
	passwd := fmt.Sprintf("root:x:0:0:root:/:/sbin/nologin\notelcol-alert24:x:%d:%d::/:/sbin/nologin\n", User, User)
	group := fmt.Sprintf("root:x:0:\notelcol-alert24:x:%d:\n", User)
	return []archive.Member{
		{Name: "etc/", Mode: 0o755},
		{Name: "etc/group", Mode: 0o644, Content: []byte(group)},
		{Name: "etc/passwd", Mode: 0o644, Content: []byte(passwd)},
		{Name: "etc/ssl/", Mode: 0o755},
		{Name: "etc/ssl/certs/", Mode: 0o755},
		{Name: "etc/ssl/certs/ca-certificates.crt", Mode: 0o644, Content: certificates()},
		{Name: "tmp/", Mode: 0o1777},
	}
}

// certificates returns Mozilla's root certificates, in the version of go.mod. So an image does not depend on the machine that builds it.
func certificates() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		_ = pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes everything
	}
	return out.Bytes()
}

// ownFiles returns the bridge's own files.
func ownFiles(o Options, arch string) ([]archive.Member, error) {
	members := []archive.Member{
		{Name: "etc/otelcol-alert24/", Mode: 0o755},
		{Name: "usr/", Mode: 0o755},
		{Name: "usr/bin/", Mode: 0o755},
		{Name: "usr/share/", Mode: 0o755},
		{Name: "usr/share/otelcol-alert24/", Mode: 0o755},
		{Name: "usr/share/otelcol-alert24/sbom.cdx.json", Mode: 0o644, Content: o.SBOM[arch]},
		{Name: "var/", Mode: 0o755},
		{Name: "var/lib/", Mode: 0o755},
		{Name: State[1:] + "/", Mode: 0o700, User: User},
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
		members = append(members, archive.Member{Name: f.name, Mode: f.mode, Content: content})
	}
	return members, nil
}
