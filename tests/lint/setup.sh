#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks which kernel the set-up chooses, in an archive that is a file, and that the
# root can be entered. Runs on the host, with no more on the path than users have.
set -eu
top=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
setup=$top/scripts/setup
. "$top/scripts/setup/architecture.sh"
trial=$(mktemp -d)
trap 'rm -rf "$trial"' EXIT
status=0

mkdir "$trial/bin"
cat >"$trial/bin/apt-cache" <<'EOF'
#!/bin/sh
# apt-cache OPTION... pkgnames | madison PACKAGE...
case " $* " in
*' pkgnames '*) cut -d ' ' -f 1 "$ARCHIVE" ;;
*' madison '*) sed 's/^\([^ ]*\) \(.*\)/ \1 | \2 | a mirror/' "$ARCHIVE" ;;
esac
EOF
chmod +x "$trial/bin/apt-cache"

# kernel RELEASE VERSION: the packages of a complete set.
kernel() {
	for part in base binary modules headers; do
		echo "linux-$part-$1 $2"
	done
	echo "linux-headers-${1%-"$arch"}-common $2"
	echo "linux-kbuild-${1%-"$arch"} $2"
	echo "linux-source-$(echo "$1" | cut -d . -f 1-2) $2"
}

# expect PATTERN [SETTING...]: what is chosen in $trial/archive, or said instead.
expect() {
	pattern=$1
	shift
	said=$(env AF_IPN_CACHE="$trial/cache" ARCHIVE="$trial/archive" PATH="$trial/bin:$PATH" "$@" sh -c '
		"$1/archive.sh" kernels >"$2" && "$1/choose.sh" "$2"' sh "$setup" "$trial/list" 2>&1) || :
	if ! printf '%s\n' "$said" | grep -q -- "$pattern"; then
		printf 'expected: %s\nsaid: %s\nin this archive:\n' "$pattern" "$said"
		sed 's/^/    /' "$trial/archive"
		status=1
	fi
}

# The series that are supported, as the last of them comes and goes.
# shellcheck disable=SC2046 # a list of series
set -- $(sed '/^#/d' "$setup/series")
preferred=$1 other=$2
unset AF_IPN_SERIES AF_IPN_RELEASE SERIES

{
	kernel "$preferred.4+deb13-$arch" "$preferred.4-1"
	kernel "$preferred.10+deb13-$arch" "$preferred.10-1"
	kernel "$other.12+deb13-$arch" "$other.12-1"
	kernel "9.9.1+deb13-$arch" 9.9.1-1
} >"$trial/archive"
expect "^$preferred.10+deb13-$arch $preferred.10-1\$"
expect "^$other.12+deb13-$arch $other.12-1\$" AF_IPN_SERIES="$other"
expect "^$preferred.4+deb13-$arch " AF_IPN_RELEASE="$preferred.4+deb13-$arch"
expect "no complete kernel of $other.1+deb13-$arch" AF_IPN_RELEASE="$other.1+deb13-$arch"

# Half of the newest, as while a mirror is being brought up to date; of another
# flavour; and only the second series whole.
{
	kernel "$preferred.11+deb13-$arch" "$preferred.11-1" | grep -v kbuild
	kernel "$preferred.11+deb13-cloud-$arch" "$preferred.11-1"
	kernel "$other.12+deb13-$arch" "$other.12-1"
} >"$trial/archive"
expect "^$other.12+deb13-$arch "

# Only what is newer than all that is supported.
kernel "9.9.1+deb13-$arch" 9.9.1-1 >"$trial/archive"
expect "no complete kernel of series $preferred $other"
expect "Complete are: 9.9.1+deb13-$arch\$"
expect 'set AF_IPN_SERIES=9.9$'
expect "^9.9.1+deb13-$arch 9.9.1-1\$" AF_IPN_SERIES=9.9

: >"$trial/archive"
expect 'no complete kernel set'

# What is removed is what the set-up has made, in a directory of its own.
mkdir -p "$trial/users/home" "$trial/users/log" "$trial/users/cargo"
AF_IPN_CACHE=$trial/users "$setup/forget.sh" >"$trial/said"
for theirs in home log cargo; do
	[ -d "$trial/users/$theirs" ] || {
		echo "the user's own directory $theirs was removed"
		status=1
	}
done
mkdir -p "$trial/other/af_ipn/home"
if AF_IPN_CACHE=$trial/other "$setup/forget.sh" >"$trial/said" 2>&1 ||
	! [ -d "$trial/other/af_ipn/home" ]; then
	echo 'a directory was taken for a cache that is none'
	status=1
fi

"$setup/host.sh" 0
"$setup/enter.sh" true || status=1
exit "$status"
