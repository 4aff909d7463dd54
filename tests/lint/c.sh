#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks the C files with the kernel's checkpatch.pl. Runs inside the Debian root.
set -eu
cd "$(dirname -- "$0")/../.."

# PREFER_DEFINED_ATTRIBUTE_MACRO: programs have no __noreturn and __printf.
find include rust samples tests -name '*.[ch]' \
	-exec perl /kernel/source/scripts/checkpatch.pl --no-tree --terse --show-types \
	--strict --ignore PREFER_DEFINED_ATTRIBUTE_MACRO --quiet --file {} +
