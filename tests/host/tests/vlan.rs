// SPDX-License-Identifier: GPL-2.0

//! VLAN rules: membership, and tags on the way in and out.

mod common;

use af_ipn_core::kvde_switch::frame::{Tag, TagControl};
use af_ipn_core::kvde_switch::vlan::{
    is_vlan, Edit, Membership, NotAVlan, PortVlans, Refused, VlanFlags, DEFAULT_VLAN,
};
use common::lab::apply;
use common::vlan_oracle::{check_change, check_frame, check_members, tag};
use proptest::prelude::*;

const TAGGED: VlanFlags = VlanFlags {
    pvid: false,
    untagged: false,
};
const UNTAGGED: VlanFlags = VlanFlags {
    pvid: false,
    untagged: true,
};
const ACCESS: VlanFlags = VlanFlags {
    pvid: true,
    untagged: true,
};

/// A port with these VLANs and no others.
fn port(vlans: &[(u16, VlanFlags)]) -> PortVlans {
    let mut port = PortVlans::EMPTY;
    for (vid, flags) in vlans {
        port.add(*vid, *flags).unwrap();
    }
    port
}

#[test]
fn a_port_begins_in_vlan_1_untagged() {
    let mut port = port(&[(7, TAGGED), (8, ACCESS)]);
    port.reset();
    assert_eq!(port.iter().collect::<Vec<_>>(), [(DEFAULT_VLAN, ACCESS)]);
    assert_eq!(port.pvid(), Some(1));
}

#[test]
fn the_reserved_numbers_are_no_vlans() {
    let mut port = PortVlans::EMPTY;
    for vid in [0, 4095, 4096, u16::MAX] {
        assert!(!is_vlan(vid));
        assert_eq!(port.add(vid, ACCESS), Err(NotAVlan));
        assert!(!port.remove(vid));
        assert_eq!(port.flags(vid), None);
    }
    assert_eq!(port, PortVlans::EMPTY);
    assert_eq!(port.add(1, TAGGED), Ok(true));
    assert_eq!(port.add(4094, TAGGED), Ok(true));
}

#[test]
fn a_new_pvid_replaces_the_old_one_which_stays_a_member() {
    let port = port(&[(5, ACCESS), (6, ACCESS)]);
    assert_eq!(port.pvid(), Some(6));
    assert_eq!(port.flags(5), Some(UNTAGGED));
}

#[test]
fn a_vlan_set_again_without_the_flag_is_the_pvid_no_more() {
    let mut port = port(&[(5, ACCESS)]);
    assert_eq!(port.add(5, UNTAGGED), Ok(true));
    assert_eq!(port.pvid(), None);
    assert_eq!(port.add(5, UNTAGGED), Ok(false));
}

#[test]
fn a_pvid_goes_with_its_vlan() {
    let mut port = port(&[(5, ACCESS)]);
    assert!(port.remove(5));
    assert!(!port.remove(5));
    assert_eq!(port, PortVlans::EMPTY);
    assert_eq!(port.ingress(Tag::None), Err(Refused::NotAMember));
}

#[test]
fn an_untagged_frame_belongs_to_the_pvid() {
    let access = port(&[(5, ACCESS), (6, TAGGED)]);
    assert_eq!(access.ingress(Tag::None).unwrap().vid(), 5);
    let trunk = port(&[(5, TAGGED), (6, TAGGED)]);
    assert_eq!(trunk.ingress(Tag::None), Err(Refused::NotAMember));
}

#[test]
fn a_priority_tagged_frame_belongs_to_the_pvid_and_keeps_its_priority() {
    let access = port(&[(5, ACCESS)]);
    let membership = access.ingress(tag(0xe000)).unwrap();
    assert_eq!(membership.vid(), 5);
    let trunk = port(&[(5, TAGGED)]);
    assert_eq!(
        membership.egress(&trunk),
        Some(Edit::Replace(TagControl(0xe005)))
    );
    assert_eq!(membership.egress(&access), Some(Edit::Strip));
}

#[test]
fn a_tagged_frame_enters_where_the_port_is_a_member_only() {
    let port = port(&[(5, ACCESS), (6, TAGGED)]);
    assert_eq!(port.ingress(tag(5)).unwrap().vid(), 5);
    assert_eq!(port.ingress(tag(0x2006)).unwrap().vid(), 6);
    assert_eq!(port.ingress(tag(7)), Err(Refused::NotAMember));
    assert_eq!(port.ingress(tag(4095)), Err(Refused::NotAMember));
}

#[test]
fn a_frame_that_ends_within_its_tag_is_malformed() {
    let port = port(&[(5, ACCESS)]);
    assert_eq!(port.ingress(Tag::Truncated), Err(Refused::Malformed));
}

#[test]
fn a_frame_leaves_by_members_of_its_vlan_only() {
    let membership = port(&[(5, ACCESS)]).ingress(Tag::None).unwrap();
    assert_eq!(membership.egress(&port(&[(6, ACCESS)])), None);
    assert_eq!(membership.egress(&PortVlans::EMPTY), None);
}

#[test]
fn tags_are_added_and_removed_on_the_way() {
    let (access, trunk) = (port(&[(5, ACCESS)]), port(&[(5, TAGGED)]));
    let untagged = access.ingress(Tag::None).unwrap();
    assert_eq!(untagged.egress(&access), Some(Edit::Keep));
    assert_eq!(untagged.egress(&trunk), Some(Edit::Insert(TagControl(5))));
    let tagged = trunk.ingress(tag(0x6005)).unwrap();
    assert_eq!(tagged.egress(&trunk), Some(Edit::Keep));
    assert_eq!(tagged.egress(&access), Some(Edit::Strip));
}

#[test]
fn without_filtering_every_frame_is_in_vlan_0_and_leaves_as_it_came() {
    assert_eq!(Membership::TRANSPARENT.vid(), 0);
    assert_eq!(
        Membership::TRANSPARENT.egress(&PortVlans::EMPTY),
        Some(Edit::Keep)
    );
}

#[test]
fn an_edit_changes_the_tag_and_nothing_else() {
    let addresses = [9u8; 12];
    let untagged = [&addresses[..], &[8, 0, 1, 2, 3]].concat();
    let tagged = [&addresses[..], &[0x81, 0, 0, 5, 8, 0, 1, 2, 3]].concat();
    let other = [&addresses[..], &[0x81, 0, 0xe0, 6, 8, 0, 1, 2, 3]].concat();
    let insert = Edit::Insert(TagControl(5));
    let replace = Edit::Replace(TagControl(0xe006));
    for (edit, before, after) in [
        (Edit::Keep, &tagged, &tagged),
        (insert, &untagged, &tagged),
        (Edit::Strip, &tagged, &untagged),
        (replace, &tagged, &other),
    ] {
        assert_eq!(&apply(edit, before).unwrap(), after);
        assert_eq!(edit.len_after(before.len()), after.len());
    }
}

#[test]
fn an_edit_of_a_frame_it_was_not_decided_for_is_refused() {
    let octets = [0u8; 18];
    for len in 0..18 {
        let frame = &octets[..len];
        assert_eq!(Edit::Keep.apply(frame).is_some(), len >= 12);
        assert_eq!(Edit::Strip.apply(frame).is_some(), len >= 16);
        assert_eq!(
            Edit::Insert(TagControl(1)).apply(frame).is_some(),
            len >= 12
        );
        assert_eq!(
            Edit::Replace(TagControl(1)).apply(frame).is_some(),
            len >= 16
        );
    }
}

/// A number of a VLAN, few enough to meet, from every corner.
fn vid() -> impl Strategy<Value = u16> {
    prop_oneof![0u16..4, 62u16..66, 4092u16..4098, any::<u16>()]
}

fn flags() -> impl Strategy<Value = VlanFlags> {
    (any::<bool>(), any::<bool>()).prop_map(|(pvid, untagged)| VlanFlags { pvid, untagged })
}

/// Additions (with flags) and removals (without).
fn history() -> impl Strategy<Value = Vec<(u16, Option<VlanFlags>)>> {
    let change = (vid(), proptest::option::weighted(0.8, flags()));
    proptest::collection::vec(change, 0..30)
}

proptest! {
    #[test]
    fn a_port_is_in_the_vlans_it_was_put_into(history in history()) {
        check_members(&history);
    }

    #[test]
    fn a_change_is_reported_when_there_is_one(history in history(), vid in vid(), flags in flags()) {
        check_change(&history, vid, flags);
    }

    /// From the octets that come in to the octets that go out.
    #[test]
    fn a_frame_changes_as_a_naive_switch_would_change_it(
        from in history(),
        to in history(),
        control in proptest::option::of((vid(), 0u16..16)),
    ) {
        check_frame(&from, &to, control);
    }
}
