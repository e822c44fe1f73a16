#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Usage: build-collector.sh VERSION OUTPUT
# Builds the collector with ocb from builder-config.yaml; OUTPUT --version then prints VERSION.
set -eu
cd "$(dirname "$0")/.."
version=$1 output=$2

mkdir -p build # ocb makes only the last folder of output_path
sed "s|^  version: .*|  version: \"$version\"|" builder-config.yaml >build/builder-config.yaml
go tool builder --config build/builder-config.yaml
cp build/dist/otelcol-alert24 "$output.new"
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
