#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Usage: build-collector.sh VERSION OUTPUT
# Makes the collector's sources with ocb from builder-config.yaml, and builds them; OUTPUT --version then prints VERSION.
set -eu
cd "$(dirname "$0")/.."
version=$1 output=$2

mkdir -p build # ocb makes only the last folder of output_path
sed "s|^  version: .*|  version: \"$version\"|" builder-config.yaml >build/builder-config.yaml
go tool builder --config build/builder-config.yaml --skip-compilation
# A relative path, so that the program does not depend on the folder that it was built in.
(cd build/dist && go mod edit -replace=github.com/alert24/otelcol-alert24=../..)
(cd build/dist && CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$output.new" .)
mv "$output.new" "$output" # a collector that runs from the old file is not disturbed

got=$("$output" --version)
case $got in
*"$version") ;;
*)
	echo "$output says \"$got\", not version $version: does builder-config.yaml still have dist::version?" >&2
	rm -f "$output"
	exit 1
	;;
esac
