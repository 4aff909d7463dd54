# SPDX-License-Identifier: GPL-2.0
#
# Counts the results of a KTAP report: prints "PASSED FAILED SKIPPED". What the
# plan announces and the report lacks has failed.

/^1\.\.[0-9]+/ { planned += substr($0, 4) }
/^ok [0-9]+ .*# SKIP/ { skipped++; next }
/^ok [0-9]+/ { passed++ }
/^not ok [0-9]+/ { failed++ }

END {
	missing = planned - passed - failed - skipped
	if (missing > 0)
		failed += missing
	print passed + 0, failed + 0, skipped + 0
}
