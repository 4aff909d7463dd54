// SPDX-License-Identifier: GPL-2.0
//! A port that observes: it gets what others send to whomever, and nobody minds it.

use super::family::{Family, KIND};
use crate::abi::*;
use crate::delivery::records::{by_records, take};
use crate::device::lab::{self as devices, own_network, tap_up, wire};
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Blocked, Process, COMRADE, OWNER, ROOT, STRANGER};
use crate::switch::lab::{frame, mac, option, word, words, Lab, BROADCAST, HELD};
use crate::sys::bpf;
use crate::sys::call;
use crate::sys::mapping::Area;
use crate::sys::memory::PAGE;
use crate::sys::poll::poll;
use crate::sys::privilege::own_user_namespace;
use crate::sys::process;
use crate::sys::socket::{socket, Addr, Sock};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

cases!["observer":
    connect_settles_whether_it_observes,
    hub_shows_it_all_messages_and_who_sent_them,
    switch_shows_it_what_is_for_others,
    what_devices_send_is_shown,
    no_sender_waits_for_it,
    it_is_told_what_it_missed,
    it_counts_as_no_reader,
    it_is_told_as_what_it_is,
    it_cannot_send,
    waiting_recv_wakes,
    filter_chooses_what_it_gets,
    it_may_map_a_hub,
    it_takes_r_and_x,
    namespace_gives_no_right_to_observe,
    switch_does_not_know_it,
];

/// A socket that is to observe.
#[track_caller]
fn observing() -> Sock {
    let sock = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("IPN_SO_OBSERVE", sock.set(IPN_SO_OBSERVE, 1));
    sock
}

/// A port that observes.
#[track_caller]
fn observer(bus: &Bus) -> Sock {
    let sock = observing();
    ok("connect of an observer", sock.connect(&bus.addr));
    sock
}

#[track_caller]
fn count_losses(sock: &Sock) {
    let set = sock.set_generic(libc::SO_RXQ_OVFL, 1);
    ok("setsockopt(SO_RXQ_OVFL)", set);
}

fn connect_settles_whether_it_observes() {
    let bus = Bus::new();
    let one = bus.create();
    same("unless told", ok("get", one.get(IPN_SO_OBSERVE)), 0);
    for value in [0, 1] {
        let set = one.set(IPN_SO_OBSERVE, value);
        fails("of a port", set, libc::EISCONN);
    }
    for sock in [open(), bus.manage()] {
        for value in [-1, 2, i32::MAX] {
            fails("another", sock.set(IPN_SO_OBSERVE, value), libc::EINVAL);
        }
        for value in [1, 0, 1] {
            ok("IPN_SO_OBSERVE", sock.set(IPN_SO_OBSERVE, value));
            same("told", ok("get", sock.get(IPN_SO_OBSERVE)), value);
        }
        let connected = match sock.name(128) {
            Ok(_) => sock.connect(&Addr::null(0)),
            Err(_) => sock.connect(&bus.addr),
        };
        ok("connect", connected);
        same("afterwards", ok("get", sock.get(IPN_SO_OBSERVE)), 1);
        fails("it stays", sock.set(IPN_SO_OBSERVE, 0), libc::EISCONN);
        say(&one, b"seen");
        hear(&sock, b"seen");
    }
}

fn hub_shows_it_all_messages_and_who_sent_them() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let third = by_records(observer(&bus));
    say(&one, b"one");
    say(&two, b"two");
    say(&one, b"");
    let seen: Vec<_> = take(&third, PAGE)
        .into_iter()
        .map(|record| (record.from, record.message))
        .collect();
    let expected = [(0, &b"one"[..]), (1, b"two"), (0, b"")];
    same(
        "seen",
        seen,
        expected.map(|(from, text)| (from, text.to_vec())).to_vec(),
    );
    hear(&two, b"one");
    hear(&one, b"two");
}

fn switch_shows_it_what_is_for_others() {
    let lab = Lab::new();
    let ports: [Sock; 3] = lab.ports();
    let third = observer(&lab.bus);
    let all = frame(BROADCAST, mac(1), "I am here");
    say(&ports[1], &all);
    let unicast = frame(mac(1), mac(0), "for you alone");
    say(&ports[0], &unicast);
    hear(&ports[1], &unicast);
    hear(&ports[2], &all);
    hear_nothing(&ports[2]);
    // What no port gets is seen too.
    say(&ports[1], &frame(mac(1), mac(1), "to myself"));
    hear(&third, &all);
    hear(&third, &unicast);
    hear(&third, &frame(mac(1), mac(1), "to myself"));
    hear_nothing(&third);
}

fn what_devices_send_is_shown() {
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let third = observer(&bus);
    tap_up(&manager, "ipn0");
    let sent = devices::frame(7, 60);
    ok("send", wire("ipn0").send(&sent, 0));
    devices::hears(&third, &sent);
}

fn no_sender_waits_for_it() {
    let bus = Bus::new();
    let one = bus.create_with(&lossless(4));
    let two = bus.join();
    let third = observer(&bus);
    count_losses(&third);
    for number in 0..100 {
        say_number(&one, number);
        hear_number(&two, number);
    }
    for number in 96..100 {
        let got = hear_with_control(&third);
        same(
            "seen",
            got.data.clone(),
            (number as u32).to_ne_bytes().to_vec(),
        );
        same("missed", got.missed(), 96);
    }
    // Who stands still holds a sender up as ever.
    for number in 0..4 {
        say_number(&one, number);
    }
    fails("send without room", one.send(b"x", NOW), libc::EAGAIN);
    hear_number(&two, 0);
    say(&one, b"room again");

    let lab = Lab::named("switch", IPN_VDESWITCH, &lossless(4));
    let [one, two] = lab.ports();
    let third = observer(&lab.bus);
    count_losses(&third);
    let all = frame(BROADCAST, mac(1), "again and again");
    for _ in 0..100 {
        say(&one, &all);
        hear(&two, &all);
    }
    same("missed", hear_with_control(&third).missed(), 96);
}

fn it_is_told_what_it_missed() {
    let bus = Bus::new();
    let one = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]);
    let third = observer(&bus);
    count_losses(&third);
    for number in 0..20 {
        say_number(&one, number);
    }
    let got = hear_with_control(&third);
    same("seen", got.data.clone(), 12_u32.to_ne_bytes().to_vec());
    same("missed", got.missed(), 12);
    // What an observer missed no reader has lost.
    let listed = ok("/proc/net/ipn", fs::read_to_string("/proc/net/ipn"));
    let row = listed.lines().find(|row| row.ends_with("/bus"));
    let dropped = row.and_then(|row| row.split_whitespace().nth(10));
    same("dropped, as it is listed", dropped, Some("0"));
}

fn it_counts_as_no_reader() {
    let bus = Bus::new();
    let one = bus.create();
    for option in [IPN_SO_HANDLE_OOB, IPN_SO_WANT_OOB_NUMNODES] {
        ok("out-of-band messages", one.set(option, 1));
    }
    let two = bus.join();
    let told = |readers: i32, writers: i32| {
        let got = hear_with_control(&one);
        let expected: Vec<u8> = [0, 0, readers, writers]
            .iter()
            .flat_map(|number: &i32| number.to_ne_bytes())
            .collect();
        same("told", got.data, expected);
    };
    told(2, 2);
    let third = observer(&bus);
    hear_nothing(&one);
    ok("shutdown", third.shutdown(libc::SHUT_RD));
    drop(third);
    hear_nothing(&one);
    drop(two);
    told(1, 1);
}

fn it_is_told_as_what_it_is() {
    let family = Family::new();
    for lab in [Lab::new(), Lab::named("hub", IPN_BROADCAST, &[])] {
        let [_one] = lab.ports();
        let _third = observer(&lab.bus);
        let told = family.ports(&lab.bus);
        let kinds: Vec<_> = told.iter().map(|port| port.number(KIND)).collect();
        same("kinds", kinds, vec![Some(0), Some(4)]);
    }
}

fn it_cannot_send() {
    let bus = Bus::new();
    let one = bus.create();
    let third = observer(&bus);
    let sent = third.send(b"x", NOW | libc::MSG_NOSIGNAL);
    fails("send of an observer", sent, libc::EPIPE);
    hear_nothing(&one);
    let ready = ok("poll", poll(&third, libc::POLLOUT | libc::POLLIN, 0));
    same("as of a port that is shut", ready, libc::POLLOUT);
}

fn waiting_recv_wakes() {
    for lab in [Lab::new(), Lab::named("hub", IPN_BROADCAST, &[])] {
        let [one, _two] = lab.ports();
        let third = observer(&lab.bus);
        let waits = Blocked::start(call::RECV, move || {
            let mut buffer = [0; 100];
            third.recv(&mut buffer, 0).map(|len| buffer[..len].to_vec())
        });
        waits.stays_blocked();
        let unicast = frame(mac(9), mac(1), "for somebody");
        say(&one, &unicast);
        same("seen", ok("recv", waits.wakes()), unicast);
    }
}

fn filter_chooses_what_it_gets() {
    let bus = Bus::new();
    let one = bus.create_with(&lossless(4));
    let (two, third) = (bus.join(), observer(&bus));
    // Is the first byte a b?
    let program = [
        (0x30, 0, 0, 0),
        (0x15, 0, 1, u32::from(b'b')),
        (0x06, 0, 0, u32::MAX),
        (0x06, 0, 0, 0),
    ];
    ok("filter", bpf::attach(&third, &program));
    for text in [b"a1", b"b1", b"a2", b"b2", b"a3", b"b3", b"a4"] {
        say(&one, text);
        hear(&two, text);
    }
    for text in [b"b2", b"b3"] {
        hear(&third, text);
    }
    hear_nothing(&third);
}

fn it_may_map_a_hub() {
    let bus = Bus::new();
    let one = bus.create_with(&lossless(2));
    let (two, third) = (bus.join(), observer(&bus));
    let map = |access, offset| Area::map(&third, PAGE, access, libc::MAP_SHARED, offset);
    let _ring = ok("the ring", map(libc::PROT_READ, IPN_MAP_RING));
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let _cursor = ok("its cursor", map(access, IPN_MAP_CURSOR));
    for number in 0..9 {
        say_number(&one, number);
        hear_number(&two, number);
    }
    hear_number(&third, 7);
}

fn it_takes_r_and_x() {
    let bus = Bus::new();
    let keeper = Process::start(|line| {
        OWNER.become_it();
        process::umask(0);
        let manager = bus.manage_new(&[(IPN_SO_MODE, 0)]);
        // Who has made it has every right.
        ok("IPN_SO_OBSERVE", manager.set(IPN_SO_OBSERVE, 1));
        ok("connect of the creator", manager.connect(&Addr::null(0)));
        line.tell(0);
        line.hear();
    });
    keeper.line.hear();
    for (user, shift) in [(OWNER, 6), (COMRADE, 3), (STRANGER, 0)] {
        for bits in 0..8_u32 {
            let mode = Permissions::from_mode((bits << shift) | (0o777 & !(7 << shift)));
            ok("chmod", fs::set_permissions(&bus.path, mode));
            let may = bits & 5 == 5;
            user.does(|| {
                let what = format!("user {} with {bits:o} as its digit", user.id);
                let third = observing();
                match may {
                    true => ok(&what, third.connect(&bus.addr)),
                    false => fails(&what, third.connect(&bus.addr), libc::EACCES),
                }
                let bound = observing();
                match (bound.bind(&bus.addr), may) {
                    (Ok(()), true) => ok(&what, bound.connect(&Addr::null(0))),
                    (Ok(()), false) => {
                        fails(&what, bound.connect(&Addr::null(0)), libc::EACCES);
                    }
                    (Err(_), _) => holds(&what, bits & 1 == 0),
                }
            });
        }
    }
    ROOT.does(|| {
        let none = Permissions::from_mode(0o666);
        ok("chmod", fs::set_permissions(&bus.path, none));
        let connected = observing().connect(&bus.addr);
        fails("root, where nobody has an x", connected, libc::EACCES);
        let some = Permissions::from_mode(0o001);
        ok("chmod", fs::set_permissions(&bus.path, some));
        ok("root", observing().connect(&bus.addr));
    });
}

fn namespace_gives_no_right_to_observe() {
    let bus = Bus::new();
    let _keeper = bus.create_with(&[(IPN_SO_MODE, 0o744)]);
    Process::start(|_| {
        STRANGER.become_it();
        ok("user namespace", own_user_namespace(0));
        let port = open();
        ok("connect of a reader", port.connect(&bus.addr));
        let connected = observing().connect(&bus.addr);
        fails("connect of an observer", connected, libc::EACCES);
        // Of its own networks it sees all.
        let own = Bus::named("own");
        let _one = own.create();
        drop(observer(&own));
    })
    .ends_well();
}

fn switch_does_not_know_it() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    let third = observer(&lab.bus);
    same("its port", ok("IPN_SO_PORT", third.get(IPN_SO_PORT)), 2);
    let flags = word(&lab.get(option::PORT, &[2], 16), 1);
    same("held, says the switch", flags & HELD, 0);
    // So it cannot be a mirror either, and gets one copy of what floods.
    let mirror = lab.try_set(option::MIRROR, &words(&[2]));
    fails("a mirror to it", mirror, libc::EADDRNOTAVAIL);
    let all = frame(BROADCAST, mac(1), "once");
    say(&one, &all);
    hear(&two, &all);
    hear(&third, &all);
    hear_nothing(&third);
    drop(third);
    let next = lab.port(2);
    say(&one, &frame(BROADCAST, mac(1), "again"));
    hear(&next, &frame(BROADCAST, mac(1), "again"));
}
