#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks the scripts with shellcheck. Runs inside the Debian root.
set -eu
cd "$(dirname -- "$0")/../.."

# Files without the bit are sourced by others, and checked with them.
find .ci debian scripts tests tools samples -type f -perm -u+x \
	-exec sh -c 'head -n 1 "$1" | grep -q "^#!.*sh"' sh {} \; \
	-exec shellcheck --check-sourced {} +
