#!/usr/bin/env bash
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Usage: test.sh TARGETS [TARGETS]
# Runs make's targets in turn. Those of the second list run meanwhile, in what the first ones leave of the processor: end-to-end tests mostly
# wait. Continues after a failure, and ends with one line for each target and the time of all.
# The last line tells if the unit tests ran without the race detector.
set -u
cd "$(dirname "$0")/.."
work=$(mktemp -d)
begin=$SECONDS
behind=

stop() {
	[[ -z $behind ]] || kill -- "-$behind" 2>/dev/null # the whole group
	rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

# run NICENESS TARGET...
run() {
	local niceness=$1 target start result
	shift
	for target in "$@"; do
		printf '\n== make %s\n' "$target"
		start=$SECONDS
		if nice -n "$niceness" make "$target"; then result=ok; else result=FAILED; fi
		printf '%-16s %-6s %4d s\n' "$target" "$result" $((SECONDS - start)) >>"$work/summary-$niceness"
	done
}

# shellcheck disable=SC2086 # lists of targets
if [[ -n ${2-} ]]; then
	set -m # a group of its own
	run 19 $2 >"$work/output" 2>&1 </dev/null &
	behind=$!
	set +m
fi
# shellcheck disable=SC2086
run 0 $1
if [[ -n $behind ]]; then
	wait "$behind" || printf '%s FAILED before its end\n' "$2" >>"$work/summary-19"
	behind=
	cat "$work/output"
fi

summary=$(cat "$work"/summary-*)
failed=$(grep -c ' FAILED ' <<<"$summary")
printf '\n%s\n' "$summary"
if ((failed == 0)); then echo "all steps passed"; else echo "steps that failed: $failed"; fi
[[ -n $(make race) ]] || echo "no working C compiler: the unit tests ran without the race detector"
printf 'make test took %d min %02d s\n' $(((SECONDS - begin) / 60)) $(((SECONDS - begin) % 60))
((failed == 0))
