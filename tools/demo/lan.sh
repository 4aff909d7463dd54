# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The second act: virtual machines, a program that is a node by itself, and the
# host on one Ethernet switch. Sourced by demo.sh.

host=10.0.0.1 program=10.0.0.3 machine_a=10.0.0.11 machine_b=10.0.0.12

# table: the addresses that the switch knows, with whose they are.
table() {
	say '   ipn switch lan fdb show'
	ipn switch lan fdb show | sort -n -k 3 >table
	[ -s table ] || say '     (nothing yet)'
	while read -r line; do
		case $line in
		*:01\ *) whose='the host' ;;
		*:03\ *) whose='the program' ;;
		*:0a\ *) whose='machine a' ;;
		*:0b\ *) whose='machine b' ;;
		*) whose='another one' ;;
		esac
		say "     $line   $whose"
	done <table
}

# knows ENDING...: whether the switch knows the addresses with these endings.
knows() {
	ipn switch lan fdb show >table
	for ending; do
		grep -q "^02:00:00:00:00:$ending " table || return 1
	done
}

# machine USER NAME ENDING: switches on a user's machine, which boots until it has
# found something to boot. What it has done is told;
# all that it says is in NAME.log.
machine() {
	qemu='qemu-system-x86_64 -machine pc,graphics=off -accel tcg -m 64 -nodefaults'
	qemu="$qemu -no-user-config -display none -serial stdio -boot reboot-timeout=1000"
	qemu="$qemu -netdev vde,id=net,sock=ipn://$room/lan"
	qemu="$qemu -device virtio-net-pci,netdev=net,bootindex=0,mac=02:00:00:00:00:$3"
	: >"$2.log"
	as "$1" "exec $qemu" </dev/null 2>&1 | tr -d '\r' | awk -v name="$2" '
		function tell(what) { print "     " name " has " what; fflush() }
		{ print >(name ".log"); fflush() }
		/^I am / { tell("booted from the network as " $3) }
		/^64 bytes from / { sub(":", "", $4); tell("pinged " $4) }
		/^http:.* ok$/ { sub(/\.+ ok$/, ""); tell("fetched " $0) }'
}

say '4. A switch joins virtual machines of u1 and u2, a program of u3 with its own'
say '   TCP/IP, and the host'
insmod /lib/modules/kvde_switch.ko
start u1 'ipn create lan --protocol switch --mode 766' >lan.log 2>&1
await test -S lan
table
ipn tap lan lan >tap.log 2>&1 &
await grep -q 'is on the network' tap.log
ip link set lan address 02:00:00:00:00:01
ip link set lan up
ip address add $host/24 dev lan
start u3 "ipn-echo lan --ip $program/24 --mac 02:00:00:00:00:03" >program.log
await test -s program.log
ping -c 1 -W 5 $program >ping.log || fail 'the program does not answer the host'
say "     the host, $host, has pinged the program, $program"
table

# The host has addresses and a boot script for the machines.
mkdir www
cat >www/boot <<EOT
#!ipxe
iseq \${net0/ip} $machine_a && set other $machine_b || set other $machine_a
echo I am \${net0/ip}
:host
ping --count 1 $host || goto host
:program
ping --count 1 $program || goto program
imgfetch --name page http://$program/ || goto program
:other
ping --count 1 \${other} || goto other
echo done
:wait
sleep 1
imgfetch --name off http://$host/off || goto wait
poweroff
EOT
cat >dhcp.conf <<EOT
interface lan
start $machine_a
end $machine_b
static_lease 02:00:00:00:00:0a $machine_a
static_lease 02:00:00:00:00:0b $machine_b
option subnet 255.255.255.0
boot_file http://$host/boot
lease_file $room/leases
pidfile $room/dhcp.pid
EOT
: >leases
udhcpd -f dhcp.conf >dhcp.log 2>&1 &
httpd -f -p $host:80 -h www >http.log 2>&1 &
say "   u1 and u2 switch on machines: qemu ... -netdev vde,sock=ipn://$room/lan"
machine u1 'machine a' 0a &
one=$!
machine u2 'machine b' 0b &
two=$!
await test -e 'machine a.log'
await test -e 'machine b.log'
await grep -q '^done' 'machine a.log'
await grep -q '^done' 'machine b.log'
knows 01 03 0a 0b || fail 'the switch does not know them all'
table
for machine in $machine_a $machine_b; do
	ping -c 1 -W 5 "$machine" >ping.log || fail "$machine does not answer the host"
	say "     the host has pinged $machine"
done
say "     the host has fetched http://$program/:"
wget -q -O page "http://$program/" || fail 'the host cannot fetch the page'
sed -n 's/<p>\(.*\)<\/p>/\1/p' page | fold -s -w 73 | sed 's/^/       /'
grep -q "$program/24" page || fail 'that is not the page of the program'
ipn graph "$room/lan" >picture
for name in ipn-echo qemu-system; do
	grep -q "$name" picture || fail "the picture lacks $name"
done
touch www/off
wait "$one" "$two"
say '   The machines have switched themselves off.'
say '   ipn graph has drawn who was on the switch:'
cat picture
