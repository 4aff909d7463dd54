#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Installs the modules that `make` has built for the running kernel or for KDIR,
# the headers, the policy interface, the manual pages, the command-line tool that `make tools` has
# built, and the units by which systemd makes described networks. Builds nothing, so that root need not. DESTDIR and PREFIX as usual; with
# AF_IPN, the family's number, as with `make`.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
top=$(CDPATH='' cd -- "$here/.." && pwd -P)
. "$top/tests/qemu/say.sh"

destination=${DESTDIR-}
prefix=$destination${PREFIX:-/usr/local}
if [ -n "${KDIR-}" ]; then
	release=$(cat "$KDIR/include/config/kernel.release")
else
	release=$(uname -r)
fi

modules=$top/build/module-$release
[ -e "$modules/af_ipn.ko" ] || fail "the modules for $release are not built." \
	'Run `make` first, with the same KDIR.'
tool=$top/build/programs/ipn
# Everybody may read it, whatever the umask of who installs it.
umask 022
[ -e "$tool" ] || fail 'the command-line tool is not built.' 'Run `make tools` first.'

install -d "$destination/lib/modules/$release/updates"
install -m 644 "$modules"/*.ko "$destination/lib/modules/$release/updates"
install -D -m 644 "$top/include/uapi/linux/af_ipn.h" "$prefix/include/linux/af_ipn.h"
[ -z "${AF_IPN-}" ] ||
	sed -i "s/^\(#define AF_IPN[[:space:]]*\)[0-9]*$/\1$AF_IPN/" "$prefix/include/linux/af_ipn.h"
install -D -m 644 "$top/include/uapi/linux/ipn_switch.h" "$prefix/include/linux/ipn_switch.h"
# What policy modules are built against; see samples/policy.
"$top/tests/qemu/policy-interface.sh" "$modules" "$prefix/include/af_ipn"
install -D -m 644 "$top/Documentation/af_ipn.7" "$prefix/share/man/man7/af_ipn.7"
install -D -m 644 "$top/Documentation/ipn-network.5" "$prefix/share/man/man5/ipn-network.5"
install -D -m 755 "$tool" "$prefix/bin/ipn"
share=$prefix/share
install -d "$share/man/man1" "$share/bash-completion/completions" \
	"$share/zsh/site-functions" "$share/fish/vendor_completions.d"
"$tool" man "$share/man/man1"
"$tool" completions bash >"$share/bash-completion/completions/ipn"
"$tool" completions zsh >"$share/zsh/site-functions/_ipn"
"$tool" completions fish >"$share/fish/vendor_completions.d/ipn.fish"
# Described networks: /etc/ipn for root, ~/.config/ipn for others.
for manager in system user; do
	unit=$prefix/lib/systemd/$manager/ipn@.service
	install -D -m 644 "$top/tools/ipnctl/systemd/$manager/ipn@.service" "$unit"
	sed -i "s|@bindir@|${PREFIX:-/usr/local}/bin|" "$unit"
done
install -d -m 755 "$destination/etc/ipn"
# Which `su` does not put on the path.
[ -n "$destination" ] || PATH=$PATH:/usr/sbin:/sbin depmod "$release"
echo "Installed. Load the modules with: modprobe -a af_ipn kvde_switch"
