# SPDX-License-Identifier: GPL-2.0
#
# Prints the failed tests of a KTAP report, each after its diagnostics, and the
# skipped ones with their reasons.

/^# Totals:/ { next }
/^not ok / { print "FAILED: " diagnostics $0; diagnostics = ""; next }
/^ok .*# SKIP/ { print "skipped: " $0 }
/^ok / { diagnostics = ""; next }
/^#/ { diagnostics = diagnostics $0 "\n        " }
