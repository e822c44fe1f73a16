#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Usage: build-programs.sh VERSION OS_ARCH FOLDER
# Builds the collector and alert24tool for a platform into FOLDER. make has written build/collector, and sets what all builds have in common.
set -eu
cd "$(dirname "$0")/.."
version=$1 platform=$2 folder=$3

export GOOS="${platform%_*}" GOARCH="${platform#*_}"
suffix=
[ "$GOOS" != windows ] || suffix=.exe
mkdir -p "$folder"
go build -C build/collector -ldflags '-s -w' -o "$folder/otelcol-alert24$suffix" .
go build -ldflags "-s -w -X main.version=$version" -o "$folder/alert24tool$suffix" ./cmd/alert24tool

# Those of this machine say their version.
[ "$platform" = "$(go env GOHOSTOS)_$(go env GOHOSTARCH)" ] || exit 0
for program in "$folder/otelcol-alert24" "$folder/alert24tool"; do
	got=$("$program" --version)
	case $got in
	*"$version") ;;
	*)
		echo "$program says \"$got\", not version $version" >&2
		exit 1
		;;
	esac
done
