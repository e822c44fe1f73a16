#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Makes cmd/otelcol-alert24, the collector's main package, with ocb from builder-config.yaml.
set -eu
cd "$(dirname "$0")/.."

go tool builder --config builder-config.yaml --skip-compilation
# A relative path, which is right in every copy of the tree.
go -C cmd/otelcol-alert24 mod edit -replace=github.com/alert24/otelcol-alert24=../..
