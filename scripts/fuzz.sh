#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Usage: fuzz.sh TIME
# Runs every fuzz test of the module for TIME (as 30s, or 1000x), one after the other.
set -eu
cd "$(dirname "$0")/.."
time=$1

found=0
for file in $(find . -name '*_test.go' -not -path './.tools/*' -not -path './build/*' | sort); do
	for name in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$file"); do
		found=$((found + 1))
		echo "== $name ($(dirname "$file"), $time)"
		go test -run='^$' -fuzz="^$name\$" -fuzztime="$time" "$(dirname "$file")"
	done
done
if [ "$found" -eq 0 ]; then
	echo "no fuzz test found" >&2
	exit 1
fi
echo "$found fuzz tests passed"
