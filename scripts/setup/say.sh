# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What a person sees: numbered steps, and messages that name the remedy.
# Sourced by the other scripts.

# fail MESSAGE [REMEDY...]: every line begins with "af_ipn:", so that a step
# finds them again in its log.
fail() {
	printf 'af_ipn: %s\n' "$1" >&2
	shift
	for line; do
		printf 'af_ipn:   %s\n' "$line" >&2
	done
	exit 1
}

# steps COUNT: how many steps follow.
steps() {
	step_count=$1
	step_number=0
}

# step_try WHAT LOG COMMAND...: runs COMMAND with its output in LOG, says how
# long it took and has its status. COMMAND is a program and never a function,
# because a shell ignores `set -e` in a function whose status is looked at.
step_try() {
	step_what=$1
	step_log=$2
	shift 2
	step_number=$((step_number + 1))
	mkdir -p "$(dirname "$step_log")"
	printf '[%d/%d] %s ... ' "$step_number" "$step_count" "$step_what"
	step_begun=$(date +%s)
	step_status=0
	"$@" >"$step_log" 2>&1 </dev/null || step_status=$?
	if [ "$step_status" = 0 ]; then
		step_end='done'
	else
		step_end='failed'
	fi
	printf '%s (%d s)\n' "$step_end" $(($(date +%s) - step_begun))
	return "$step_status"
}

# step WHAT LOG COMMAND...: the same for a step without which nothing goes on.
step() {
	if step_try "$@"; then
		return 0
	fi
	if grep -q '^af_ipn: ' "$step_log"; then
		grep '^af_ipn: ' "$step_log" >&2
	else
		tail -n 20 "$step_log" | sed 's/^/    /' >&2
	fi
	fail "the step \"$step_what\" failed; its log: $step_log" \
		"When the cause is mended, run the same command again: it goes on from here."
}

# step_there WHAT: a step whose result an earlier run has left.
step_there() {
	step_number=$((step_number + 1))
	printf '[%d/%d] %s ... already there\n' "$step_number" "$step_count" "$1"
}
