// SPDX-License-Identifier: GPL-2.0
//! A tap beside a tap of tun's and a veth: the same questions and settings to all three by `ip`,
//! `ethtool` and sysfs, and a tap answers as one of the others does, but where a reason says otherwise.
//! And what a bridge takes a network grabs.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::client::{program, run};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, ROOT};
use crate::sys::socket::Sock;
use crate::sys::tun;
use std::fs;

cases!["device_oracle":
    tap_answers_as_others_do @ 120,
    tap_has_the_features_of_others,
    grab_takes_what_a_bridge_takes @ 60,
];

/// Commands for a shell, in this order; `$D` is the device. With a reason the tap answers as neither of
/// the others.
const COMMANDS: &[(&str, &str)] = &[
    ("cat $S/addr_assign_type", ""),
    ("cat $S/addr_len", ""),
    ("cat $S/address", ""),
    ("cat $S/broadcast", ""),
    ("cat $S/carrier", ""),
    ("cat $S/carrier_up_count", ""),
    ("cat $S/dev_id $S/dev_port", ""),
    ("cat $S/dormant $S/testing", ""),
    ("cat $S/duplex", ""),
    ("cat $S/flags", ""),
    ("cat $S/gro_flush_timeout $S/napi_defer_hard_irqs", ""),
    ("cat $S/ifalias", "which port of which network it is"),
    ("cat $S/link_mode", ""),
    ("cat $S/mtu", ""),
    ("cat $S/name_assign_type", ""),
    ("cat $S/netdev_group", ""),
    ("cat $S/operstate", ""),
    ("cat $S/phys_port_id", ""),
    ("cat $S/phys_port_name", "the port of a network has a number"),
    ("cat $S/phys_switch_id", "its network is its switch"),
    ("cat $S/proto_down", ""),
    ("cat $S/speed", ""),
    ("cat $S/threaded", ""),
    ("cat $S/tx_queue_len", ""),
    ("cat $S/type", ""),
    ("ls $S/queues $S/statistics", ""),
    ("ls $S | grep -v -e phys_ -e ipn_port", ""),
    ("ip -o link show dev $D | grep -o '<.*>'", ""),
    ("ethtool $D | grep -v -e Port: -e MDI-X -e level -e '^ *$'", ""),
    ("ethtool $D | grep Port:", "it has no plug for twisted pairs, the number 0 that others have never set"),
    ("ethtool -i $D | grep -v -e driver -e version -e bus-info", ""),
    ("ethtool -T $D", ""),
    ("ethtool -g $D", ""),
    ("ethtool -c $D", ""),
    ("ethtool -l $D", ""),
    ("ethtool -a $D", ""),
    ("ethtool -S $D", ""),
    ("ethtool -d $D", ""),
    ("ethtool -P $D", ""),
    ("ethtool -m $D", ""),
    ("ethtool -n $D", ""),
    ("ethtool -x $D", ""),
    ("ethtool --show-priv-flags $D", ""),
    ("ethtool --show-eee $D", ""),
    ("ethtool --show-fec $D", ""),
    ("ip link set dev $D mtu 67; cat $S/mtu", ""),
    ("ip link set dev $D mtu 68; cat $S/mtu", ""),
    ("ip link set dev $D mtu 1400; cat $S/mtu", ""),
    ("ip link set dev $D mtu 1500; cat $S/mtu", ""),
    ("ip link set dev $D mtu 1501; cat $S/mtu", "a message of its network has no more bytes"),
    ("ip link set dev $D mtu 1500; cat $S/mtu", ""),
    ("ip link set dev $D address 02:00:00:00:00:99; cat $S/address $S/addr_assign_type", ""),
    ("ip link set dev $D address 01:00:00:00:00:99; cat $S/address", ""),
    ("ip link set dev $D address 00:00:00:00:00:00; cat $S/address", ""),
    ("ip link set dev $D broadcast ff:ff:ff:ff:ff:fe; cat $S/broadcast", ""),
    ("ip link set dev $D broadcast ff:ff:ff:ff:ff:ff; cat $S/broadcast", ""),
    ("ip link set dev $D multicast off; cat $S/flags", ""),
    ("ip link set dev $D multicast on; cat $S/flags", ""),
    ("ip link set dev $D allmulticast on; cat $S/flags", ""),
    ("ip link set dev $D allmulticast off; cat $S/flags", ""),
    ("ip link set dev $D promisc on; cat $S/flags", ""),
    ("ip link set dev $D promisc off; cat $S/flags", ""),
    ("ip link set dev $D arp off; cat $S/flags", ""),
    ("ip link set dev $D arp on; cat $S/flags", ""),
    ("ip link set dev $D txqueuelen 10; cat $S/tx_queue_len", ""),
    ("ip link set dev $D mode dormant; cat $S/link_mode", ""),
    ("ip link set dev $D mode default; cat $S/link_mode", ""),
    ("ip link set dev $D state dormant; cat $S/operstate", ""),
    ("ip link set dev $D state up; cat $S/operstate", ""),
    ("ip link set dev $D protodown on; cat $S/proto_down", ""),
    ("ip link set dev $D alias x; cat $S/ifalias", ""),
    ("ip link set dev $D group 5; cat $S/netdev_group", ""),
    ("ip link set dev $D trailers off", ""),
    ("ip link set dev $D dynamic on; cat $S/flags", ""),
    ("ip link set dev $D xdp off", ""),
    ("ip link set dev $D vf 0 mac 02:00:00:00:00:01", ""),
    ("ip link set dev $D gso_max_size 1000", ""),
    ("ip link set dev $D gso_max_segs 2", ""),
    ("ip link set dev $D addrgenmode none", ""),
    ("ip link set dev $D index 77", ""),
    ("ip link property add dev $D altname also; ip link show dev also | wc -l; ip link property del dev $D altname also", ""),
    ("ip maddress add 01:80:c2:00:00:0e dev $D; ip maddress show dev $D | grep -c 01:80; ip maddress del 01:80:c2:00:00:0e dev $D", ""),
    ("bridge fdb add 02:00:00:00:00:05 dev $D; bridge fdb show dev $D | grep -c 00:05; bridge fdb del 02:00:00:00:00:05 dev $D", ""),
    ("ip link set dev $D carrier off; cat $S/carrier", ""),
    ("ip link set dev $D carrier on; cat $S/carrier", ""),
    ("ethtool -s $D speed 100 duplex half autoneg off; cat $S/speed $S/duplex", ""),
    ("ethtool -s $D speed 10000 duplex full; cat $S/speed $S/duplex", ""),
    ("ethtool -s $D port tp", "speed and duplex can be set, as with ethtool_virtdev_set_link_ksettings(), nothing else"),
    ("ethtool -s $D phyad 1", "as before"),
    ("ethtool -s $D wol g", ""),
    ("ethtool -s $D msglvl 1", ""),
    ("ethtool -K $D gro off", ""),
    ("ethtool -K $D gro on", ""),
    ("ethtool -K $D sg off", ""),
    ("ethtool -K $D sg on", ""),
    ("ethtool -K $D gso off", ""),
    ("ethtool -K $D gso on", ""),
    ("ethtool -K $D lro on", ""),
    ("ethtool -K $D ntuple on", ""),
    ("ethtool -K $D rxhash on", ""),
    ("ethtool -K $D rx-udp-gro-forwarding on", ""),
    ("ethtool -K $D loopback on", ""),
    ("ethtool -K $D rx-all on", ""),
    ("ethtool -G $D rx 10", ""),
    ("ethtool -C $D rx-usecs 1", ""),
    ("ethtool -A $D rx on", ""),
    ("ethtool -r $D", ""),
    ("ethtool -t $D", ""),
    ("ethtool -p $D 1", ""),
    ("ethtool -E $D offset 0 value 1", ""),
    ("ethtool --reset $D all", ""),
    ("tc qdisc add dev $D clsact; tc qdisc show dev $D | wc -l; tc qdisc del dev $D clsact", ""),
    ("echo 1 >$S/threaded; cat $S/threaded; echo 0 >$S/threaded", ""),
    ("echo 7 >$S/tx_queue_len; cat $S/tx_queue_len", ""),
    ("ip link set dev $D down; cat $S/operstate $S/carrier", ""),
    ("ip link set dev $D name other; cat $N/other/operstate; ip link set dev other name $D", ""),
    ("ip link set dev $D address 02:00:00:00:00:98; cat $S/address", ""),
];

/// The features of `ethtool -k` that a tap has as neither of the others.
const FEATURES: &[(&str, &str)] = &[
    (
        "tx-checksum-ip-generic",
        "a frame enters the network with its checksums: nobody writes them later",
    ),
    ("tx-tcp-segmentation", "a message is one frame"),
    ("tx-tcp-ecn-segmentation", "as before"),
    ("tx-tcp-mangleid-segmentation", "as before"),
    ("tx-tcp6-segmentation", "as before"),
    ("tx-udp-segmentation", "as before"),
    ("tx-udp_tnl-segmentation", "as before"),
    ("tx-udp_tnl-csum-segmentation", "as before"),
    (
        "tx-vlan-offload",
        "a frame has its tag within: the stack puts it there",
    ),
    ("tx-vlan-stag-hw-insert", "as before"),
];

/// The tap of a network, that of a descriptor, and one end of a veth.
const DEVICES: [&str; 3] = ["ipn0", "tun0", "v0"];

/// What a command says of a device, and its status, with names and addresses of the device made alike.
#[track_caller]
fn answer(device: &str, command: &str) -> String {
    let set = "ip() { /sbin/ip \"$@\"; }; D=$0; S=$1; N=${1%/*}; ";
    let command = format!("{set}{command}");
    let place = device_file(device, "");
    let place = place.to_string_lossy();
    let place = place.trim_end_matches('/');
    let ran = run(program("sh", ROOT, &["-c", &command, device, place]), b"");
    let said = [ran.stdout, ran.stderr].concat();
    let said = String::from_utf8_lossy(&said).replace(device, "DEVICE");
    format!("{said}\nstatus {:?}", ran.status.code())
}

/// A tap answers as one of the others, or for a reason as none.
#[track_caller]
fn is_like_others(what: &str, answers: &[String; 3], reason: &str) {
    let [ours, tun, veth] = answers;
    let alike = ours == tun || ours == veth;
    assert!(
        alike == reason.is_empty(),
        "{what}\nthe tap: {ours}\ntun: {tun}\nveth: {veth}\nreason to differ: {reason:?}"
    );
}

/// Makes all three, up and with a carrier.
#[track_caller]
fn lab() -> (Sock, fs::File) {
    own_network();
    let manager = Bus::new().manage_new(&[]);
    tap_up(&manager, DEVICES[0]);
    let flags = libc::IFF_TAP | libc::IFF_NO_PI;
    let file = ok("a tap of tun's", tun::make(DEVICES[1], flags, 0));
    veth();
    for (number, device) in (1..).zip(DEVICES) {
        link_up(device);
        wait_until("its state is known", || {
            ["up", "unknown"].contains(&tells(device, "operstate").as_str())
        });
        // Known, and made alike in the answers.
        ip(&format!(
            "link set {device} address 02:00:00:00:01:0{number}"
        ));
    }
    (manager, file)
}

fn tap_answers_as_others_do() {
    let _lab = lab();
    for (command, reason) in COMMANDS {
        let mut answers = DEVICES.map(|device| answer(device, command));
        for (number, answer) in (1..).zip(&mut answers) {
            *answer = answer.replace(&format!("02:00:00:00:01:0{number}"), "ADDRESS");
        }
        is_like_others(command, &answers, reason);
    }
}

fn tap_has_the_features_of_others() {
    let _lab = lab();
    let features = DEVICES.map(|device| answer(device, "ethtool -k $D"));
    let lines = |answer: &str| -> Vec<String> {
        let lines = answer.lines().filter(|line| line.contains(": "));
        lines.map(|line| line.trim().to_owned()).collect()
    };
    let [ours, tun, veth] = features.map(|answer| lines(&answer));
    same(
        "features",
        (tun.len(), veth.len()),
        (ours.len(), ours.len()),
    );
    let mut differ = 0;
    for ((ours, tun), veth) in ours.into_iter().zip(tun).zip(veth) {
        let name = ours.split(": ").next().unwrap_or_default().to_owned();
        let known = FEATURES.iter().find(|feature| feature.0 == name);
        differ += usize::from(known.is_some());
        is_like_others(&name, &[ours, tun, veth], known.map_or("", |known| known.1));
    }
    same("features that differ", differ, FEATURES.len());
}

fn grab_takes_what_a_bridge_takes() {
    not_on_the_debug_kernel("bonding");
    own_network();
    for module in ["dummy", "macvlan", "bonding", "8021q", "team"] {
        load_stock(module);
    }
    let bus = Bus::new();
    let owner = bus.manage_new(&[]);
    tap_up(&owner, "ipn0");
    let tap = ok("tap", tun::make("tap0", libc::IFF_TAP | libc::IFF_NO_PI, 0));
    let tun = ok("tun", tun::make("tun0", libc::IFF_TUN | libc::IFF_NO_PI, 0));
    for line in [
        "link add br0 type bridge",
        "link add br1 type bridge",
        "link add v0 type veth peer name v1",
        "link add v2 type veth peer name v3",
        "link add d0 type dummy",
        "link add m0 link v1 type macvlan mode bridge",
        "link add l0 link v1 type vlan id 5",
        "link add b0 type bond",
        "link add t0 type team",
        "link set v3 master br1",
    ] {
        ip(line);
    }
    let devices = [
        ("lo", ""),
        ("br1", ""),
        ("v0", ""),
        ("v1", ""),
        ("v3", ""),
        ("d0", ""),
        ("m0", ""),
        ("l0", ""),
        ("b0", ""),
        ("t0", ""),
        ("tap0", ""),
        ("tun0", ""),
        ("ipn0", "a port of one network is no port of another"),
    ];
    for (device, reason) in devices {
        let mastered = fs::read_link(device_file(device, "master")).is_ok();
        let bridged = try_ip(&format!("link set {device} master br0")) && !mastered;
        if bridged {
            ip(&format!("link set {device} nomaster"));
        }
        let other = Bus::named("other");
        let manager = other.manage_new(&[]);
        let grabbed = grab(&manager, device);
        assert!(
            (grabbed.is_ok() == bridged) == reason.is_empty(),
            "{device}: a bridge takes it: {bridged}; grabbed: {grabbed:?}; reason to differ: {reason:?}"
        );
        ok("IPN_TERMINATE", manager.ioctl(IPN_TERMINATE));
        ok("close", manager.close());
        ok("unlink", fs::remove_file(&other.path));
    }
    drop((tap, tun));
}
