#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Usage: timed.sh NAME COMMAND...
# Runs the command, and says how long it took.
set -u
name=$1
shift

start=$(date +%s)
"$@"
status=$?
seconds=$(($(date +%s) - start))
printf '%s took %d min %02d s\n' "$name" $((seconds / 60)) $((seconds % 60))
exit $status
