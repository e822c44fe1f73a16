#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Fails if go.mod or a generated file differs from what its source generates. Works on a copy of the tree.
set -eu
cd "$(dirname "$0")/.."

tidy=0
go mod tidy -diff || tidy=1
(cd deploy && go mod tidy -diff) || tidy=1

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
tar --exclude=./.git --exclude=./.tools --exclude=./build -cf - . | tar -xf - -C "$copy"
(cd "$copy" && go generate ./... && scripts/generate-collector.sh)
if ! diff -ru --exclude=.git --exclude=.tools --exclude=build . "$copy"; then
	echo "generated files are not up to date: run 'make generate' and commit the result" >&2
	exit 1
fi
if [ "$tidy" -ne 0 ]; then
	echo "go.mod or go.sum is not tidy: run 'go mod tidy' and commit the result" >&2
	exit 1
fi
