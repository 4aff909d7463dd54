// SPDX-License-Identifier: GPL-2.0
//! The switch is not asked for each frame of many that begin the same way. Whatever it would answer otherwise holds
//! from the next frame on.
//!
//! A flow is known for a few milliseconds, so each change comes at once after a frame, and many times.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::seen::family::{Family, SENT};
use crate::switch::lab::{option::*, *};
use crate::sys::socket::{socket, Sock};

cases!["switch_flows":
    a_station_that_moves_gets_the_next_frame,
    a_port_that_is_left_gets_no_frame_more,
    a_port_that_is_shut_gets_no_frame_more,
    who_has_shut_its_port_sends_no_frame_more,
    ports_that_are_isolated_hear_no_frame_more,
    a_mirror_port_hears_the_next_frame,
    an_observer_hears_the_next_frame,
    a_full_table_forgets_where_the_next_frame_goes,
    each_frame_is_counted,
    tags_are_changed_in_each_frame,
    a_tag_says_where_a_frame_goes,
    long_frames_come_whole,
    many_stations_get_their_own_frames,
];

const A: [u8; 6] = [2, 0, 0, 0, 0, 1];
const B: [u8; 6] = [2, 0, 0, 0, 0, 2];

/// So often, as the clock may tick at any time.
const TIMES: u32 = 50;

/// Frames to B and back, so that the way there is known.
#[track_caller]
fn talk(one: &Sock, two: &Sock) {
    for (from, to, sent) in [
        (two, one, frame(A, B, "to A")),
        (one, two, frame(B, A, "to B")),
    ] {
        for _ in 0..3 {
            say(from, &sent);
            hear(to, &sent);
        }
    }
}

/// Says that A is at port `one` and B at port `two`, which the others hear too.
#[track_caller]
fn greet(one: &Sock, two: &Sock, others: &[&Sock]) {
    for (from, address, to) in [(one, A, two), (two, B, one)] {
        let sent = frame(BROADCAST, address, "here");
        say(from, &sent);
        others
            .iter()
            .chain([&to])
            .for_each(|port| hear(port, &sent));
    }
}

fn a_station_that_moves_gets_the_next_frame() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    greet(&one, &two, &[&three]);
    for _ in 0..TIMES / 2 {
        for (from, to) in [(&two, &three), (&three, &two)] {
            talk(&one, from);
            let moved = frame(A, B, "moved");
            say(to, &moved);
            hear(&one, &moved);
            let sent = frame(B, A, "to B");
            say(&one, &sent);
            hear(to, &sent);
            hear_nothing(from);
        }
    }
}

fn a_port_that_is_left_gets_no_frame_more() {
    let lab = Lab::new();
    let [one, mut two, three] = lab.ports();
    for _ in 0..TIMES {
        greet(&one, &two, &[&three]);
        talk(&one, &two);
        ok("close", two.close());
        // Nobody is there: all others get it, as does who takes the port next.
        two = lab.port(1);
        let sent = frame(B, A, "to B");
        say(&one, &sent);
        hear(&two, &sent);
        hear(&three, &sent);
    }
}

fn a_port_that_is_shut_gets_no_frame_more() {
    let lab = Lab::new();
    let [one, mut two] = lab.ports();
    for _ in 0..TIMES {
        greet(&one, &two, &[]);
        talk(&one, &two);
        ok("shutdown", two.shutdown(libc::SHUT_RD));
        say(&one, &frame(B, A, "to B"));
        fails("recv", two.recv(&mut [0; 100], NOW), libc::EPIPE);
        ok("close", two.close());
        two = lab.port(1);
    }
}

fn who_has_shut_its_port_sends_no_frame_more() {
    let lab = Lab::new();
    let [mut one, two] = lab.ports();
    for _ in 0..TIMES {
        greet(&one, &two, &[]);
        talk(&one, &two);
        ok("shutdown", one.shutdown(libc::SHUT_WR));
        fails(
            "send",
            one.send(&frame(B, A, "to B"), NOW | libc::MSG_NOSIGNAL),
            libc::EPIPE,
        );
        hear_nothing(&two);
        ok("close", one.close());
        one = lab.port(0);
    }
}

fn ports_that_are_isolated_hear_no_frame_more() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    greet(&one, &two, &[]);
    for _ in 0..TIMES {
        talk(&one, &two);
        for port in [0, 1] {
            lab.set(PORT, &words(&[port, ISOLATED, ISOLATED, 0]));
        }
        say(&one, &frame(B, A, "to B"));
        hear_nothing(&two);
        for port in [0, 1] {
            lab.set(PORT, &words(&[port, 0, ISOLATED, 0]));
        }
    }
    same("isolated", lab.stats().isolated(), TIMES.into());
}

fn a_mirror_port_hears_the_next_frame() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    greet(&one, &two, &[&three]);
    for _ in 0..TIMES {
        talk(&one, &two);
        lab.set(MIRROR, &words(&[2]));
        let sent = frame(B, A, "to B");
        say(&one, &sent);
        hear(&two, &sent);
        hear(&three, &sent);
        lab.set(MIRROR, &words(&[NO_PORT]));
    }
}

fn an_observer_hears_the_next_frame() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    greet(&one, &two, &[]);
    for _ in 0..TIMES / 5 {
        talk(&one, &two);
        let observer = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
        ok("IPN_SO_OBSERVE", observer.set(IPN_SO_OBSERVE, 1));
        ok("connect", observer.connect(&lab.bus.addr));
        let sent = frame(B, A, "to B");
        say(&one, &sent);
        hear(&two, &sent);
        hear(&observer, &sent);
    }
}

fn a_full_table_forgets_where_the_next_frame_goes() {
    let lab = Lab::new();
    lab.set(LIMITS, &words(&[2, 2]));
    let [one, two, three] = lab.ports();
    for _ in 0..TIMES {
        greet(&one, &two, &[&three]);
        talk(&one, &two);
        // Its addresses take the place of A's and B's.
        for last in [8, 9] {
            let sent = frame(BROADCAST, mac(last), "one more");
            say(&three, &sent);
            hear(&one, &sent);
            hear(&two, &sent);
        }
        let known = lab.known();
        same("addresses known", known, 2);
        let sent = frame(B, A, "to B");
        say(&one, &sent);
        hear(&two, &sent);
        while three.recv(&mut [0; 100], NOW).is_ok() {}
    }
    lab.stats().add_up();
}

fn each_frame_is_counted() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    greet(&one, &two, &[]);
    let sent = frame(B, A, "to B");
    for round in 1..=TIMES {
        for _ in 0..20 {
            say(&one, &sent);
            hear(&two, &sent);
        }
        same(
            "frames for one port",
            lab.stats().unicast(),
            20 * u64::from(round),
        );
    }
    let frames = 20 * u64::from(TIMES);
    let told = Family::new().network(&lab.bus).expect("it is told");
    same("sent on the network", told.number(SENT), Some(frames + 2));
    lab.stats().add_up();
}

fn tags_are_changed_in_each_frame() {
    let lab = Lab::new();
    lab.set(FILTERING, &words(&[1]));
    let [one, two] = lab.ports();
    for port in [0, 1] {
        let flags = if port == 0 { PVID | UNTAGGED } else { 0 };
        lab.set(VLAN_ADD, &vlan(port, 7, flags));
    }
    let hello = tagged(A, B, 7, "here");
    say(&two, &hello);
    hear(&one, &frame(A, B, "here"));
    for n in 0..TIMES {
        for len in [0, 300] {
            let text = format!("{n}").repeat(1 + len);
            say(&one, &frame(B, A, &text));
            hear(&two, &tagged(B, A, 7, &text));
            say(&two, &tagged(A, B, 7, &text));
            hear(&one, &frame(A, B, &text));
        }
    }
    same(
        "frames for one port",
        lab.stats().unicast(),
        4 * u64::from(TIMES),
    );
}

fn a_tag_says_where_a_frame_goes() {
    let lab = Lab::new();
    lab.set(FILTERING, &words(&[1]));
    let [trunk, seven, eight] = lab.ports();
    for (port, vid, flags) in [
        (0, 7, 0),
        (0, 8, 0),
        (1, 7, PVID | UNTAGGED),
        (2, 8, PVID | UNTAGGED),
    ] {
        lab.set(VLAN_ADD, &vlan(port, vid, flags));
    }
    let vlans = [(7, &seven), (8, &eight)];
    for (vid, port) in vlans {
        say(port, &frame(A, B, "here"));
        hear(&trunk, &tagged(A, B, vid, "here"));
    }
    for _ in 0..TIMES {
        for (vid, port) in vlans {
            say(&trunk, &tagged(B, A, vid, "to B"));
            hear(port, &frame(B, A, "to B"));
        }
    }
    hear_nothing(&seven);
    hear_nothing(&eight);
}

fn long_frames_come_whole() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    greet(&one, &two, &[]);
    for len in (0..1500).step_by(37) {
        let text: String = (0..len)
            .map(|at| char::from(b'a' + (at % 23) as u8))
            .collect();
        let sent = frame(B, A, &text);
        for _ in 0..3 {
            say(&one, &sent);
            hear(&two, &sent);
        }
    }
}

fn many_stations_get_their_own_frames() {
    let lab = Lab::new();
    let [one, two, three] = lab.ports();
    let stations: Vec<u8> = (10..22).collect();
    for &last in &stations {
        let (from, other) = if last % 2 == 0 {
            (&two, &three)
        } else {
            (&three, &two)
        };
        let sent = frame(BROADCAST, mac(last), "here");
        say(from, &sent);
        hear(&one, &sent);
        hear(other, &sent);
    }
    for n in 0..TIMES {
        for &last in stations.iter().cycle().skip(n as usize).take(30) {
            let sent = frame(mac(last), A, "yours");
            say(&one, &sent);
            hear(if last % 2 == 0 { &two } else { &three }, &sent);
        }
    }
    hear_nothing(&two);
    hear_nothing(&three);
}
