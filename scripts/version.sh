#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Prints the version of this tree: its tag, else the version of builder-config.yaml with the commit. Uncommitted changes add ".dirty".
# Without git (a source archive) it is the bare version.
set -eu
cd "$(dirname "$0")/.."

base=$(sed -n 's/^  version: *\([^ #]*\).*/\1/p' builder-config.yaml)
commit=$(git rev-parse --short=9 HEAD 2>/dev/null) || { echo "$base"; exit 0; }
dirty=$(test -z "$(git status --porcelain --untracked-files=no)" || echo .dirty)

tag=$(git describe --tags --exact-match --match 'v[0-9]*' 2>/dev/null) || tag=
if [ -n "$tag" ] && [ -z "$dirty" ]; then
	echo "${tag#v}"
else
	echo "$base+$commit$dirty"
fi
