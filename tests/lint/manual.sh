#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Checks the manual pages with mandoc. Runs inside the Debian root.
set -eu
cd "$(dirname -- "$0")/../.."
mandoc -T lint -W warning Documentation/*.[1-9]
