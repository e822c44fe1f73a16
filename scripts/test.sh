#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Usage: test.sh TARGET...
# Runs make's targets in turn, continues after a failure, and ends with one line for each.
# The last line tells if the unit tests ran without the race detector.
set -u
cd "$(dirname "$0")/.."

summary= failed=0
for target in "$@"; do
	printf '\n== make %s\n' "$target"
	start=$(date +%s)
	if make "$target"; then result=ok; else result=FAILED failed=$((failed + 1)); fi
	line=$(printf '%-16s %-6s %4s s' "$target" "$result" "$(($(date +%s) - start))")
	summary="$summary$line
"
done

printf '\n%s' "$summary"
[ "$failed" -eq 0 ] && echo "all $# steps passed" || echo "$failed of $# steps failed"
[ -n "$(make race)" ] || echo "no working C compiler: the unit tests ran without the race detector"
[ "$failed" -eq 0 ]
