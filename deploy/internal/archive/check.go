// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
)

// Check returns an error unless the archive has exactly the files that Build packs, and its programs are for the platform OS_ARCH.
func Check(path, platform string) error {
	unpack, folder, suffix := unpackTar, strings.TrimSuffix(filepath.Base(path), ".tar.gz"), ""
	if strings.HasSuffix(path, ".zip") {
		unpack, folder, suffix = unpackZip, strings.TrimSuffix(filepath.Base(path), ".zip"), ".exe"
	}
	members, err := unpack(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	want := []string{folder + "/" + sbomName}
	for _, name := range documents {
		want = append(want, folder+"/"+name)
	}
	for _, name := range []string{"otelcol-alert24", "alert24tool"} {
		name = folder + "/" + name + suffix
		want = append(want, name)
		if err := checkProgram(members[name], platform); err != nil {
			return fmt.Errorf("%s in %s: %w", name, path, err)
		}
	}
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(members)); !slices.Equal(want, got) {
		return fmt.Errorf("%s has %v, and should have %v", path, got, want)
	}
	return nil
}

func checkProgram(content []byte, platform string) error {
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("no Go program: %w", err)
	}
	if got := setting(info, "GOOS") + "_" + setting(info, "GOARCH"); got != platform {
		return fmt.Errorf("built for %s, not for %s", got, platform)
	}
	return nil
}

func setting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func unpackTar(path string) (map[string][]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	members := map[string][]byte{}
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return members, nil
		}
		if err != nil {
			return nil, err
		}
		if members[header.Name], err = io.ReadAll(reader); err != nil {
			return nil, err
		}
	}
}

func unpackZip(path string) (map[string][]byte, error) {
	reader, err := zip.OpenReader(path)
	if err != nil {
		return nil, err
	}
	defer reader.Close()
	members := map[string][]byte{}
	for _, file := range reader.File {
		member, err := file.Open()
		if err != nil {
			return nil, err
		}
		members[file.Name], err = io.ReadAll(member)
		if err := errors.Join(err, member.Close()); err != nil {
			return nil, err
		}
	}
	return members, nil
}
