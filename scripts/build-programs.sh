#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Usage: build-programs.sh VERSION OS_ARCH FOLDER
# Builds the collector and alert24tool for a platform into FOLDER: static, small, and the same in every folder. build-collector.sh
# must have made the collector's sources.
set -eu
cd "$(dirname "$0")/.."
version=$1 platform=$2 folder=$3

export CGO_ENABLED=0 GOOS="${platform%_*}" GOARCH="${platform#*_}"
suffix=
[ "$GOOS" != windows ] || suffix=.exe
mkdir -p "$folder"
(cd build/dist && go build -trimpath -ldflags '-s -w' -o "$folder/otelcol-alert24$suffix" .)
go build -trimpath -ldflags "-s -w -X main.version=$version" -o "$folder/alert24tool$suffix" ./cmd/alert24tool
