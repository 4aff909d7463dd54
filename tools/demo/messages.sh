# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The first act: messages between processes. Sourced by demo.sh.

# has_readers NETWORK NUMBER: whether so many receive from it.
has_readers() {
	ipn show --json "$1" | grep -q "\"readers\": $2,"
}

# figure NAME READER: a figure of what ipn recv --stats --json told.
figure() {
	sed -n "s/.*\"$1\":\([0-9]*\)[,}].*/\1/p" "$2.log"
}

size() {
	stat -c %s "$1"
}

# checksum FILE...: of all of them together.
checksum() {
	cat "$@" | sha256sum | cut -c 1-16
}

# The largest program below 4 MB that is there, as often as it takes to have 3 MB.
original=$(find /bin -xdev -type f -size -4000k -exec ls -l {} + | sort -n -k 5 | tail -n 1)
original=${original##* }
: >file
while [ "$(size file)" -lt 3000000 ]; do
	cat "$original" >>file
done
bytes=$(size file)
half=$((bytes / 2))

say "1. u1 streams a file ($original, $bytes bytes) without loss to u2 and u3"
start u1 'ipn create film --lossless --mtu 4096 --pool 64 --mode 744' >film.log 2>&1
await test -S film
start u2 'ipn recv film --raw' >a
start u3 'ipn recv film --raw' >b
await has_readers film 2

# The second half waits until the late reader is there.
{
	head -c "$half" file
	await has_readers film 3
	tail -c +$((half + 1)) file
} | as u1 'ipn send film --size 4096 --rate 800 --end' &
await test -s a
start u3 'ipn recv film --raw' >c
wait

sum=$(checksum file)
say "     sent                        sha256 $sum..."
for reader in a b; do
	say "     reader $reader got all             sha256 $(checksum "$reader")..."
	[ "$(checksum "$reader")" = "$sum" ] || fail "reader $reader got another file"
done
got=$(size c)
missed=$((bytes - got))
head -c "$missed" file >before
say "     reader c joined in mid-stream, at byte $missed of $bytes"
say "     what a got before, then c   sha256 $(checksum before c)..."
[ "$missed" -gt 0 ] || fail 'reader c did not come late'
[ "$got" -gt 0 ] || fail 'reader c got nothing'
[ "$(checksum before c)" = "$sum" ] || fail 'reader c got something else'

say '2. u1 sends 2000 lines to a hub that may lose; reader b is stopped meanwhile'
start u1 'ipn create live --pool 1000 --mode 744' >live.log 2>&1
await test -S live
start u2 'ipn recv live --stats --json' >a 2>a.log
start u3 'ipn recv live --stats --json' >b 2>b.log
stopped=$!
await has_readers live 2
kill -STOP "$stopped"
seq 2000 | as u1 'ipn send live --rate 1000 --end'
kill -CONT "$stopped"
wait
for reader in a b; do
	messages=$(figure messages "$reader")
	lost=$(figure lost "$reader")
	say "     reader $reader got $messages, and was told that it lost $lost"
	[ $((messages + lost)) = 2000 ] || fail 'the figures do not add up'
done
[ "$(figure lost a)" = 0 ] || fail 'reader a lost messages'
[ "$(figure lost b)" -gt 0 ] || fail 'the stopped reader lost nothing'

say '3. u1 lets others send, but not receive; u2 tries both'
start u1 'ipn create mailbox --mode 722' >mailbox.log 2>&1
await test -S mailbox
say "     $(stat -c '%A %U' mailbox)"
echo hello | as u2 'ipn send mailbox' || fail 'u2 was refused to send'
if as u2 'ipn recv mailbox' 2>refusal; then
	fail 'u2 was not refused to receive'
fi
fold -s -w 75 refusal | sed 's/^ */     /'
grep -q 'needs the r bit' refusal || fail 'that is no refusal for want of the r bit'
as u1 'ipn end mailbox'
wait
