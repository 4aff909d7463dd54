# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The namespaces in which the root is entered. Sourced, after say.sh.
#
# util-linux's unshare is part of every Debian, so the same way of entering is
# tried before anything is downloaded and used afterwards.

# namespace_flags: the flags with which unshare gives us mounts of our own: a
# user namespace, which needs no privilege, or without one for root where user
# namespaces are forbidden.
namespace_flags() {
	for namespace_user in '--user --map-root-user' ''; do
		# shellcheck disable=SC2086 # a list of flags
		if unshare $namespace_user --mount --pid --fork --kill-child \
			sh -c 'mount -t tmpfs tmpfs /tmp' 2>/dev/null; then
			printf '%s\n' "$namespace_user --mount --pid --fork --kill-child"
			return 0
		fi
	done
	return 1
}

namespace_refused() {
	fail 'no way to enter the Debian root: user namespaces are not allowed here.' \
		'Allow them:  sysctl kernel.unprivileged_userns_clone=1' \
		'On Ubuntu:   sysctl kernel.apparmor_restrict_unprivileged_userns=0' \
		'In a container: start it with --privileged, or with seccomp=unconfined and SYS_ADMIN.' \
		'Or run the same command as root.'
}
