#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks the C files with the kernel's checkpatch.pl. Runs inside the Debian root.
set -eu
cd "$(dirname -- "$0")/../.."

# PREFER_DEFINED_ATTRIBUTE_MACRO: programs have no __noreturn and __printf. Trace points have a style of
# their own, which it takes for macros without parentheses, as those of include/trace/events.
find include rust samples tests -name '*.[ch]' ! -path rust/glue/trace.h \
	-exec perl /kernel/source/scripts/checkpatch.pl --no-tree --terse --show-types \
	--strict --ignore PREFER_DEFINED_ATTRIBUTE_MACRO --quiet --file {} +
