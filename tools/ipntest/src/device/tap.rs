// SPDX-License-Identifier: GPL-2.0
//! Ports that are interfaces of the host: taps.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, fails_with, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Process};
use crate::pace::volume;
use crate::sys::module;
use crate::sys::netdev::Request;
use crate::sys::socket::Sock;
use std::net::UdpSocket;

cases!["device_tap":
    has_the_network_for_its_link,
    least_network_has_devices,
    goes_with_its_socket,
    host_answers_and_asks,
    counters_add_up,
    what_it_cannot_take_is_counted,
    wrong_requests_leave_nothing,
    persistent_one_is_served_again,
    persistent_one_ends_on_a_word,
    deleted_one_gives_its_port_back,
    moves_to_another_namespace,
    goes_with_its_namespace,
    persistent_one_goes_with_its_namespace,
    holds_the_module,
    hardware_address_is_set,
    lossless_network_loses_nothing @ 60,
];

const ARP: u16 = 0x0806;
const IPV4: u16 = 0x0800;
const HOST: [u8; 4] = [10, 9, 0, 1];
const GUEST: [u8; 4] = [10, 9, 0, 2];

/// A frame of ARP from the guest.
fn arp(operation: u8, to: &[u8]) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend(STATION);
    frame.extend(ARP.to_be_bytes());
    frame.extend([0, 1, 8, 0, 6, 4, 0, operation]);
    frame.extend(STATION);
    frame.extend(GUEST);
    frame.extend(to);
    frame.extend(HOST);
    frame
}

fn has_the_network_for_its_link() {
    own_network();
    for (mtu, link, most) in [(1514, 1500, 1500), (1000, 986, 986), (9014, 1500, 9000)] {
        let bus = Bus::named(&mtu.to_string());
        let manager = bus.manage_new(&[(IPN_SO_MTU, mtu)]);
        same("name", ok("a tap", tap(&manager, "")), "ipn0".into());
        let mut request = Request::of("ipn0");
        ok(
            "SIOCGIFMTU",
            open_inet().request(libc::SIOCGIFMTU, &mut request),
        );
        same(
            "MTU",
            request.value[..4].to_vec(),
            i32::to_ne_bytes(link).to_vec(),
        );
        holds("greatest MTU", try_ip(&format!("link set ipn0 mtu {most}")));
        holds(
            "a greater",
            !try_ip(&format!("link set ipn0 mtu {}", most + 1)),
        );
    }
    let small = Bus::named("small").manage_new(&[(IPN_SO_MTU, 81)]);
    fails("a tap on MTU 81", tap(&small, ""), libc::EINVAL);
    fails("a grab on MTU 81", grab(&small, "ipn0"), libc::EINVAL);
}

/// A header, and the least that IPv4 must find behind it.
fn least_network_has_devices() {
    own_network();
    let [end, other] = veth();
    let bus = Bus::new();
    let port = bus.create_with(&[(IPN_SO_MTU, 82)]);
    let [one, two] = [bus.manage(), bus.manage()];
    tap_up(&one, "ipn0");
    ok("a grab", grab(&two, end));
    let hosts = ["ipn0", other].map(listener);
    say(&port, &frame(1, 82));
    hosts.iter().for_each(|host| hears(host, &frame(1, 82)));
    ok("send of the host", hosts[0].send(&frame(2, 82), 0));
    hears(&port, &frame(2, 82));
}

#[track_caller]
fn open_inet() -> Sock {
    let sock = crate::sys::socket::socket(libc::AF_INET, libc::SOCK_DGRAM, 0);
    ok("socket(AF_INET)", sock)
}

fn goes_with_its_socket() {
    own_network();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 2)]);
    let (one, two) = (bus.manage(), bus.manage());
    same("name", ok("a tap", tap(&one, "")), "ipn0".into());
    same("name", ok("a tap", tap(&two, "mine")), "mine".into());
    same("port", ok("IPN_SO_PORT", two.get(IPN_SO_PORT)), 1);
    is_full(&bus);
    ok("close", one.close());
    same("ipn0", exists("ipn0"), false);
    same("mine", exists("mine"), true);
    has_room(&bus);
    ok("close", two.close());
    same("mine", exists("mine"), false);
    drop(keeper);
}

fn host_answers_and_asks() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let guest = bus.join();
    tap_up(&manager, "ipn0");
    ip("addr add 10.9.0.1/24 dev ipn0");

    say(&guest, &arp(1, &[0; 6]));
    let answer = hears_of(&guest, ARP);
    same("operation", answer[21], 2);
    same("who answers", &answer[28..32], &HOST);
    let host = answer[22..28].to_vec();

    let sock = ok("a UDP socket", UdpSocket::bind("10.9.0.1:7000"));
    ok("sendto", sock.send_to(b"hello", "10.9.0.2:7000"));
    // It knows us from our question already, or it asks.
    let mut frame = hears_any(&guest);
    if frame[12..14] == ARP.to_be_bytes() {
        same("operation", frame[21], 1);
        say(&guest, &arp(2, &host));
        frame = hears_any(&guest);
    }
    same("protocol", &frame[12..14], &IPV4.to_be_bytes());
    holds("it ends with the message", frame.ends_with(b"hello"));
}

fn counters_add_up() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    tap_up(&manager, "ipn0");
    let host = listener("ipn0");
    let before = counters("ipn0");
    for number in 0..100 {
        say(&port, &frame(number, 60));
        hears(&host, &frame(number, 60));
    }
    for number in 0..50 {
        ok("send of the host", host.send(&frame(number, 100), 0));
        hears(&port, &frame(number, 100));
    }
    let after = counters("ipn0");
    same("received", after.rx - before.rx, 100);
    same("bytes received", after.rx_bytes - before.rx_bytes, 6000);
    same("sent", after.tx - before.tx, 50);
    same("bytes sent", after.tx_bytes - before.tx_bytes, 5000);
    same("dropped", (after.rx_dropped, after.tx_dropped), (0, 0));
}

fn what_it_cannot_take_is_counted() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    same("name", ok("a tap", tap(&manager, "ipn0")), "ipn0".into());
    say(&port, &frame(0, 60));
    counts("dropped while down", "ipn0", |c| c.rx_dropped, 1);
    link_up("ipn0");
    for len in 0..HEADER {
        say(&port, &frame(0, 60)[..len]);
    }
    counts("dropped", "ipn0", |c| c.rx_dropped, 1 + HEADER as u64);
    same("received", counters("ipn0").rx, 0);
    say(&port, &frame(0, HEADER));
    counts("received", "ipn0", |c| c.rx, 1);
}

fn wrong_requests_leave_nothing() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    for name in [".", "..", "/", "a/b", "a b", "a:b", "%d%d", "%s"] {
        fails(
            format_args!("a tap {name:?}"),
            tap(&manager, name),
            libc::EINVAL,
        );
    }
    let unending = tap(&manager, "aaaaaaaaaaaaaaaa");
    fails("a tap whose name has no NUL", unending, libc::EINVAL);
    fails("a tap called lo", tap(&manager, "lo"), libc::EEXIST);
    let both = IPN_NODEFLAG_TAP | IPN_NODEFLAG_GRAB;
    for flags in [0, 1, both] {
        let mut request = Request::of("ipn0").with_flags(flags);
        let refused = manager.request(IPN_CONN_NETDEV, &mut request);
        fails(format_args!("flags {flags:#x}"), refused, libc::EINVAL);
    }
    let link = try_ip("link add ipn0 type ipn");
    holds("no tap comes but by a network", !link);
    same("ipn0", exists("ipn0"), false);
    has_room(&bus);
    let port = bus.join();
    fails(
        "a tap on a full network",
        tap(&manager, ""),
        libc::EADDRNOTAVAIL,
    );
    same("ipn0", exists("ipn0"), false);
    drop(port);
    ok("a tap", tap(&manager, "aaaaaaaaaaaaaaa"));
}

fn persistent_one_is_served_again() {
    own_network();
    let bus = Bus::new();
    let first = bus.manage_new(&[]);
    tap_up(&first, "ipn0");
    let second = bus.manage();
    let join = |sock: &Sock| about(sock, IPN_JOIN_NETDEV, "ipn0");
    fails("IPN_JOIN_NETDEV while served", join(&second), libc::EBUSY);
    ok("IPN_SETPERSIST", first.ioctl_number(IPN_SETPERSIST, 1));
    ok("close", first.close());

    let host = listener("ipn0");
    let port = bus.join();
    say(&port, &frame(1, 60));
    hears(&host, &frame(1, 60));
    let stranger = Bus::named("other").manage_new(&[]);
    fails(
        "IPN_JOIN_NETDEV of another network",
        join(&stranger),
        libc::EPERM,
    );
    let absent = about(&second, IPN_JOIN_NETDEV, "ipn7");
    fails("IPN_JOIN_NETDEV of nothing", absent, libc::EADDRNOTAVAIL);
    ok("IPN_JOIN_NETDEV", join(&second));
    same(
        "the port that it serves",
        ok("IPN_SO_PORT", second.get(IPN_SO_PORT)),
        0,
    );
    fails("IPN_JOIN_NETDEV twice", join(&second), libc::EISCONN);
    fails(
        "IPN_JOIN_NETDEV of a third",
        join(&bus.manage()),
        libc::EBUSY,
    );
    ok("close", second.close());
    say(&port, &frame(2, 60));
    hears(&host, &frame(2, 60));
    let third = bus.manage();
    ok("IPN_JOIN_NETDEV", join(&third));
    ok("IPN_SETPERSIST 0", third.ioctl_number(IPN_SETPERSIST, 0));
    same("ipn0 while served", exists("ipn0"), true);
    ok("close", third.close());
    same("ipn0", exists("ipn0"), false);
}

fn persistent_one_ends_on_a_word() {
    own_network();
    let bus = Bus::new();
    let keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    let clear = |sock: &Sock| about(sock, IPN_CLRPERSIST_NETDEV, "ipn0");
    fails(
        "IPN_CLRPERSIST_NETDEV of nothing",
        clear(&keeper),
        libc::EADDRNOTAVAIL,
    );
    let nothing = keeper.ioctl_number(IPN_SETPERSIST, 1);
    fails("IPN_SETPERSIST without a device", nothing, libc::ENODEV);
    let manager = bus.manage();
    tap_up(&manager, "ipn0");
    ok(
        "IPN_SETPERSIST_NETDEV",
        about(&keeper, IPN_SETPERSIST_NETDEV, "ipn0"),
    );
    ok("close", manager.close());
    same("ipn0", exists("ipn0"), true);
    is_full(&bus);
    ok("IPN_CLRPERSIST_NETDEV", clear(&keeper));
    same("ipn0", exists("ipn0"), false);
    has_room(&bus);
}

fn deleted_one_gives_its_port_back() {
    own_network();
    for persistent in [0, 1] {
        let bus = Bus::named(&persistent.to_string());
        let keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
        let manager = bus.manage();
        tap_up(&manager, "ipn0");
        let persist = manager.ioctl_number(IPN_SETPERSIST, persistent);
        ok("IPN_SETPERSIST", persist);
        is_full(&bus);
        ip("link del ipn0");
        has_room(&bus);
        fails("send", manager.send(b"x", NOW), libc::EOPNOTSUPP);
        ok("close", manager.close());
        drop(keeper);
    }
}

fn moves_to_another_namespace() {
    own_network();
    // It starts before the network does, so it inherits nothing of it.
    let other = Process::start(|line| {
        own_network();
        line.tell(0);
        line.hear();
        link_up("ipn0");
        let host = listener("ipn0");
        ok("send", host.send(&frame(1, 60), 0));
        line.tell(0);
        hears(&host, &frame(2, 60));
        line.tell(0);
        line.hear();
    });
    other.line.hear();
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_NUMNODES, 2)]);
    let port = bus.join();
    tap_up(&manager, "ipn0");
    ip(&format!("link set ipn0 netns {}", other.pid));
    same("ipn0 here", exists("ipn0"), false);
    is_full(&bus);
    other.line.tell(0);
    other.line.hear();
    hears(&port, &frame(1, 60));
    say(&port, &frame(2, 60));
    other.line.hear();
    ok("close", manager.close());
    has_room(&bus);
    other.line.tell(0);
    other.ends_well();
}

/// A process in a namespace of its own makes a tap, and ends.
#[track_caller]
fn made_in_a_namespace_that_ends(persistent: usize) {
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    Process::start(|_| {
        own_network();
        let manager = bus.manage();
        tap_up(&manager, "ipn0");
        ok(
            "IPN_SETPERSIST",
            manager.ioctl_number(IPN_SETPERSIST, persistent),
        );
    })
    .ends_well();
    wait_until("its port is free", || open().connect(&bus.addr).is_ok());
}

fn goes_with_its_namespace() {
    made_in_a_namespace_that_ends(0);
}

fn persistent_one_goes_with_its_namespace() {
    made_in_a_namespace_that_ends(1);
}

fn holds_the_module() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    tap_up(&manager, "ipn0");
    ok("IPN_SETPERSIST", manager.ioctl_number(IPN_SETPERSIST, 1));
    ok("close", manager.close());
    let busy = [libc::EAGAIN, libc::EBUSY];
    fails_with("unloading", module::unload(c"af_ipn"), &busy);
    ip("link del ipn0");
}

fn hardware_address_is_set() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    let set = |sock: &Sock, address| {
        sock.request(SIOCSIFHWADDR, &mut Request::default().with_address(address))
    };
    fails(
        "without a device",
        set(&manager, STATION),
        libc::EADDRNOTAVAIL,
    );
    tap_up(&manager, "ipn0");
    ok("SIOCSIFHWADDR", set(&manager, STATION));
    let mut request = Request::of("ipn0");
    ok(
        "SIOCGIFHWADDR",
        open_inet().request(libc::SIOCGIFHWADDR, &mut request),
    );
    same("address", &request.value[2..8], &STATION);
    let group = set(&manager, [1, 0, 0, 0, 0, 9]);
    fails("a group's address", group, libc::EADDRNOTAVAIL);
    drop(port);
}

fn lossless_network_loses_nothing() {
    let frames = volume(20_000, "frames");
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(64));
    let port = bus.join();
    tap_up(&manager, "ipn0");
    let host = listener("ipn0");
    let reader = host.clone();
    let thread = std::thread::spawn(move || {
        let mut numbers = Vec::new();
        while numbers.last() != Some(&frames) {
            match next(&reader, PROTOCOL, soon_in_ms()) {
                Some(frame) => numbers.push(number_in(&frame)),
                None => break,
            }
        }
        numbers
    });
    for number in 1..=frames {
        ok("send", port.send(&frame(number, 60), 0));
    }
    let numbers = thread.join().expect("the reader ends well");
    holds(
        "every frame came, in order",
        numbers.into_iter().eq(1..=frames),
    );
    let counted = counters("ipn0");
    same("received", counted.rx, frames.into());
    same("dropped", counted.rx_dropped, 0);
}
