#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks what is in packages: contents.sh PACKAGE.deb... Each file is root's, and
# everybody may read it; it is where such files belong, and in one package only; what
# each package is for is there, and of this version. Runs inside the Debian root.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
version=$(cat "$here/../../VERSION")
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
status=0

complain() {
	echo "$1"
	status=1
}

for deb; do
	package=$(dpkg-deb -f "$deb" Package)
	# All that is installed together; the metadata of each kernel is, too.
	dpkg-deb -x "$deb" "$trial/root"
	dpkg-deb --fsys-tarfile "$deb" | tar --numeric-owner -tvf - |
		awk -v package="$package" '{ print package, $1, $2, $6 }'
done >"$trial/list"

# Directories are shared, files are not.
found=$(awk '$2 !~ /^d/ { print $4 }' "$trial/list" | sort | uniq -d)
[ -z "$found" ] || complain "in several packages: $found"

found=$(awk '$3 != "0/0" || $2 !~ /^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--)$/' "$trial/list")
[ -z "$found" ] || complain "with another owner, mode or kind: $found"

# What may be where; what has to be executable is, and no other.
found=$(awk '$2 !~ /^d/ && $4 !~ "^\\./usr/(bin|include/(linux|af_ipn)|lib/(af-ipn/rust|systemd/(system|user)|python3/dist-packages/ipn[^/]*|[a-z0-9_-]*-linux-gnu/vdeplug)|share/(bash-completion/completions|doc|fish/vendor_completions\\.d|man/man[1-8]|pkgconfig|zsh/site-functions)|src/af_ipn-[0-9.]*)/"' \
	"$trial/list")
[ -z "$found" ] || complain "where it does not belong: $found"
found=$(awk '$2 !~ /^d/ && ($2 ~ /^-rwx/) != ($4 ~ "^\\./usr/bin/|\\.sh$|/examples/.*\\.py$" && $4 !~ "/scripts/setup/")' "$trial/list")
[ -z "$found" ] || complain "executable or not, and should not: $found"

# has PACKAGE FILE...: below /usr.
has() {
	package=$1
	shift
	for file; do
		grep -q -x -F -e "$package ./usr/$file" "$trial/files" || complain "$package lacks /usr/$file"
	done
}
awk '{ print $1, $4 }' "$trial/list" >"$trial/files"

man=share/man
has af-ipn-dkms "src/af_ipn-$version/dkms.conf" "src/af_ipn-$version/Kbuild" "src/af_ipn-$version/scripts/modules.sh"
has ipn bin/ipn bin/ipn-echo bin/ipn-cable-pgm lib/systemd/system/ipn@.service lib/systemd/user/ipn@.service \
	lib/systemd/system/ipn-metrics.service lib/systemd/system/ipn-metrics.timer \
	$man/man1/ipn.1.gz $man/man1/ipn-up.1.gz $man/man1/ipn-cable.1.gz $man/man1/ipn-echo.1.gz $man/man1/ipn-cable-pgm.1.gz \
	$man/man5/ipn-network.5.gz $man/man7/af_ipn.7.gz \
	share/bash-completion/completions/ipn share/zsh/site-functions/_ipn \
	share/fish/vendor_completions.d/ipn.fish share/doc/ipn/examples/peer.c
has libvdeplug-ipn "lib/$(gcc -print-multiarch)/vdeplug/libvdeplug_ipn.so" $man/man1/libvdeplug_ipn.1.gz
has libipn-dev include/linux/af_ipn.h include/linux/ipn_netlink.h include/linux/ipn_switch.h share/pkgconfig/af_ipn.pc \
	include/af_ipn/ipn_policy.rs include/af_ipn/ipn_policy.h include/af_ipn/Module.symvers
has python3-ipn lib/python3/dist-packages/ipn/_ipn.abi3.so lib/python3/dist-packages/ipn/py.typed
sed -n 's/^\(af-ipn-rust-.*\) .*\/target.json$/\1/p' "$trial/files" >"$trial/kernels"
[ -s "$trial/kernels" ] || complain "there is no metadata of any kernel"
while read -r package; do
	has "$package" "lib/af-ipn/rust/${package#af-ipn-rust-}/libkernel.rmeta"
done <"$trial/kernels"

# told WHAT VERSION
told() {
	[ "$2" = "$version" ] || complain "$1 tells the version $2, not $version"
}

usr=$trial/root/usr
told ipn "$("$usr/bin/ipn" --version | sed -n '1s/^ipn //p')"
told ipn-echo "$("$usr/bin/ipn-echo" --version | sed 's/^ipn-echo //')"
told ipn-cable-pgm "$("$usr/bin/ipn-cable-pgm" --version | sed 's/^ipn-cable-pgm //')"
told af_ipn.pc "$(PKG_CONFIG_PATH=$usr/share/pkgconfig pkgconf --modversion af_ipn)"
told python3-ipn "$(PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$usr/lib/python3/dist-packages \
	python3 -c 'import ipn; print(ipn.__version__)')"

found=$(grep -rlF -e "$(cd "$here/../.." && pwd -P)" -e "${CARGO_HOME:-/nowhere}" "$usr" || :)
[ -z "$found" ] || complain "tell where they were built: $found"

# Every symbol of the policy interface, and a program that uses the headers.
grep -rh '^EXPORT_SYMBOL_GPL(' "$usr/src/af_ipn-$version/rust" |
	sed 's/.*(\(.*\));.*/\1/' >"$trial/symbols"
[ -s "$trial/symbols" ] || complain 'the policy interface exports nothing'
while read -r symbol; do
	grep -q "	$symbol	" "$usr/include/af_ipn/Module.symvers" || complain "Module.symvers lacks $symbol"
done <"$trial/symbols"
gcc -fsyntax-only -I "$usr/include" "$usr/share/doc/ipn/examples/peer.c" || status=1
exit "$status"
