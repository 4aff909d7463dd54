# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# Tries the steps that the file `list` beside this names, one after the other, and reports as KTAP.
# Runs in the guest, as root, once its services are there.
cd /mnt || exit
echo "# $(uname -r), up after $(cut -d ' ' -f 1 /proc/uptime) s"
number=0
while read -r step; do
	number=$((number + 1))
	begun=$(date +%s)
	result='not ok'
	if timeout 1800 sh -eux steps.sh "$step" >/run/said 2>&1 </dev/null; then
		result=ok
	else
		tail -n 60 /run/said | sed 's/^/# /'
	fi
	echo "$result $number $step # $(($(date +%s) - begun)) s"
done <list
echo '# the end'
