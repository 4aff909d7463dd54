// SPDX-License-Identifier: GPL-2.0
//! An interface that observes: on it programs that capture packets see what passes, and it takes no part in that.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Process, User, OWNER, ROOT, STRANGER};
use crate::seen::family::{Family, IFNAME, KIND, READERS, WRITERS};
use crate::switch::lab::{frame as frame_of, mac, Lab, BROADCAST};
use crate::sys::mount;
use crate::sys::netdev::{index, packet_socket, Request};
use crate::sys::poll::poll;
use crate::sys::privilege::own_user_namespace;
use crate::sys::process::{self, kill};
use crate::sys::socket::{socket, Sock};
use std::fs;
use std::io;
use std::process::Command;

cases!["device_monitor":
    switch_shows_it_what_is_for_others,
    bus_shows_it_every_message,
    tap_and_device_are_shown_too,
    no_sender_waits_for_it,
    it_counts_as_no_reader,
    what_the_host_sends_there_is_dropped,
    host_gets_nothing_of_what_it_shows,
    host_has_no_address_there,
    nothing_is_put_together_there,
    it_is_no_port_of_a_bridge,
    it_takes_r_and_x_and_net_admin,
    device_of_the_host_cannot_observe,
    flag_means_nothing_to_a_member,
    network_of_short_messages_has_one,
    family_calls_it_an_observer,
    command_shows_until_a_signal,
    command_knows_a_switch,
    what_is_saved_leaves_it_out,
];

/// `ETH_P_ALL`.
const ALL: u16 = 3;
/// The protocol of messages that are no frames.
const MESSAGE: u16 = 0x88b5;
/// `ARPHRD_VOID`.
const VOID: &str = "65535";

/// Makes the socket's port an interface that observes, with more flags.
fn try_monitor(manager: &Sock, name: &str, more: u16) -> io::Result<String> {
    manager.set(IPN_SO_OBSERVE, 1)?;
    let mut request = Request::of(name).with_flags(IPN_NODEFLAG_TAP | more);
    manager.request(IPN_CONN_NETDEV, &mut request)?;
    Ok(request.name())
}

/// An interface that observes and is up, and what hears all that it shows.
#[track_caller]
fn monitor(bus: &Bus, name: &str, more: u16) -> (Sock, Sock) {
    let manager = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("bind to a live network", manager.bind(&bus.addr));
    let made = ok("a monitor", try_monitor(&manager, name, more));
    same("name", made, name.into());
    link_up(name);
    (manager, ok("a packet socket", packet_socket(name, ALL)))
}

/// The next packet, as it is.
#[track_caller]
fn shown(captures: &Sock) -> Vec<u8> {
    let ready = ok("poll", poll(captures, libc::POLLIN, soon_in_ms()));
    holds("a packet comes", ready & libc::POLLIN != 0);
    let mut buffer = vec![0; 70000];
    let len = ok("recv", captures.recv(&mut buffer, NOW));
    buffer.truncate(len);
    buffer
}

#[track_caller]
fn shows_nothing(captures: &Sock) {
    same("ready", ok("poll", poll(captures, libc::POLLIN, 50)), 0);
}

fn switch_shows_it_what_is_for_others() {
    own_network();
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    let (_manager, captures) = monitor(&lab.bus, "ipn0", 0);
    let all = frame_of(BROADCAST, mac(1), "I am here");
    say(&two, &all);
    same("flooded", shown(&captures), all.clone());
    let unicast = frame_of(mac(1), mac(0), "for you alone");
    say(&one, &unicast);
    same("for another", shown(&captures), unicast.clone());
    hear(&two, &unicast);
    hear(&three, &all);
    hear_nothing(&three);
    shows_nothing(&captures);
}

fn bus_shows_it_every_message() {
    own_network();
    let bus = Bus::new();
    let one = bus.create_with(&[(IPN_SO_MTU, 65535)]);
    let two = bus.join();
    let (_manager, captures) = monitor(&bus, "ipn0", IPN_NODEFLAG_RAW);
    same("type", tells("ipn0", "type"), VOID.into());
    same("bytes of an address", tells("ipn0", "addr_len"), "0".into());
    let of_messages = ok("a packet socket", packet_socket("ipn0", MESSAGE));
    for message in [&b"a"[..], b"hello", &[7; 65535]] {
        say(&one, message);
        same("shown", shown(&captures) == message, true);
        same("by its protocol", shown(&of_messages) == message, true);
        hear(&two, message);
    }
    say(&one, b"");
    hear(&two, b"");
    say(&two, b"from the other");
    counts("packets", "ipn0", |is| is.rx, 5);
}

fn tap_and_device_are_shown_too() {
    own_network();
    let [device, peer] = veth();
    let bus = Bus::new();
    let managers = [bus.manage_new(&[]), bus.manage()];
    tap_up(&managers[0], "tap0");
    ok("a grab", grab(&managers[1], device));
    let (_manager, captures) = monitor(&bus, "ipn0", 0);
    ok("send", wire("tap0").send(&frame(1, 60), 0));
    same("of the tap", shown(&captures), frame(1, 60));
    ok("send", wire(peer).send(&frame(2, 60), 0));
    same("of the wire", shown(&captures), frame(2, 60));
}

fn no_sender_waits_for_it() {
    own_network();
    for name in ["hub", "switch"] {
        let policy = if name == "hub" {
            IPN_BROADCAST
        } else {
            IPN_VDESWITCH
        };
        let lab = Lab::named(name, policy, &lossless(4));
        let [one, two] = lab.ports();
        let (_manager, _captures) = monitor(&lab.bus, name, 0);
        link_down(name);
        let all = frame_of(BROADCAST, mac(1), "again and again");
        for _ in 0..200 {
            say(&one, &all);
            hear(&two, &all);
        }
        // The one that does not read is waited for, as ever.
        for _ in 0..4 {
            say(&one, &all);
        }
        fails("send without room", one.send(&all, NOW), libc::EAGAIN);
    }
}

fn it_counts_as_no_reader() {
    own_network();
    let bus = Bus::new();
    let _port = bus.create();
    let counts = || {
        let told = Family::new().network(&bus).expect("it is told");
        [READERS, WRITERS].map(|attribute| told.number(attribute))
    };
    let before = counts();
    let (manager, _captures) = monitor(&bus, "ipn0", 0);
    same("readers and writers", counts(), before);
    drop(manager);
    same("readers and writers", counts(), before);
}

fn what_the_host_sends_there_is_dropped() {
    own_network();
    for (name, flags) in [("ether", 0), ("raw", IPN_NODEFLAG_RAW)] {
        let bus = Bus::named(name);
        let one = bus.create_with(&lossless(2));
        let (manager, _captures) = monitor(&bus, name, flags);
        let sent = ok("packet socket", packet_socket(name, ALL)).send(&frame(1, 60), 0);
        ok("send", sent);
        counts("dropped", name, |is| is.tx_dropped, 1);
        same("sent", find_counters(name).map(|is| is.tx), Some(0));
        hear_nothing(&one);
        fails(
            "as of a tap's socket",
            manager.send(b"x", NOW),
            libc::EOPNOTSUPP,
        );
    }
}

fn host_gets_nothing_of_what_it_shows() {
    own_network();
    let bus = Bus::new();
    let one = bus.create();
    let (_manager, captures) = monitor(&bus, "ipn0", 0);
    ip("addr add 10.76.0.1/24 dev ipn0");
    // An ARP request for that very address.
    let mut request = vec![0xff; 6];
    request.extend(STATION);
    request.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    request.extend(STATION);
    request.extend([10, 76, 0, 2, 0, 0, 0, 0, 0, 0, 10, 76, 0, 1]);
    request.resize(60, 0);
    say(&one, &request);
    same("it is shown", shown(&captures), request);
    shows_nothing(&captures);
    hear_nothing(&one);
    same(
        "answers",
        find_counters("ipn0").map(|is| is.tx_dropped),
        Some(0),
    );
    let words = ["neigh", "show", "dev", "ipn0"];
    let neighbours = ok("ip", Command::new("ip").args(words).output()).stdout;
    same(
        "neighbours",
        String::from_utf8_lossy(&neighbours),
        "".into(),
    );
}

/// Neither by itself, as an interface of a member has one at once.
fn host_has_no_address_there() {
    own_network();
    let ipv6 = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
    ok(ipv6, fs::write(ipv6, "0"));
    let bus = Bus::new();
    let _port = bus.create();
    let (_manager, _captures) = monitor(&bus, "ipn0", 0);
    let member = bus.manage();
    tap_up(&member, "lan0");
    let has_one = |device: &str| {
        let table = ok("if_inet6", fs::read_to_string("/proc/net/if_inet6"));
        table.split_whitespace().any(|word| word == device)
    };
    wait_until("the member's has one", || has_one("lan0"));
    holds("the observer's has none", !has_one("ipn0"));
}

fn nothing_is_put_together_there() {
    own_network();
    let lab = Lab::new();
    let [one, _two] = lab.ports();
    let (_manager, captures) = monitor(&lab.bus, "ipn0", 0);
    // Two segments of one stream, which a host's GRO would join.
    let segment = |number: u8| {
        let mut frame = frame_of(mac(9), mac(0), "");
        frame.truncate(12);
        frame.extend([8, 0, 0x45, 0, 0, 140, 0, number, 0x40, 0, 64, 6, 0, 0]);
        frame.extend([10, 0, 0, 1, 10, 0, 0, 2]);
        frame.extend([
            0,
            1,
            0,
            2,
            0,
            0,
            0,
            100 * number,
            0,
            0,
            0,
            1,
            0x50,
            0x10,
            1,
            0,
            0,
            0,
            0,
            0,
        ]);
        frame.extend([number; 100]);
        frame
    };
    let segments = [0, 1, 2].map(segment);
    for segment in &segments {
        say(&one, segment);
    }
    for segment in segments {
        same("as it was sent", shown(&captures), segment);
    }
}

fn it_is_no_port_of_a_bridge() {
    own_network();
    let bus = Bus::new();
    let _port = bus.create();
    let (_manager, _captures) = monitor(&bus, "ipn0", 0);
    ip("link add br0 type bridge");
    holds("a bridge takes it", !try_ip("link set ipn0 master br0"));
}

fn it_takes_r_and_x_and_net_admin() {
    let bus = Bus::new();
    let keeper = Process::start(|line| {
        OWNER.become_it();
        process::umask(0);
        let _manager = bus.manage_new(&[]);
        line.tell(0);
        line.hear();
    });
    keeper.line.hear();
    for (mode, expected) in [
        (0o705, None),
        (0o701, Some(libc::EACCES)),
        (0o703, Some(libc::EACCES)),
    ] {
        open_to(&bus, mode);
        STRANGER.does(|| {
            let inside = own_user_namespace(libc::CLONE_NEWNET);
            ok("own user and network namespaces", inside);
            let made = try_monitor(&bus.manage(), "", 0);
            match expected {
                None => same("name", ok("a monitor", made), "ipn0".into()),
                Some(errno) => fails(format_args!("mode {mode:o}"), made, errno),
            }
            same("ipn0 is left", exists("ipn0"), false);
        });
    }
    open_to(&bus, 0o705);
    STRANGER.does(|| {
        let made = try_monitor(&bus.manage(), "", 0);
        fails("in the host's namespace", made, libc::EPERM);
    });
    Process::start(|_| {
        ok("own network namespace", mount::own_network());
        same(
            "root's",
            ok("a monitor", try_monitor(&bus.manage(), "", 0)),
            "ipn0".into(),
        );
    })
    .ends_well();
}

fn device_of_the_host_cannot_observe() {
    own_network();
    let [device, _] = veth();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    ok("IPN_SO_OBSERVE", manager.set(IPN_SO_OBSERVE, 1));
    fails("a grab", grab(&manager, device), libc::EOPNOTSUPP);
    ok("IPN_SO_OBSERVE", manager.set(IPN_SO_OBSERVE, 0));
    ok("a grab", grab(&manager, device));
}

fn flag_means_nothing_to_a_member() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let mut request = Request::of("ipn0").with_flags(IPN_NODEFLAG_TAP | IPN_NODEFLAG_RAW);
    ok("a tap", manager.request(IPN_CONN_NETDEV, &mut request));
    same("type", tells("ipn0", "type"), "1".into());
}

fn network_of_short_messages_has_one() {
    own_network();
    for (name, flags) in [("ether", 0), ("raw", IPN_NODEFLAG_RAW)] {
        let bus = Bus::named(name);
        let one = bus.create_with(&[(IPN_SO_MTU, 1)]);
        let (_manager, captures) = monitor(&bus, name, flags);
        say(&one, b"x");
        match flags {
            0 => counts("too short for a frame", name, |is| is.rx_dropped, 1),
            _ => same("shown", shown(&captures), b"x".to_vec()),
        }
    }
}

fn family_calls_it_an_observer() {
    own_network();
    let bus = Bus::new();
    let _port = bus.create();
    let (_manager, _captures) = monitor(&bus, "ipn0", 0);
    holds("it has a number", index("ipn0").is_ok());
    let told = Family::new().ports(&bus).pop().expect("it is told");
    same("kind", told.number(KIND), Some(4));
    same("device", told.text(IFNAME).as_deref(), Some("ipn0"));
}

/// `ipn monitor`, once it shows.
#[track_caller]
fn showing(user: User, arguments: &[&str], device: &str) -> Running {
    let (running, line) = start(program("ipn", user, &[&["monitor"], arguments].concat()));
    let expected = format!(
        "{device} shows the network {}; Ctrl-C ends that\n",
        arguments[0]
    );
    same("what it says", line, expected);
    running
}

fn command_shows_until_a_signal() {
    own_network();
    let bus = Bus::new();
    let port = bus.create();
    let running = showing(ROOT, &[name(&bus)], "ipn0");
    same("type", tells("ipn0", "type"), VOID.into());
    link_up("ipn0");
    let captures = ok("a packet socket", packet_socket("ipn0", ALL));
    say(&port, b"hello");
    same("shown", shown(&captures), b"hello".to_vec());
    let text = succeeds(program("ipn", ROOT, &["show", name(&bus), "--ports"]), b"");
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = text.lines().find(|line| line.contains("ipn0"));
    holds(&text, line.is_some_and(|line| line.contains("observer")));
    ok("kill", kill(running.id() as i32, libc::SIGINT));
    same("status", running.status(), Some(0));
    same("ipn0", exists("ipn0"), false);
    let ended = showing(ROOT, &[name(&bus), "mine", "--type", "ethernet"], "mine");
    same("type", tells("mine", "type"), "1".into());
    ok("IPN_TERMINATE", port.ioctl(IPN_TERMINATE));
    same("status at the end of the network", ended.status(), Some(0));
    wait_until("it is gone", || !exists("mine"));
    complains(
        program("ipn", ROOT, &["monitor", name(&bus)]),
        &[name(&bus)],
    );
    let other = Bus::named("other");
    let _keeper = other.create();
    open_to(&other, 0o701);
    let command = program("ipn", STRANGER, &["monitor", name(&other)]);
    complains(command, &["CAP_NET_ADMIN"]);
}

fn command_knows_a_switch() {
    own_network();
    let lab = Lab::new();
    let _port = lab.port(0);
    let _running = showing(ROOT, &[name(&lab.bus)], "ipn0");
    same("type", tells("ipn0", "type"), "1".into());
}

fn what_is_saved_leaves_it_out() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    ok("a tap", tap(&manager, "tap0"));
    let (_manager, _captures) = monitor(&bus, "mon0", 0);
    let text = succeeds(program("ipn", ROOT, &["save", name(&bus)]), b"");
    let text = String::from_utf8_lossy(&text).into_owned();
    holds(&text, text.contains("tap0") && !text.contains("mon0"));
}
