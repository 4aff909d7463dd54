#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The Debian archive, through apt-get with a state of our own in the cache; the
# host's package state is neither used nor changed, and no privilege is needed.
#
#   archive.sh mirror                 names the mirror
#   archive.sh update                 reads the package lists
#   archive.sh kernels                lists the complete kernel sets of any series, newest first
#   archive.sh packages               downloads the root's packages with their dependencies
#   archive.sh files                  names what was downloaded for the root
#   archive.sh cross                  downloads what building across needs besides
#   archive.sh packaging              downloads what making packages needs besides
#   archive.sh kernel RELEASE VERSION downloads a kernel set
set -eu
here=$(dirname -- "$0")
. "$here/say.sh"
. "$here/cache.sh"

state=$cache/apt/$suite${cross:+-$arch}
case $suite in
trixie) suites='trixie trixie-updates trixie-backports' ;;
*) suites=$suite ;;
esac
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# host_mirror: the Debian mirror that the host's own apt uses.
host_mirror() {
	apt-get indextargets --format '$(RELEASE) $(SITE)' 'Created-By: Packages' |
		awk '$1 ~ /^(bookworm|trixie|forky|sid|(old)*stable|testing|unstable)(-updates|-backports)?$/ {
			sub("/*$", "", $2); print $2; exit }'
}

# mirror: prints the Debian mirror that is asked.
mirror() {
	echo "${AF_IPN_MIRROR:-$(host_mirror)}"
}

configure() {
	mirror=$(mirror)
	[ -n "$mirror" ] || fail 'this host has no Debian mirror in its apt sources.' \
		"Set AF_IPN_MIRROR to the URL of one that has $suites."
	[ -r "$keyring" ] || fail "the keys of the Debian archive are not there: $keyring" \
		'Install the package debian-archive-keyring.'
	mkdir -p "$state/lists/partial" "$state/archives/partial"
	: >"$state/status"
	# What is needed of another architecture is in the first suite, but for kernels.
	others=''
	[ -z "$arch32" ] || others=,$arch32
	[ -z "$cross" ] || others=,$arch
	for part in $suites; do
		echo "deb [arch=$machine_arch$others signed-by=$keyring] $mirror $part main"
		[ -n "$cross" ] || others=''
	done >"$state/sources.list"
	# Read after the host's own configuration, so that its proxy counts but
	# not its pins, hooks and default release.
	cat >"$state/apt.conf" <<-EOF
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear APT::Architectures;
		APT::Architecture "$machine_arch";
		APT::Architectures { "$machine_arch"; "$arch"; ${arch32:+$arch32;} };
		APT::Default-Release "";
		APT::Install-Recommends "false";
		APT::Install-Suggests "false";
		APT::Sandbox::User "";
		APT::Update::Error-Mode "any";
		APT::Get::Assume-Yes "true";
		APT::Keep-Downloaded-Packages "true";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Acquire::http::Timeout "30";
		Acquire::https::Timeout "30";
		Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
		Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
		Dir::State "$state";
		Dir::State::lists "$state/lists";
		Dir::State::status "$state/status";
		Dir::State::extended_states "$state/extended_states";
		Dir::Cache "$state";
		Dir::Cache::archives "$state/archives";
		Dir::Etc::sourcelist "$state/sources.list";
		Dir::Etc::sourceparts "/dev/null";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "/dev/null";
		Dir::Etc::trusted "/dev/null";
		Dir::Etc::trustedparts "/dev/null";
	EOF
}

get() {
	apt-get -q -c "$state/apt.conf" "$@"
}

# as_guest COMMAND...: a command of apt's, on a machine of the guest's architecture.
as_guest() {
	program=$1
	shift
	"$program" -q -c "$state/apt.conf" -o APT::Architecture="$arch" "$@"
}

update() {
	configure
	get update || fail "the Debian mirror cannot be read: $mirror" \
		'Look at the network, or set AF_IPN_MIRROR to another mirror.'
}

# kernels: "RELEASE VERSION" of every set that is complete in the archive at
# one version, whatever the series.
kernels() {
	# shellcheck disable=SC2046 # a list of names
	as_guest apt-cache madison \
		$(apt-cache -c "$state/apt.conf" pkgnames linux- | sed 's/:.*//' |
			grep -E '^linux-(source|base|binary|modules|headers|kbuild)-[0-9]') |
		awk -F ' *[|] *' -v arch="$arch" '
		{ sub("^ *", "", $1); there[$1, $2] = 1 }
		$1 ~ "^linux-binary-[0-9.]+(\\+[a-z0-9]+)?-" arch "$" {
			set[substr($1, length("linux-binary-") + 1) " " $2] = 1
		}
		END {
			for (s in set) {
				split(s, part, " ")
				release = part[1]; version = part[2]
				abi = substr(release, 1, length(release) - length("-" arch))
				match(release, "^[0-9]+\\.[0-9]+")
				series = substr(release, 1, RLENGTH)
				if (there["linux-base-" release, version] &&
				    there["linux-modules-" release, version] &&
				    there["linux-headers-" release, version] &&
				    there["linux-headers-" abi "-common", version] &&
				    there["linux-kbuild-" abi, version] &&
				    there["linux-source-" series, version])
					print s
			}
		}' | sort -rV
}

# alone: the packages of which the root has but the files.
alone() {
	if [ -n "$cross" ]; then
		echo "libstd-rust-dev:$arch"
		return
	fi
	[ -n "$arch32" ] || return 0
	gcc=$(apt-cache -c "$state/apt.conf" depends gcc | sed -n 's/^ *Depends: \(gcc-[0-9]*\)$/\1/p')
	sed -e '/^#/d' -e "s/@gcc/$gcc/" "$here/packages-alone"
}

packages() {
	# shellcheck disable=SC2046,SC2086 # lists of names
	get --download-only install $(sed '/^#/d' "$here/packages") $more_packages
	# shellcheck disable=SC2046 # a list of names
	set -- $(alone)
	cd "$state/archives"
	[ $# = 0 ] || get download "$@"
}

# files: the archive files of the root's packages, those that `packages` has
# downloaded; the directory may hold others from an earlier list.
files() {
	# shellcheck disable=SC2046,SC2086 # lists of names
	get --simulate install $(sed '/^#/d' "$here/packages") $more_packages |
		sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*\[\([^]]*\)\]).*/\1 \2 \3/p' |
		while read -r name version architecture; do
			printf '%s/archives/%s_%s_%s.deb\n' "$state" "${name%%:*}" \
				"$(echo "$version" | sed 's/:/%3a/g')" "$architecture"
		done
	# shellcheck disable=SC2046 # a list of names
	set -- $(alone)
	[ $# = 0 ] || get download --print-uris "$@" |
		while read -r _ file _; do
			printf '%s/archives/%s\n' "$state" "$file"
		done
}

# installed PROGRAM...: what that way of calling apt-get would install, "NAME=VERSION".
installed() {
	"$@" | sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1=\2/p' | sort
}

# lacking PACKAGE...: what this machine's root lacks of these and of what they depend on.
lacking() {
	list=$(sed '/^#/d' "$here/packages")
	# shellcheck disable=SC2086 # a list of names
	installed get --simulate install $list >"$state/there"
	# shellcheck disable=SC2086 # a list of names
	installed get --simulate install $list "$@" >"$state/wanted"
	comm -13 "$state/there" "$state/wanted"
}

# packaging: into a directory of that name.
packaging() {
	rm -rf "$state/packaging"
	mkdir "$state/packaging"
	# shellcheck disable=SC2046 # a list of names
	set -- $(lacking $(sed '/^#/d' "$here/packages-packaging"))
	cd "$state/packaging"
	get download "$@"
}

# cross: into apt/cross what the root for building across has that this machine's
# has not, and into apt/guest the guest's programs.
cross() {
	rm -rf "$state/cross" "$state/guest"
	mkdir "$state/cross" "$state/guest"
	# shellcheck disable=SC2046,SC2086 # lists of names
	{
		set -- $(lacking $more_packages) $(alone)
		cd "$state/cross"
		get download "$@"
		set -- $(installed as_guest apt-get --simulate install $guest_packages)
		cd "$state/guest"
		as_guest apt-get download "$@"
	}
}

kernel() {
	mkdir -p "$cache/apt/kernel-$1"
	cd "$cache/apt/kernel-$1"
	series=$(series_of "$1")
	as_guest apt-get download "linux-base-$1=$2" "linux-binary-$1=$2" \
		"linux-modules-$1=$2" "linux-headers-$1=$2" "linux-source-$series=$2"
}

"$@"
