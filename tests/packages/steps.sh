# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# What is tried on a Debian with the packages, a function each: sh -eu steps.sh FUNCTION
# Runs in the guest, as root.

# until_so COMMAND...: waits for what takes a moment on an emulated machine.
until_so() {
	set +x
	for _ in $(seq 120); do
		! "$@" || return 0
		sleep 1
	done
	echo "not so within two minutes: $*"
	return 1
}

# not COMMAND...: `set -e` takes no notice of a mere !.
not() {
	if "$@"; then
		return 1
	fi
}

# What no package has, and nothing else should leave: all that was installed is told
# apart by its packages.
state() {
	dkms status
	cut -d : -f 1 /etc/passwd /etc/group
	systemctl list-unit-files --no-legend
	systemctl list-units --all --no-legend 'ipn@*'
	find /boot /etc /home /opt /run/ipn* /srv /usr /var/lib /var/cache -xdev \
		\( -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/systemd \
		-o -path /var/cache/apt -o -path /var/cache/debconf -o -path /var/cache/ldconfig -o -name __pycache__ \) -prune \
		-o -print 2>/dev/null | sort >/run/there
	sort -u /var/lib/dpkg/info/*.list | comm -23 /run/there -
}

packages_install() {
	# For what is described later; what they leave is theirs.
	useradd -m u1
	groupadd lab
	apt-get update
	state >/root/before
	apt-get -y install /mnt/packages/af-ipn-dkms_*.deb \
		"/mnt/packages/af-ipn-rust-$(uname -r)_"*.deb /mnt/packages/ipn_*.deb \
		/mnt/packages/libvdeplug-ipn_*.deb /mnt/packages/libipn-dev_*.deb /mnt/packages/python3-ipn_*.deb
}

dkms_has_built_for_this_kernel() {
	dkms status | grep "af_ipn/.*$(uname -r).*: installed"
	modinfo -F version af_ipn
}

modules_load() {
	modprobe -a af_ipn kvde_switch
	ls /sys/kernel/btf/af_ipn
	ipn --version
}

bus_carries() {
	rm -f /run/hub
	ipn create --lossless /run/hub &
	until_so test -S /run/hub
	ipn recv --count 1 --timeout 60 /run/hub >/run/heard &
	heard=$!
	sleep 5
	echo hello | ipn send /run/hub
	wait "$heard"
	grep hello /run/heard
	ipn end /run/hub
}

vde_plug_joins_two_switches() {
	rm -f /run/a /run/b
	ipn-echo --create --policy switch --ip 10.0.0.1/24 /run/a &
	ipn create --protocol switch /run/b &
	until_so test -S /run/a
	until_so test -S /run/b
	vde_plug ipn:///run/a ipn:///run/b &
	sleep 3
	timeout 60 ipn-echo --ip 10.0.0.2/24 --ping 10.0.0.1 /run/b
	ipn end /run/a
	ipn end /run/b
}

python_sends() {
	python3 -c '
import ipn, tempfile
path = tempfile.mkdtemp() + "/bus"
bus = ipn.create(path, lossless=True)
reader = ipn.connect(path, direction="receive")
ipn.connect(path, direction="send").send(b"hello")
assert bytes(next(iter(reader))) == b"hello"'
}

described() {
	systemctl is-active ipn@bus
	[ "$(stat -c '%F %U %G %a' /run/bus)" = 'socket nobody lab 740' ] || { stat /run/bus && false; }
}

unit_makes_what_a_file_describes() {
	printf '%s\n' 'path = "/run/bus"' 'policy = "switch"' 'mode = "0740"' \
		'owner = "nobody"' 'group = "lab"' >/etc/ipn/bus.toml
	systemctl enable --now ipn@bus
	described
}

unit_changes_what_differs() {
	sed -i s/0740/0760/ /etc/ipn/bus.toml
	systemctl reload ipn@bus
	[ "$(stat -c %a /run/bus)" = 760 ]
	sed -i s/0760/0740/ /etc/ipn/bus.toml
	systemctl reload ipn@bus
	described
}

unit_takes_up_its_network_after_a_kill() {
	systemctl kill -s KILL ipn@bus
	sleep 2
	until_so systemctl -q is-active ipn@bus
	described
}

unit_tells_what_is_wrong_in_a_file() {
	echo 'pth = "/run/x"' >/etc/ipn/bad.toml
	not systemctl start ipn@bad
	journalctl -u ipn@bad | grep pth
	[ "$(systemctl show -P NRestarts ipn@bad)" = 0 ]
	rm /etc/ipn/bad.toml
	systemctl reset-failed ipn@bad
}

of_user() {
	runuser -u u1 -- env XDG_RUNTIME_DIR="/run/user/$(id -u u1)" "$@"
}

unit_of_a_user() {
	loginctl enable-linger u1
	of=/run/user/$(id -u u1)
	until_so test -S "$of/bus"
	of_user mkdir -p /home/u1/.config/ipn
	echo "path = \"$of/lan\"" >/home/u1/.config/ipn/lan.toml
	of_user systemctl --user enable --now ipn@lan
	unit_of_a_user_is_there
}

unit_of_a_user_is_there() {
	of=/run/user/$(id -u u1)
	until_so test -S "$of/lan"
	[ "$(stat -c %U "$of/lan")" = u1 ]
}

newer_kernel() {
	sed -n 's/^Package: linux-image-//p' /repository/Packages
}

kernel_upgrade_goes_on_without_metadata() {
	newer=$(newer_kernel)
	upgraded=0
	apt-get -y install "linux-image-$newer" "linux-headers-$newer" >/run/upgrade 2>&1 || upgraded=$?
	cat /run/upgrade
	[ "$upgraded" = 0 ]
	[ -z "$(dpkg --audit)" ]
	dkms status -m af_ipn -k "$newer" >/run/status
	not grep installed /run/status
	grep "Install af-ipn-rust-$newer" /run/upgrade
}

metadata_is_enough_to_build_for_the_new_kernel() {
	newer=$(newer_kernel)
	apt-get -y install "/mnt/packages/af-ipn-rust-${newer}_"*.deb
	dkms status | grep "af_ipn/.*$newer.*: installed"
}

described_is_there_after_boot() {
	described
}

# The units are enabled still, and the networks there.
purge_leaves_nothing() {
	modprobe -a af_ipn kvde_switch
	systemctl start ipn@bus
	of_user systemctl --user start ipn@lan
	described
	unit_of_a_user_is_there
	cp "$(modinfo -n af_ipn)" /root
	apt-get -y purge 'af-ipn-*' ipn libvdeplug-ipn libipn-dev python3-ipn
	not systemctl is-active ipn@bus
	not of_user systemctl --user is-active ipn@lan
	not test -e /run/bus
	not test -e "/run/user/$(id -u u1)/lan"
	rmmod kvde_switch af_ipn
	not modprobe af_ipn

	# What was made here by hand, and what the new kernel has besides its packages.
	loginctl disable-linger u1
	rm /etc/ipn/bus.toml
	rmdir /etc/ipn
	rm -r /home/u1/.config
	state | grep -v -e "$(uname -r)" -e '^/var/lib/dkms/mok\.' | diff /root/before -
}

# DKMS has signed it, with a key that this machine does not know.
unknown_key_is_refused_where_signatures_are_asked_for() {
	modinfo -F signer /root/af_ipn.ko*
	echo 1 >/sys/module/module/parameters/sig_enforce
	not insmod /root/af_ipn.ko* 2>/run/refused
	grep -i key /run/refused
}

"$@"
