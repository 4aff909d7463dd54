// SPDX-License-Identifier: GPL-2.0

//! The switch and VLANs: transparent, and filtering.

mod common;

use af_ipn_core::kvde_switch::frame::MacAddress;
use af_ipn_core::kvde_switch::verdict::DropReason;
use af_ipn_core::kvde_switch::vlan::{PortVlans, VlanFlags};
use common::lab::{frame, tagged, Lab};
use common::station;

const A: MacAddress = station(1);
const B: MacAddress = station(2);
const C: MacAddress = station(3);
const ALL: MacAddress = MacAddress::BROADCAST;

/// An address for the bridge itself: that of link aggregation.
const LACP: MacAddress = MacAddress::new([0x01, 0x80, 0xc2, 0, 0, 2]);

const ACCESS: VlanFlags = VlanFlags {
    pvid: true,
    untagged: true,
};
const TAGGED: VlanFlags = VlanFlags {
    pvid: false,
    untagged: false,
};

/// Puts a port into these VLANs and no others.
fn set_vlans(lab: &mut Lab, port: u16, vlans: &[(u16, VlanFlags)]) {
    let port = lab.switch.port_mut(port).unwrap();
    port.vlans.clear();
    for (vid, flags) in vlans {
        port.vlans.add(*vid, *flags).unwrap();
    }
}

/// A filtering switch: ports 0 and 1 in VLAN 10, port 2 in VLAN 20, port 3 a trunk of both.
fn vlan_lab() -> Lab {
    let mut lab = Lab::new(4);
    lab.switch.settings_mut().vlan_filtering = true;
    set_vlans(&mut lab, 0, &[(10, ACCESS)]);
    set_vlans(&mut lab, 1, &[(10, ACCESS)]);
    set_vlans(&mut lab, 2, &[(20, ACCESS)]);
    set_vlans(&mut lab, 3, &[(10, TAGGED), (20, TAGGED)]);
    lab
}

#[test]
fn without_filtering_tags_pass_unread_and_addresses_are_one_domain() {
    let mut lab = Lab::new(3);
    lab.switch.port_mut(1).unwrap().vlans = PortVlans::EMPTY;
    let sent = tagged(A, ALL, 0x2005);
    assert_eq!(lab.send_octets(0, &sent)[&1], sent);
    assert_eq!(lab.send(1, &tagged(B, A, 6)), [0]);
    assert_eq!(lab.send(1, &frame(B, A)), [0]);
    // Even half a tag.
    let cut = &tagged(A, ALL, 5)[..16];
    assert_eq!(lab.send_octets(0, cut)[&2], cut);
}

#[test]
fn with_filtering_every_port_is_in_vlan_1_at_first() {
    let mut lab = Lab::new(3);
    lab.switch.settings_mut().vlan_filtering = true;
    assert_eq!(lab.send_octets(0, &frame(A, ALL))[&1], frame(A, ALL));
    assert_eq!(lab.send_octets(0, &tagged(A, ALL, 1))[&1], frame(A, ALL));
    assert_eq!(lab.dropped(0, &tagged(A, ALL, 2)), DropReason::VlanIngress);
}

#[test]
fn a_frame_stays_in_its_vlan() {
    let mut lab = vlan_lab();
    assert_eq!(lab.send(0, &frame(A, ALL)), [1, 3]);
    assert_eq!(lab.send(2, &frame(B, ALL)), [3]);
    assert_eq!(lab.send(3, &tagged(C, ALL, 20)), [2]);
    assert_eq!(lab.dropped(3, &frame(C, ALL)), DropReason::VlanIngress);
    assert_eq!(lab.dropped(0, &tagged(A, ALL, 20)), DropReason::VlanIngress);
    assert_eq!(
        lab.dropped(0, &tagged(A, ALL, 4095)),
        DropReason::VlanIngress
    );
}

#[test]
fn tags_are_added_and_removed_on_the_way() {
    let mut lab = vlan_lab();
    let out = lab.send_octets(0, &frame(A, ALL));
    assert_eq!(out[&1], frame(A, ALL));
    assert_eq!(out[&3], tagged(A, ALL, 10));
    let out = lab.send_octets(3, &tagged(B, ALL, 0x600a));
    assert_eq!(out[&0], frame(B, ALL));
    // Priority without a VLAN: in the PVID, and the priority stays.
    let out = lab.send_octets(0, &tagged(A, ALL, 0x6000));
    assert_eq!(out[&1], frame(A, ALL));
    assert_eq!(out[&3], tagged(A, ALL, 0x600a));
}

#[test]
fn the_inner_one_of_two_tags_is_payload() {
    let mut lab = vlan_lab();
    let inner = tagged(A, ALL, 77);
    let mut double = inner.clone();
    double.splice(12..12, [0x81, 0x00, 0, 10]);
    let out = lab.send_octets(3, &double);
    assert_eq!(out.keys().collect::<Vec<_>>(), [&0, &1]);
    assert_eq!(out[&0], inner);
    // A service tag is payload altogether.
    let mut service = inner;
    service.splice(12..14, [0x88, 0xa8]);
    let mut expected = service.clone();
    expected.splice(12..12, [0x81, 0x00, 0, 10]);
    assert_eq!(lab.send_octets(0, &service)[&3], expected);
}

#[test]
fn a_frame_that_ends_within_its_tag_is_dropped_when_tags_matter() {
    let mut lab = vlan_lab();
    let octets = tagged(A, ALL, 10);
    for len in 14..18 {
        assert_eq!(lab.dropped(3, &octets[..len]), DropReason::MalformedTag);
    }
    assert_eq!(lab.switch.table().learned(), 0);
    assert_eq!(lab.send_octets(3, &octets[..18])[&0].len(), 14);
}

#[test]
fn a_station_is_learned_per_vlan() {
    let mut lab = vlan_lab();
    lab.send(3, &tagged(A, ALL, 10));
    assert_eq!(lab.send(0, &frame(B, A)), [3]);
    lab.send(1, &frame(A, ALL));
    assert_eq!(lab.send(0, &frame(B, A)), [1]);
    // In VLAN 20 nobody has heard of it.
    assert_eq!(lab.send(2, &frame(C, A)), [3]);
    assert_eq!(lab.switch.table().lookup(A, 20, 0), None);
}

#[test]
fn a_frame_that_a_port_does_not_take_teaches_nothing() {
    let mut lab = vlan_lab();
    lab.dropped(0, &tagged(A, ALL, 20));
    lab.dropped(0, &tagged(A, LACP, 20));
    assert_eq!(lab.switch.table().learned(), 0);
    lab.dropped(3, &tagged(A, LACP, 20));
    assert_eq!(lab.switch.table().lookup(A, 20, 0), Some(3));
}

#[test]
fn a_static_address_at_a_port_outside_the_vlan_is_not_flooded_to() {
    let mut lab = vlan_lab();
    lab.switch.set_static(2, C, 10, 0).unwrap();
    assert_eq!(lab.dropped(0, &frame(A, C)), DropReason::VlanEgress);
}

#[test]
fn what_was_learned_in_a_vlan_goes_when_the_port_leaves_it() {
    let mut lab = vlan_lab();
    lab.send(3, &tagged(A, ALL, 10));
    lab.send(3, &tagged(A, ALL, 20));
    assert!(lab.switch.remove_vlan(3, 10, 0));
    assert!(!lab.switch.remove_vlan(3, 10, 0));
    assert_eq!(lab.switch.table().lookup(A, 10, 0), None);
    assert_eq!(lab.switch.table().lookup(A, 20, 0), Some(3));
    assert_eq!(lab.send(0, &frame(B, A)), [1]);
}

#[test]
fn a_mirror_port_sees_frames_as_they_were_sent_in_every_vlan() {
    let mut lab = vlan_lab();
    lab.switch.settings_mut().mirror = Some(2);
    lab.switch.port_mut(2).unwrap().isolated = true;
    lab.switch.port_mut(3).unwrap().isolated = true;
    for sent in [
        frame(A, ALL),
        tagged(A, ALL, 10),
        tagged(A, ALL, 20),
        tagged(A, ALL, 99),
    ] {
        assert_eq!(lab.send_octets(3, &sent)[&2], sent);
    }
}
