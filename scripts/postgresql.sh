#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Makes sure that the tests find PostgreSQL 15 or newer. Where Debian is and PostgreSQL is not, it unpacks Debian's packages
# into .tools/postgresql: installing them would start a server.
set -eu
cd "$(dirname "$0")/.."
target=.tools/postgresql

# usable DIR [LIBRARIES]: DIR has programs that run, of a version that will do.
usable() {
	[ -x "$1/initdb" ] || return 1
	version=$(LD_LIBRARY_PATH=${2-} "$1/postgres" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
	[ "${version:-0}" -ge 15 ]
}

path=$(command -v postgres || true)
for dir in ${path:+"$(dirname "$(readlink -f "$path")")"} /usr/lib/postgresql/*/bin; do
	if usable "$dir"; then exit 0; fi
done
for dir in "$target"/usr/lib/postgresql/*/bin; do
	if usable "$dir" "$target/lib"; then exit 0; fi
done
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
	echo "PostgreSQL is missing: install version 15 or newer, so that postgres and initdb are on the PATH" >&2
	exit 1
fi

# The version that this Debian has.
package() { apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: \(postgresql-[0-9][0-9]*\)$/\1/p' | head -1; }
server=$(package)
if [ -z "$server" ]; then
	apt-get update -qq
	server=$(package)
fi
case $server in
postgresql-1[5-9] | postgresql-[2-9][0-9]) ;;
*)
	echo "PostgreSQL is missing, and this system's packages have none that is new enough (${server:-none}): install version 15 or newer" >&2
	exit 1
	;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# fetch DIR PACKAGE...: unpacks packages into DIR.
fetch() {
	into=$1
	shift
	(cd "$work" && rm -f ./*.deb && apt-get download -qq "$@")
	for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$into"; done
}

rm -rf "$target"
mkdir -p "$target/lib"
fetch "$target" "$server"
bin=$(echo "$target"/usr/lib/postgresql/*/bin)
if ldd "$bin/postgres" "$bin/initdb" | grep -q 'not found'; then
	# The libraries that are not installed, but for the compiler of queries, which is large and not needed.
	missing=
	for lib in $(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$server" |
		grep '^lib' | grep -v -i -e llvm -e perl -e '^libc6' | sort -u); do
		dpkg-query -W -f='${Status}' "$lib" 2>/dev/null | grep -q ' installed$' || missing="$missing $lib"
	done
	# shellcheck disable=SC2086 # names of packages
	fetch "$work/libraries" $missing
	find "$work/libraries" -name '*.so.*' -exec cp -P {} "$target/lib/" \;
fi
if ! usable "$bin" "$target/lib"; then
	echo "PostgreSQL was unpacked into $target and does not run: install $server" >&2
	ldd "$bin/postgres" | grep 'not found' >&2 || true
	exit 1
fi
