// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Command deploy builds the files that people install: packages, container images, archives and manifests. The Makefile runs it.
package main

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/alert24/otelcol-alert24/deploy/internal/archive"
	"github.com/alert24/otelcol-alert24/deploy/internal/chart"
)

const usage = `Usage: deploy COMMAND [FLAGS]

  packages    deb and rpm packages, for each -arch
  images      the container image as an OCI layout and as tars
  archives    archives with the programs, for each -platform
  manifests   deploy/kubernetes, from the Helm chart
  push        the image of -out to its registry; REGISTRY_USER and REGISTRY_TOKEN log in
  checksums   SHA256SUMS of the files in -out
`

// settings are the settings of all commands.
type settings struct {
	root, bin, out    string
	version, revision string
	platforms         []string
	time              time.Time
}

func main() {
	slog.SetLogLoggerLevel(slog.LevelWarn) // Helm logs every symbolic link in the chart
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

var commands = map[string]func(settings) error{
	"packages":  makePackages,
	"images":    makeImages,
	"archives":  makeArchives,
	"manifests": func(s settings) error { return chart.WriteManifests(s.root) },
	"push":      pushImage,
	"checksums": func(s settings) error { return archive.Checksums(s.out) },
}

func run(args []string) error {
	if len(args) == 0 || commands[args[0]] == nil {
		return fmt.Errorf("%s", usage)
	}
	var (
		s         settings
		platforms string
		seconds   int64
	)
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	flags.StringVar(&s.root, "root", "..", "the project's folder")
	flags.StringVar(&s.bin, "bin", "../build/bin", "the folder with a folder OS_ARCH of programs for each platform")
	flags.StringVar(&s.out, "out", "../build/release", "the folder for what is made")
	flags.StringVar(&s.version, "version", "0.0.0", "the version")
	flags.StringVar(&s.revision, "revision", "", "the commit")
	flags.StringVar(&platforms, "platforms", "linux_amd64 linux_arm64", "which to make")
	flags.Int64Var(&seconds, "time", 0, "the time of the sources, in seconds since 1970")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	s.platforms, s.time = strings.Fields(platforms), time.Unix(seconds, 0).UTC()
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return fmt.Errorf("make the folder for the results: %w", err)
	}
	return commands[args[0]](s)
}
