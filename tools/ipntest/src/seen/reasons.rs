// SPDX-License-Identifier: GPL-2.0
//! Why messages were lost: counted by reason, of the port and of its network.

use super::family::*;
use crate::abi::*;
use crate::device::lab::{self as devices, grab, own_network, tap, veth, wire};
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::wait_until;
use crate::switch::lab::{frame, mac, option, vlan, words, Lab, BROADCAST};
use crate::sys::bpf;
use crate::sys::socket::Sock;
use std::collections::BTreeMap;

cases!["seen_reasons":
    slow_reader_and_filter_are_reasons,
    switch_counts_where_a_frame_came_from,
    what_a_tag_makes_too_long_counts_where_it_was_for,
    device_that_is_down_counts_what_was_for_it,
    device_that_can_not_wait_counts_what_had_no_room,
    network_keeps_what_a_port_that_left_has_counted,
    loss_is_told_with_its_reason,
];

/// `IPN_DROP_*`.
const OVERRUN: u16 = 1;
const FILTERED: u16 = 2;
const TOO_LONG: u16 = 3;
const NO_ROOM: u16 = 4;
const DEVICE_DOWN: u16 = 7;
const TOO_SHORT: u16 = 16;
const INVALID_SOURCE: u16 = 18;
const RESERVED: u16 = 19;
const SAME_PORT: u16 = 23;
const NO_RECEIVER: u16 = 25;

fn counts<const N: usize>(expected: [(u16, u64); N]) -> BTreeMap<u16, u64> {
    BTreeMap::from(expected)
}

/// What the ports of a network have counted, and what it has.
#[track_caller]
fn drops(family: &Family, bus: &Bus) -> (Vec<BTreeMap<u16, u64>>, BTreeMap<u16, u64>) {
    let ports = family.ports(bus).iter().map(Told::drops).collect();
    (ports, family.network(bus).expect("it is told").drops())
}

fn slow_reader_and_filter_are_reasons() {
    let family = Family::new();
    let bus = Bus::new();
    let [one, two] = [bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]), bus.join()];
    let none = counts([]);
    let nothing = (vec![none.clone(), none.clone()], none.clone());
    same("nothing", drops(&family, &bus), nothing);
    (0..10).for_each(|number| say_number(&one, number));
    hear_number(&two, 6);
    ok("filter", bpf::attach(&two, &[(0x06, 0, 0, 0)]));
    hear_nothing(&two);
    let lost = counts([(OVERRUN, 6), (FILTERED, 3)]);
    let expected = (vec![none, lost], counts([(OVERRUN, 6)]));
    same("lost", drops(&family, &bus), expected);
}

fn switch_counts_where_a_frame_came_from() {
    let family = Family::new();
    let lab = Lab::new();
    let [one, two]: [Sock; 2] = lab.ports();
    say(&one, b"short");
    say(&one, &frame(mac(2), [0; 6], "from nobody"));
    for _ in 0..3 {
        say(&two, &frame([1, 0x80, 0xc2, 0, 0, 1], mac(1), "a pause"));
    }
    say(&one, &frame(mac(1), mac(1), "to myself"));
    let first = counts([(TOO_SHORT, 1), (INVALID_SOURCE, 1), (SAME_PORT, 1)]);
    let second = counts([(RESERVED, 3)]);
    let mut all = first.clone();
    all.extend(&second);
    let expected = (vec![first, second], all);
    same("dropped", drops(&family, &lab.bus), expected);
    let stats = lab.stats();
    same("as the switch has it", stats.reserved(), 3);
    same("and", stats.same_port(), 1);
}

fn what_a_tag_makes_too_long_counts_where_it_was_for() {
    let family = Family::new();
    let lab = Lab::with(&[(IPN_SO_MTU, 30)]);
    let [one, _trunk]: [Sock; 2] = lab.ports();
    // The second port has its frames tagged.
    lab.set(option::VLAN_ADD, &vlan(1, 1, 0));
    lab.set(option::FILTERING, &words(&[1]));
    say(&one, &frame(BROADCAST, mac(1), "16 bytes of text"));
    let too_long = counts([(TOO_LONG, 1)]);
    let expected = (vec![counts([]), too_long.clone()], too_long);
    same("dropped", drops(&family, &lab.bus), expected);
}

fn device_that_is_down_counts_what_was_for_it() {
    let family = Family::new();
    own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    ok("a tap", tap(&manager, "ipn0"));
    (0..5).for_each(|number| say(&port, &devices::frame(number, 60)));
    let down = counts([(DEVICE_DOWN, 5)]);
    let expected = (vec![counts([]), down.clone()], down);
    wait_until("all are dropped", || drops(&family, &bus) == expected);
}

fn device_that_can_not_wait_counts_what_had_no_room() {
    let family = Family::new();
    own_network();
    let [device, wire_end] = veth();
    let bus = Bus::new();
    let manager = bus.manage_new(&lossless(4));
    // It does not read.
    let _reader = bus.reader();
    ok("a grab", grab(&manager, device));
    let sent = wire(wire_end);
    for number in 0..10 {
        ok("send", sent.send(&devices::frame(number, 60), 0));
    }
    let grabbed = || drops(&family, &bus).0.pop().unwrap_or_default();
    wait_until("six are dropped", || {
        grabbed().get(&NO_ROOM).is_some_and(|count| *count >= 6)
    });
    let network = drops(&family, &bus).1;
    same(
        "of the network",
        network.get(&NO_ROOM),
        grabbed().get(&NO_ROOM),
    );
    holds(
        "nothing is lost to readers",
        !network.contains_key(&OVERRUN),
    );
}

fn network_keeps_what_a_port_that_left_has_counted() {
    let family = Family::new();
    let lab = Lab::new();
    let [one, two]: [Sock; 2] = lab.ports();
    drop(two);
    say(&one, &frame(BROADCAST, mac(1), "to nobody"));
    let alone = counts([(NO_RECEIVER, 1)]);
    let expected = (vec![alone.clone()], alone.clone());
    same("dropped", drops(&family, &lab.bus), expected);
    drop(one);
    let _again = lab.port(0);
    let expected = (vec![counts([])], alone);
    same("afterwards", drops(&family, &lab.bus), expected);
}

fn loss_is_told_with_its_reason() {
    let family = Family::new();
    ok("listening", family.listen());
    let asking = Family::new();
    let bus = Bus::new();
    let [one, two] = [bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]), bus.join()];
    (0..10).for_each(|number| say_number(&one, number));
    hear_number(&two, 6);
    let told = family.event_of(inode(&bus), LOST_TOLD);
    same("reason", told.number(REASON), Some(OVERRUN.into()));
    same("counted", told.drops(), counts([(OVERRUN, 6)]));

    own_network();
    let lan = Bus::named("lan");
    let manager = lan.manage_new(&[]);
    let port = lan.join();
    ok("a tap", tap(&manager, "ipn0"));
    say(&port, &devices::frame(1, 60));
    let told = family.event_of(inode(&lan), LOST_TOLD);
    same("port", told.number(PORT), Some(1));
    same("reason", told.number(REASON), Some(DEVICE_DOWN.into()));
    same("counted", told.drops(), counts([(DEVICE_DOWN, 1)]));
    let others = asking.ports(&lan);
    same("no reason without an event", others[1].number(REASON), None);
}
