#!/usr/bin/env bash
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Installs what the tests use besides Go, git and make, if missing, on Debian or Ubuntu.
set -euo pipefail

as_root=()
((EUID == 0)) || as_root=(sudo)

packages=()
command -v gcc >/dev/null && [[ -e /usr/include/stdlib.h ]] || packages+=(gcc libc6-dev) # for the race detector
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || packages+=(chromium) # looks at the sandbox's page
command -v rpm >/dev/null || packages+=(rpm) # installs the package
command -v curl >/dev/null || packages+=(curl) # these three follow the quickstarts
command -v openssl >/dev/null || packages+=(openssl)
command -v ip >/dev/null || packages+=(iproute2)
command -v systemd-analyze >/dev/null || packages+=(systemd) # looks at the package's unit

if ((${#packages[@]})) || ! apt-cache show prometheus >/dev/null 2>&1; then # make takes promtool out of prometheus
	"${as_root[@]}" apt-get update -qq
fi
if ((${#packages[@]})); then
	"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}"
fi
