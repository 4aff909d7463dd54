// SPDX-License-Identifier: GPL-2.0

//! The switch: who gets a frame, and who does not.

mod common;

use af_ipn_core::kvde_switch::fdb::table::PortAddresses;
use af_ipn_core::kvde_switch::fdb::StaticError;
use af_ipn_core::kvde_switch::frame::MacAddress;
use af_ipn_core::kvde_switch::port::Port;
use af_ipn_core::kvde_switch::verdict::{DropReason, Target};
use af_ipn_core::kvde_switch::vlan::VlanFlags;
use common::lab::{frame, send, switch, tagged, Lab};
use common::station;

const A: MacAddress = station(1);
const B: MacAddress = station(2);
const C: MacAddress = station(3);
const ALL: MacAddress = MacAddress::BROADCAST;

const fn bridge_group(last: u8) -> MacAddress {
    MacAddress::new([0x01, 0x80, 0xc2, 0, 0, last])
}

#[test]
fn a_frame_to_an_unknown_station_goes_to_all_but_its_sender() {
    let mut lab = Lab::new(4);
    assert_eq!(lab.send(1, &frame(A, B)), [0, 2, 3]);
    assert_eq!(lab.switch.counters().flooded, 1);
}

#[test]
fn a_frame_to_a_known_station_goes_to_its_port_only() {
    let mut lab = Lab::new(4);
    lab.send(2, &frame(B, ALL));
    assert_eq!(lab.send(1, &frame(A, B)), [2]);
    assert_eq!(lab.send(2, &frame(B, A)), [1]);
    assert_eq!(lab.switch.counters().unicast, 2);
}

#[test]
fn multicast_and_broadcast_go_to_all_but_their_sender() {
    let mut lab = Lab::new(3);
    assert_eq!(lab.send(0, &frame(A, ALL)), [1, 2]);
    assert_eq!(
        lab.send(1, &frame(B, MacAddress::new([0x33, 0x33, 0, 0, 0, 1]))),
        [0, 2]
    );
    assert_eq!(lab.send(1, &frame(B, MacAddress::new([0; 6]))), [0, 2]);
}

#[test]
fn a_frame_never_goes_back_to_the_port_it_came_from() {
    let mut lab = Lab::new(3);
    lab.send(1, &frame(A, ALL));
    lab.send(1, &frame(B, ALL));
    assert_eq!(lab.dropped(1, &frame(A, B)), DropReason::SamePort);
    assert_eq!(lab.dropped(1, &frame(A, A)), DropReason::SamePort);
}

#[test]
fn the_last_frame_of_a_station_says_where_it_is() {
    let mut lab = Lab::new(3);
    lab.send(1, &frame(A, ALL));
    lab.send(2, &frame(A, ALL));
    assert_eq!(lab.send(0, &frame(B, A)), [2]);
}

#[test]
fn a_silent_station_is_flooded_to_again() {
    let mut lab = Lab::new(3);
    lab.send(1, &frame(A, ALL));
    lab.now = 299_999;
    assert_eq!(lab.send(0, &frame(B, A)), [1]);
    lab.now = 300_000;
    assert_eq!(lab.send(0, &frame(B, A)), [1, 2]);
}

#[test]
fn a_frame_too_short_for_a_header_is_dropped() {
    let mut lab = Lab::new(2);
    let octets = frame(A, B);
    for len in 0..14 {
        assert_eq!(lab.dropped(0, &octets[..len]), DropReason::TooShort);
    }
    assert_eq!(lab.send(0, &octets[..14]), [1]);
}

#[test]
fn a_frame_from_a_group_or_from_zero_is_dropped_and_teaches_nothing() {
    let mut lab = Lab::new(3);
    for source in [ALL, bridge_group(0), MacAddress::new([0; 6])] {
        assert_eq!(lab.dropped(0, &frame(source, B)), DropReason::InvalidSource);
        assert_eq!(
            lab.dropped(0, &frame(source, ALL)),
            DropReason::InvalidSource
        );
    }
    assert_eq!(lab.switch.table().learned(), 0);
}

#[test]
fn a_frame_from_a_port_that_nobody_holds_is_dropped() {
    let mut lab = Lab::new(3);
    lab.switch.leave(1);
    for port in [1, 3, u16::MAX] {
        assert_eq!(lab.dropped(port, &frame(A, ALL)), DropReason::NoPort);
    }
}

#[test]
fn a_frame_for_all_where_nobody_else_is_is_dropped() {
    let mut lab = Lab::new(2);
    lab.switch.leave(1);
    assert_eq!(lab.dropped(0, &frame(A, ALL)), DropReason::NoReceiver);
}

#[test]
fn spanning_tree_goes_through_pause_does_not() {
    let mut lab = Lab::new(3);
    assert_eq!(lab.send(0, &frame(A, bridge_group(0))), [1, 2]);
    assert_eq!(
        lab.dropped(0, &frame(B, bridge_group(1))),
        DropReason::Reserved
    );
    assert_eq!(lab.switch.table().lookup(A, 0, 0), Some(0));
    assert_eq!(lab.switch.table().lookup(B, 0, 0), None);
}

#[test]
fn a_frame_for_the_bridge_itself_is_not_forwarded_but_learned_from() {
    let mut lab = Lab::new(3);
    for last in 2..16 {
        let source = station(last.into());
        assert_eq!(
            lab.dropped(0, &frame(source, bridge_group(last))),
            DropReason::Reserved
        );
        assert_eq!(lab.switch.table().lookup(source, 0, 0), Some(0));
    }
    assert_eq!(lab.send(0, &frame(A, bridge_group(16))), [1, 2]);
}

#[test]
fn a_mask_lets_reserved_addresses_through_but_pause_and_aggregation() {
    let mut lab = Lab::new(2);
    lab.switch.settings_mut().group_fwd_mask = 0x4008;
    assert_eq!(lab.send(0, &frame(A, bridge_group(0x0e))), [1]);
    assert_eq!(lab.send(0, &frame(A, bridge_group(0x03))), [1]);
    assert_eq!(
        lab.dropped(0, &frame(A, bridge_group(0x04))),
        DropReason::Reserved
    );
    lab.switch.settings_mut().group_fwd_mask = 0xffff;
    for last in 0..16 {
        let expected: &[u16] = if [1, 2].contains(&last) { &[] } else { &[1] };
        assert_eq!(lab.send(0, &frame(A, bridge_group(last))), expected);
    }
}

#[test]
fn a_port_with_learning_off_teaches_nothing_and_still_receives() {
    let mut lab = Lab::new(3);
    lab.send(1, &frame(A, ALL));
    lab.switch.port_mut(1).unwrap().learning = false;
    lab.send(1, &frame(B, ALL));
    lab.send(1, &frame(C, bridge_group(2)));
    assert_eq!(lab.send(0, &frame(C, B)), [1, 2]);
    assert_eq!(lab.send(0, &frame(C, A)), [1]);
}

#[test]
fn by_a_locked_port_only_static_addresses_send() {
    let mut lab = Lab::new(4);
    lab.send(0, &frame(A, ALL));
    lab.send(1, &frame(C, ALL));
    lab.switch.set_static(1, B, 0, 0).unwrap();
    lab.switch.set_static(2, station(9), 0, 0).unwrap();
    lab.switch.port_mut(1).unwrap().locked = true;
    // One that is unknown, one learned there before, one learned and one set at another port.
    for source in [station(8), C, A, station(9)] {
        for destination in [ALL, A, station(7)] {
            let dropped = lab.dropped(1, &frame(source, destination));
            assert_eq!(dropped, DropReason::Locked);
        }
    }
    assert_eq!(lab.switch.table().lookup(A, 0, 0), Some(0));
    assert_eq!(lab.send(1, &frame(B, ALL)), [0, 2, 3]);
    assert_eq!(lab.send(1, &frame(B, A)), [0]);
    // It hears what any port does, and its station may be spoken to from everywhere.
    assert_eq!(lab.send(0, &frame(A, ALL)), [1, 2, 3]);
    assert_eq!(lab.send(3, &frame(station(7), B)), [1]);
    // Its next holder is locked out as well.
    lab.switch.leave(1);
    lab.switch.join(1);
    assert_eq!(lab.dropped(1, &frame(B, ALL)), DropReason::Locked);
}

#[test]
fn a_locked_port_teaches_nothing_not_even_by_frames_for_the_bridge() {
    let mut lab = Lab::new(2);
    lab.switch.port_mut(0).unwrap().locked = true;
    let reserved = lab.dropped(0, &frame(A, bridge_group(3)));
    assert_eq!(reserved, DropReason::Reserved);
    assert_eq!(lab.dropped(0, &frame(A, ALL)), DropReason::Locked);
    assert_eq!(lab.switch.table().learned(), 0);
}

#[test]
fn a_static_address_sends_by_a_locked_port_in_its_vlan_only() {
    let mut lab = Lab::new(2);
    lab.switch.settings_mut().vlan_filtering = true;
    for port in 0..2 {
        let port = lab.switch.port_mut(port).unwrap();
        port.vlans.add(5, VlanFlags::default()).unwrap();
        port.locked = true;
    }
    lab.switch.set_static(0, A, 5, 0).unwrap();
    assert_eq!(lab.send(0, &tagged(A, ALL, 5)), [1]);
    assert_eq!(lab.dropped(0, &frame(A, ALL)), DropReason::Locked);
    let ingress = lab.dropped(0, &tagged(A, ALL, 6));
    assert_eq!(ingress, DropReason::VlanIngress);
}

#[test]
fn each_kind_of_flood_leaves_by_the_ports_that_want_it() {
    let mut lab = Lab::new(4);
    lab.send(1, &frame(B, ALL));
    lab.switch.port_mut(1).unwrap().flood = false;
    lab.switch.port_mut(2).unwrap().mcast_flood = false;
    lab.switch.port_mut(3).unwrap().bcast_flood = false;
    let multicast = MacAddress::new([0x33, 0x33, 0, 0, 0, 1]);
    assert_eq!(lab.send(0, &frame(A, C)), [2, 3]);
    assert_eq!(lab.send(0, &frame(A, multicast)), [1, 3]);
    assert_eq!(lab.send(0, &frame(A, bridge_group(0))), [1, 3]);
    assert_eq!(lab.send(0, &frame(A, ALL)), [1, 2]);
    // What is known there is no flood, and what comes from there is not concerned.
    assert_eq!(lab.send(0, &frame(A, B)), [1]);
    assert_eq!(lab.send(1, &frame(B, C)), [0, 2, 3]);
    // The mirror port gets all.
    lab.switch.settings_mut().mirror = Some(3);
    assert_eq!(lab.send(0, &frame(A, ALL)), [1, 2, 3]);
}

#[test]
fn a_flood_that_no_port_wants_is_dropped() {
    let mut lab = Lab::new(3);
    for port in 1..3 {
        lab.switch.port_mut(port).unwrap().flood = false;
    }
    assert_eq!(lab.dropped(0, &frame(A, B)), DropReason::NoReceiver);
    lab.switch.port_mut(2).unwrap().flood = true;
    for port in [0, 2] {
        lab.switch.port_mut(port).unwrap().isolated = true;
    }
    assert_eq!(lab.dropped(0, &frame(A, B)), DropReason::NoReceiver);
}

#[test]
fn isolated_ports_talk_to_others_but_not_to_each_other() {
    let mut lab = Lab::new(4);
    for port in [1, 2] {
        lab.switch.port_mut(port).unwrap().isolated = true;
    }
    assert_eq!(lab.send(1, &frame(A, ALL)), [0, 3]);
    assert_eq!(lab.send(2, &frame(B, ALL)), [0, 3]);
    assert_eq!(lab.dropped(2, &frame(B, A)), DropReason::Isolated);
    assert_eq!(lab.send(0, &frame(C, ALL)), [1, 2, 3]);
    assert_eq!(lab.send(1, &frame(A, C)), [0]);
    assert_eq!(lab.send(0, &frame(C, A)), [1]);
}

#[test]
fn a_mirror_port_gets_a_copy_of_everything_once() {
    let mut lab = Lab::new(4);
    lab.switch.settings_mut().mirror = Some(3);
    assert_eq!(lab.send(0, &frame(A, ALL)), [1, 2, 3]);
    assert_eq!(lab.send(1, &frame(B, A)), [0, 3]);
    // What is dropped is seen there, too, and what is for the mirror port's own station.
    assert_eq!(lab.send(0, &frame(A, A)), [3]);
    assert_eq!(lab.send(0, &frame(ALL, A)), [3]);
    assert_eq!(lab.send(0, &frame(A, bridge_group(1))), [3]);
    assert_eq!(lab.send(3, &frame(C, ALL)), [0, 1, 2]);
    assert_eq!(lab.send(0, &frame(A, C)), [3]);
    assert_eq!(lab.send(3, &frame(C, B)), [1]);
    // What is no frame is not.
    assert_eq!(lab.dropped(0, &[0; 13]), DropReason::TooShort);
}

#[test]
fn whoever_takes_the_mirror_port_next_does_not_hear_everything() {
    let mut lab = Lab::new(3);
    lab.send(1, &frame(B, ALL));
    lab.switch.settings_mut().mirror = Some(2);
    lab.switch.leave(2);
    assert!(lab.switch.join(2));
    assert_eq!(lab.send(0, &frame(A, B)), [1]);
}

#[test]
fn a_mirror_port_that_nobody_holds_is_no_receiver() {
    let mut lab = Lab::new(3);
    lab.switch.leave(2);
    lab.switch.settings_mut().mirror = Some(2);
    assert_eq!(lab.send(0, &frame(A, ALL)), [1]);
    lab.switch.settings_mut().mirror = Some(99);
    assert_eq!(lab.send(0, &frame(A, ALL)), [1]);
}

#[test]
fn a_port_is_taken_once() {
    let mut switch = switch(8, 2);
    assert!(switch.join(0));
    assert!(!switch.join(0));
    assert!(!switch.join(2));
    switch.leave(0);
    assert!(switch.join(0));
}

#[test]
fn a_station_whose_port_left_is_flooded_to_at_once() {
    let mut lab = Lab::new(4);
    lab.send(1, &frame(A, ALL));
    lab.switch.set_static(1, C, 0, 0).unwrap();
    lab.switch.leave(1);
    assert_eq!(lab.send(0, &frame(B, A)), [2, 3]);
    assert!(lab.switch.join(1));
    assert_eq!(lab.send(0, &frame(B, A)), [1, 2, 3]);
    assert_eq!(lab.send(0, &frame(B, C)), [1, 2, 3]);
}

#[test]
fn a_port_keeps_its_settings_so_that_joining_again_does_not_set_free() {
    let mut lab = Lab::new(3);
    for port in [0, 1] {
        lab.switch.port_mut(port).unwrap().isolated = true;
    }
    lab.switch.leave(1);
    assert!(lab.switch.join(1));
    assert_eq!(lab.send(1, &frame(A, ALL)), [2]);
    lab.switch.port_mut(1).unwrap().reset();
    assert_eq!(lab.send(1, &frame(A, ALL)), [0, 2]);
}

#[test]
fn a_static_address_is_set_where_somebody_is() {
    let mut lab = Lab::new(3);
    lab.switch.leave(2);
    assert_eq!(lab.switch.set_static(1, A, 0, 0), Ok(None));
    assert_eq!(
        lab.switch.set_static(2, A, 0, 0),
        Err(StaticError::NoSuchPort)
    );
    assert_eq!(lab.send(2, &frame(A, ALL)), [] as [u16; 0]);
    // A frame from elsewhere does not move it.
    assert!(lab.switch.join(2));
    assert_eq!(lab.send(2, &frame(A, ALL)), [0, 1]);
    lab.now = 1_000_000;
    assert_eq!(lab.send(0, &frame(B, A)), [1]);
}

#[test]
fn ports_that_stay_keep_everything_when_the_number_changes() {
    let mut lab = Lab::new(4);
    lab.send(1, &frame(A, ALL));
    lab.switch.port_mut(1).unwrap().isolated = true;
    lab.switch.settings_mut().mirror = Some(3);
    let resize = |lab: &mut Lab, ports| {
        let memory = (vec![PortAddresses::EMPTY; ports], vec![Port::EMPTY; ports]);
        lab.switch.resize(memory.0, memory.1);
    };
    resize(&mut lab, 2);
    assert_eq!(lab.switch.port_count(), 2);
    assert_eq!(lab.switch.settings().mirror, None);
    assert_eq!(lab.send(0, &frame(B, A)), [1]);
    resize(&mut lab, 6);
    assert!(lab.switch.port(1).unwrap().isolated);
    assert!(!lab.switch.port(3).unwrap().is_present());
    assert!(lab.switch.join(5));
    assert_eq!(lab.send(5, &frame(C, ALL)), [0, 1]);
    assert_eq!(lab.send(0, &frame(B, A)), [1]);
}

#[test]
fn a_switch_in_used_memory_begins_anew() {
    let mut used = Port::EMPTY;
    used.isolated = true;
    used.learning = false;
    used.locked = true;
    used.flood = false;
    used.mcast_flood = false;
    used.bcast_flood = false;
    let table = common::table(8, 2, common::UNLIMITED);
    let switch = common::lab::VecSwitch::new(table, vec![used; 2]);
    let port = switch.port(0).unwrap();
    assert!(!port.isolated && port.learning && port.vlans.pvid() == Some(1));
    assert!(!port.locked && port.flood && port.mcast_flood && port.bcast_flood);
}

#[test]
fn the_last_of_65536_ports_cannot_be_held() {
    let mut switch = switch(8, 1 << 16);
    assert!(switch.join(u16::MAX - 1));
    assert!(!switch.join(u16::MAX));
}

#[test]
fn a_head_is_enough_of_a_frame() {
    let mut switch = switch(8, 2);
    switch.join(0);
    switch.join(1);
    let head = &frame(A, ALL)[..14];
    assert_eq!(switch.forward(0, head, 9000, 0, false), Target::Flood);
    let (target, _) = send(&mut switch, 1, &frame(B, A), 0);
    assert!(matches!(target, Target::Port(0, _)));
}

/// The reasons have the numbers and names of the interface.
#[test]
fn reasons_are_those_of_the_interface() {
    let header = include_str!("../../../include/uapi/linux/af_ipn.h");
    for reason in DropReason::ALL {
        let name = format!("#define IPN_DROP_{}", reason.name().to_uppercase());
        let line = header.lines().find_map(|line| line.strip_prefix(&name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        assert_eq!(number, Some(reason.number()), "{name}");
    }
}
