#!/bin/sh
# Copyright The otelcol-alert24 Authors
# SPDX-License-Identifier: Apache-2.0

# Makes sure that the tests find PostgreSQL 15 or newer, and PgBouncer. Where Debian is and one of them is not, it unpacks
# Debian's packages into .tools: installing them would start a server.
set -eu
cd "$(dirname "$0")/.."

# usable DIR [LIBRARIES]: DIR has programs that run, of a version that will do.
usable() {
	[ -x "$1/initdb" ] || return 1
	version=$(LD_LIBRARY_PATH=${2-} "$1/postgres" --version 2>/dev/null | sed -n 's/.*(PostgreSQL) \([0-9]*\).*/\1/p')
	[ "${version:-0}" -ge 15 ]
}

# pools PROGRAM [LIBRARIES]: the program is a PgBouncer that runs.
pools() { LD_LIBRARY_PATH=${2-} "$1" --version 2>/dev/null | grep -q '^PgBouncer'; }

there() {
	path=$(command -v postgres || true)
	for dir in ${path:+"$(dirname "$(readlink -f "$path")")"} /usr/lib/postgresql/*/bin; do
		if usable "$dir"; then return 0; fi
	done
	for dir in .tools/postgresql/usr/lib/postgresql/*/bin; do
		if usable "$dir" .tools/postgresql/lib; then return 0; fi
	done
	return 1
}

# debian PROGRAM HINT: ends unless Debian's packages can be had.
debian() {
	command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null && return
	echo "$1 is missing: install $2" >&2
	exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fetch DIR PACKAGE...: unpacks packages into DIR.
fetch() {
	into=$1
	shift
	(cd "$work" && rm -f ./*.deb && apt-get download -qq "$@")
	for deb in "$work"/*.deb; do dpkg-deb -x "$deb" "$into"; done
}

# unpack DIR PACKAGE PROGRAM...: unpacks a package into DIR, and into DIR/lib the libraries that its programs lack.
unpack() {
	dir=$1 package=$2
	shift 2
	rm -rf "$dir"
	mkdir -p "$dir/lib"
	fetch "$dir" "$package"
	for program in "$@"; do
		ldd "$dir"/$program | grep -q 'not found' || continue # a pattern
		# Those that are not installed, but for the compiler of queries, which is large and not needed.
		missing=
		for lib in $(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances "$package" |
			grep '^lib' | grep -v -i -e llvm -e perl -e elogind -e debian-installer -e '^libc6' | sort -u); do
			dpkg-query -W -f='${Status}' "$lib" 2>/dev/null | grep -q ' installed$' || missing="$missing $lib"
		done
		# shellcheck disable=SC2086 # names of packages
		fetch "$work/$package" $missing
		find "$work/$package" -name '*.so.*' -exec cp -P {} "$dir/lib/" \;
		return
	done
}

if ! there; then
	debian PostgreSQL "version 15 or newer, so that postgres and initdb are on the PATH"
	# The version that this Debian has.
	newest() { apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: \(postgresql-[0-9][0-9]*\)$/\1/p' | head -1; }
	server=$(newest)
	if [ -z "$server" ]; then
		apt-get update -qq
		server=$(newest)
	fi
	case $server in
	postgresql-1[5-9] | postgresql-[2-9][0-9]) ;;
	*)
		echo "PostgreSQL is missing, and this system's packages have none that is new enough (${server:-none}): install version 15 or newer" >&2
		exit 1
		;;
	esac
	unpack .tools/postgresql "$server" 'usr/lib/postgresql/*/bin/postgres' 'usr/lib/postgresql/*/bin/initdb'
	if ! there; then
		echo "PostgreSQL was unpacked into .tools/postgresql and does not run: install $server" >&2
		exit 1
	fi
fi

if ! pools pgbouncer && ! pools /usr/sbin/pgbouncer && ! pools .tools/pgbouncer/usr/sbin/pgbouncer .tools/pgbouncer/lib; then
	debian PgBouncer "it, so that pgbouncer is on the PATH"
	[ -n "$(apt-cache show pgbouncer 2>/dev/null)" ] || apt-get update -qq
	unpack .tools/pgbouncer pgbouncer usr/sbin/pgbouncer
	if ! pools .tools/pgbouncer/usr/sbin/pgbouncer .tools/pgbouncer/lib; then
		echo "PgBouncer was unpacked into .tools/pgbouncer and does not run: install pgbouncer" >&2
		exit 1
	fi
fi
