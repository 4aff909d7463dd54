// SPDX-License-Identifier: GPL-2.0

//! The switch delivers what a naive one does, octet for octet, however it is set and used.

mod common;

use af_ipn_core::kvde_switch::frame::MacAddress;
use af_ipn_core::kvde_switch::mac_table::DEFAULT_AGEING_MS;
use af_ipn_core::kvde_switch::verdict::{DropReason, Target};
use af_ipn_core::kvde_switch::vlan::VlanFlags;
use common::lab::{send, switch, Deliveries};
use common::naive_switch::NaiveSwitch;
use common::naive_table::NaiveTable;
use common::{station, UNLIMITED};
use proptest::prelude::*;

const PORTS: u16 = 5;
const SLOTS: usize = 12;

/// Something that happens to a switch.
#[derive(Clone, Debug)]
enum Event {
    Send(u16, Vec<u8>),
    Join(u16),
    Leave(u16),
    Learning(u16, bool),
    Isolated(u16, bool),
    AddVlan(u16, u16, VlanFlags),
    RemoveVlan(u16, u16),
    Filtering(bool),
    GroupFwdMask(u16),
    Mirror(Option<u16>),
    SetStatic(u16, MacAddress, u16),
    Wait(u64),
}

fn address() -> impl Strategy<Value = MacAddress> {
    prop_oneof![
        20 => (0u32..5).prop_map(station),
        2 => Just(MacAddress::BROADCAST),
        1 => Just(MacAddress([0x33, 0x33, 0, 0, 0, 1])),
        1 => Just(MacAddress([0; 6])),
        2 => (0u8..18).prop_map(|last| MacAddress([0x01, 0x80, 0xc2, 0, 0, last])),
    ]
}

fn vid() -> impl Strategy<Value = u16> {
    prop_oneof![10 => 0u16..4, 1 => Just(4094), 1 => Just(4095)]
}

/// What follows the addresses: types and tags, one, two or none, of one kind or the other.
fn ethertypes() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => Just(0x8100u16),
        1 => Just(0x88a8),
        2 => Just(0x0800),
        6 => (vid(), 0u16..16).prop_map(|(vid, priority)| (priority << 12) | vid),
    ];
    proptest::collection::vec(word, 0..6)
        .prop_map(|words| words.into_iter().flat_map(u16::to_be_bytes).collect())
}

/// A frame of 0 to 64 octets.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let len = prop_oneof![5 => Just(64usize), 1 => 0..64usize, 2 => 12..24usize];
    (address(), address(), ethertypes(), len).prop_map(|(to, from, types, len)| {
        let mut octets = [&to.0[..], &from.0, &types].concat();
        octets.resize(len, 0xaa);
        octets
    })
}

fn port() -> impl Strategy<Value = u16> {
    prop_oneof![30 => 0..PORTS, 1 => Just(PORTS)]
}

fn flags() -> impl Strategy<Value = VlanFlags> {
    (any::<bool>(), any::<bool>()).prop_map(|(pvid, untagged)| VlanFlags { pvid, untagged })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        60 => (port(), frame()).prop_map(|(port, frame)| Event::Send(port, frame)),
        4 => port().prop_map(Event::Join),
        1 => port().prop_map(Event::Leave),
        1 => (port(), any::<bool>()).prop_map(|(port, on)| Event::Learning(port, on)),
        2 => (port(), any::<bool>()).prop_map(|(port, on)| Event::Isolated(port, on)),
        5 => (port(), vid(), flags()).prop_map(|(p, vid, flags)| Event::AddVlan(p, vid, flags)),
        2 => (port(), vid()).prop_map(|(port, vid)| Event::RemoveVlan(port, vid)),
        1 => proptest::bool::weighted(0.7).prop_map(Event::Filtering),
        1 => any::<u16>().prop_map(Event::GroupFwdMask),
        1 => proptest::option::of(port()).prop_map(Event::Mirror),
        2 => (port(), address(), vid()).prop_map(|(p, a, vid)| Event::SetStatic(p, a, vid)),
        5 => (1..DEFAULT_AGEING_MS / 2).prop_map(Event::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_switch_delivers_what_a_naive_one_does(
        filtering in any::<bool>(),
        events in proptest::collection::vec(event(), 1..120),
    ) {
        let ports = usize::from(PORTS);
        let mut switch = switch(SLOTS, ports);
        let table = NaiveTable::new(SLOTS, PORTS, UNLIMITED, DEFAULT_AGEING_MS);
        let mut naive = NaiveSwitch::new(table, ports);
        switch.settings_mut().vlan_filtering = filtering;
        naive.filtering = filtering;
        for port in 0..PORTS - 1 {
            switch.join(port);
            naive.present.insert(port);
        }
        let (mut now, mut sent) = (0, 0);
        for event in events {
            match event {
                Event::Send(from, frame) => {
                    let expected = naive.send(from, &frame, now);
                    let (target, deliveries) = send(&mut switch, from, &frame, now);
                    prop_assert_eq!(&deliveries, &expected, "{:?} from port {}", frame, from);
                    sent += 1;
                    if let Target::Drop(_) = target {
                        let mirrored = naive.mirror.map(|mirror| (mirror, frame));
                        let most = mirrored.into_iter().collect::<Deliveries>();
                        prop_assert!(deliveries.is_empty() || deliveries == most);
                    }
                }
                Event::Join(port) => {
                    let taken = switch.join(port);
                    prop_assert_eq!(taken, port < PORTS && naive.present.insert(port));
                }
                Event::Leave(port) => {
                    switch.leave(port);
                    naive.leave(port);
                }
                Event::Learning(port, on) => {
                    if let Some(port) = switch.port_mut(port) {
                        port.learning = on;
                    }
                    if on { naive.deaf.remove(&port) } else { naive.deaf.insert(port) };
                }
                Event::Isolated(port, on) => {
                    if let Some(port) = switch.port_mut(port) {
                        port.isolated = on;
                    }
                    if on { naive.isolated.insert(port) } else { naive.isolated.remove(&port) };
                }
                Event::AddVlan(port, vid, flags) => {
                    if let Some(port) = switch.port_mut(port) {
                        let _ = port.vlans.add(vid, flags);
                    }
                    if let Some(port) = naive.vlans.get_mut(usize::from(port)) {
                        port.add(vid, flags);
                    }
                }
                Event::RemoveVlan(port, vid) => {
                    switch.remove_vlan(port, vid, now);
                    naive.remove_vlan(port, vid, now);
                }
                Event::Filtering(on) => {
                    switch.settings_mut().vlan_filtering = on;
                    naive.filtering = on;
                }
                Event::GroupFwdMask(mask) => {
                    switch.settings_mut().group_fwd_mask = mask;
                    naive.group_fwd_mask = mask;
                }
                Event::Mirror(port) => {
                    switch.settings_mut().mirror = port;
                    naive.mirror = port;
                }
                Event::SetStatic(port, address, vid) => {
                    let set = switch.set_static(port, address, vid, now);
                    if naive.present.contains(&port) {
                        prop_assert_eq!(set, naive.table.set_static(port, address, vid, now));
                    } else {
                        prop_assert!(set.is_err());
                    }
                }
                Event::Wait(ms) => now += ms,
            }
        }
        // Every frame is counted, once.
        let counters = switch.counters();
        let dropped: u64 = DropReason::ALL.map(|reason| counters.dropped(reason)).iter().sum();
        prop_assert_eq!(counters.unicast + counters.flooded + dropped, sent);
    }
}
