#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Installs what is built, and builds nothing, so that root need not: install.sh [PART...]
#
#   modules    the modules that `make` has built for the running kernel or for KDIR
#   headers    the interface in C, af_ipn.pc, and what policy modules are built against
#   tools      the programs that `make tools` has built, manual pages, completions,
#              and the units by which systemd makes described networks and writes figures
#   plugin     that of vdeplug, into LIBDIR/vdeplug
#
# Without PART the first three. DESTDIR and PREFIX as usual; with AF_IPN, the family's
# number, as with `make`. PROGRAMS and PLUGIN name other places of what is built.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/.." && pwd -P)
. "$top/scripts/setup/say.sh"

destination=${DESTDIR-}
prefix=${PREFIX:-/usr/local}
to=$destination$prefix
if [ -n "${KDIR-}" ]; then
	release=$(cat "$KDIR/include/config/kernel.release")
else
	release=$(uname -r)
fi
built=$top/build/module-$release
programs=${PROGRAMS:-$top/build/programs}
# Everybody may read it, whatever the umask of who installs it.
umask 022

# there FILE WHAT REMEDY
there() {
	[ -e "$1" ] || fail "$2 not built." "$3"
}

modules() {
	there "$built/af_ipn.ko" "the modules for $release are" 'Run `make` first, with the same KDIR.'
	install -d "$destination/lib/modules/$release/updates"
	install -m 644 "$built"/*.ko "$destination/lib/modules/$release/updates"
}

headers() {
	install -D -m 644 -t "$to/include/linux" "$top"/include/uapi/linux/*.h
	[ -z "${AF_IPN-}" ] ||
		sed -i "s/^\(#define AF_IPN[[:space:]]*\)[0-9]*$/\1$AF_IPN/" "$to/include/linux/af_ipn.h"
	# What policy modules are built against; see samples/policy.
	"$top/scripts/policy-interface.sh" "$built" "$to/include/af_ipn"
	# That keeps the modes of the checkout.
	chmod 644 "$to/include/af_ipn"/*
	install -d "$to/share/pkgconfig"
	sed -e "s|@prefix@|$prefix|" -e "s|@version@|$(cat "$top/VERSION")|" \
		"$top/include/af_ipn.pc.in" >"$to/share/pkgconfig/af_ipn.pc"
}

tools() {
	there "$programs/ipn" 'the command-line tool is' 'Run `make tools` first.'
	install -D -m 755 -t "$to/bin" "$programs/ipn" "$programs/ipn-echo"
	# There is none of another architecture.
	[ ! -e "$programs/ipn-cable-pgm" ] ||
		install -D -m 755 -t "$to/bin" "$programs/ipn-cable-pgm"
	share=$to/share
	# Nor in the packages.
	if [ -e "$programs/ipn-cable-zenoh" ]; then
		install -D -m 755 -t "$to/bin" "$programs/ipn-cable-zenoh"
		install -D -m 644 -t "$share/man/man1" "$top/Documentation/ipn-cable-zenoh.1"
	fi
	for section in 5 7; do
		install -D -m 644 -t "$share/man/man$section" "$top/Documentation"/*."$section"
	done
	install -d "$share/man/man1" "$share/bash-completion/completions" \
		"$share/zsh/site-functions" "$share/fish/vendor_completions.d"
	"$programs/ipn" man "$share/man/man1"
	install -m 644 -t "$share/man/man1" "$top/Documentation/ipn-echo.1" \
		"$top/Documentation/ipn-cable-pgm.1"
	"$programs/ipn" completions bash >"$share/bash-completion/completions/ipn"
	"$programs/ipn" completions zsh >"$share/zsh/site-functions/_ipn"
	"$programs/ipn" completions fish >"$share/fish/vendor_completions.d/ipn.fish"
	# Described networks: /etc/ipn for root, ~/.config/ipn for others. Figures for node_exporter.
	for manager in system user; do
		units=$to/lib/systemd/$manager
		install -D -m 644 -t "$units" "$top/tools/ipnctl/systemd/$manager"/*
		sed -i "s|@bindir@|$prefix/bin|" "$units"/ipn*
	done
	install -d -m 755 "$destination/etc/ipn"
}

plugin() {
	install -D -m 644 -t "$destination$LIBDIR/vdeplug" \
		"${PLUGIN:-$top/build/plugin/release/libvdeplug_ipn.so}"
	install -D -m 644 -t "$to/share/man/man1" "$top/Documentation/libvdeplug_ipn.1"
}

if [ $# -gt 0 ]; then
	for part; do
		"$part"
	done
	exit 0
fi
modules
headers
tools
# Which `su` does not put on the path.
[ -n "$destination" ] || PATH=$PATH:/usr/sbin:/sbin depmod "$release"
echo "Installed. Load the modules with: modprobe -a af_ipn kvde_switch"
