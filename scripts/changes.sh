#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# What is made of CHANGELOG.md:
#
#   changes.sh notes     the release notes of the newest version
#   changes.sh debian    debian/changelog
set -eu
cd "$(dirname -- "$0")/.."

notes() {
	awk '/^## / { sections++; next } sections == 1' CHANGELOG.md
}

debian() {
	awk -v maintainer='AF_IPN contributors <af_ipn@example.org>' '
	function finish() {
		if (date == "") return
		command = "date -u -R -d " date
		command | getline date
		close(command)
		print "\n -- " maintainer "  " date
	}
	/^## \[/ {
		finish()
		if (date != "") print ""
		version = $2; gsub("[][]", "", version)
		date = $4
		print "af-ipn (" version ") unstable; urgency=medium\n"
		next
	}
	date == "" || /^$/ { next }
	/^### / { print "\n  [ " $2 " ]"; next }
	/^- / { sub("^- ", "  * "); print; next }
	/^  / { print "  " $0; next }
	{ print "  " $0 }
	END { finish() }' CHANGELOG.md
}

"$1"
