#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Usage: promtool.sh VERSION OUTPUT
# Puts a promtool at OUTPUT: on Debian and Ubuntu the one of their prometheus package, which is only unpacked, because installing it would
# start a server. Elsewhere it builds VERSION, which takes minutes.
set -eu
version=$1 output=$2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
	apt-cache show prometheus >/dev/null 2>&1 || apt-get update -qq || true
	if (cd "$work" && apt-get download -qq prometheus && dpkg-deb -x prometheus_*.deb .) && "$work/usr/bin/promtool" --version >/dev/null; then
		install -m 755 "$work/usr/bin/promtool" "$output"
		exit
	fi
fi

# Built inside its own module, because `go install` refuses one with exclusions. Without the service discoveries of every cloud, which
# checking rules does not need.
dir=$(cd / && go mod download -json "github.com/prometheus/prometheus@$version" | sed -n 's|.*"Dir": "\(.*\)",|\1|p')
GOWORK=off go build -C "$dir" -tags remove_all_sd -o "$output" ./cmd/promtool
