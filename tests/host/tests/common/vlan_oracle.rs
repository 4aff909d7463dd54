// SPDX-License-Identifier: GPL-2.0

//! The VLANs of ports, and a frame between two, beside the naive ones.

use af_ipn_core::kvde_switch::frame::{Tag, TagControl};
use af_ipn_core::kvde_switch::vlan::{PortVlans, VlanFlags};

use super::lab::apply;
use super::naive_port::NaivePort;

/// Additions (with flags) and removals (without).
pub type History = [(u16, Option<VlanFlags>)];

/// A tag with this control word.
pub const fn tag(control: u16) -> Tag {
    Tag::Present(TagControl(control))
}

fn both(history: &History) -> (PortVlans, NaivePort) {
    let (mut port, mut naive) = (PortVlans::EMPTY, NaivePort::default());
    for (vid, flags) in history {
        match flags {
            Some(flags) => {
                let _ = port.add(*vid, *flags);
                naive.add(*vid, *flags);
            }
            None => {
                port.remove(*vid);
                naive.remove(*vid);
            }
        }
    }
    (port, naive)
}

/// A port is in the VLANs it was put into.
pub fn check_members(history: &History) {
    let (port, naive) = both(history);
    assert_eq!(port.pvid(), naive.pvid);
    let vlans: Vec<_> = naive
        .members
        .iter()
        .map(|vid| {
            let untagged = naive.untagged.contains(vid);
            (
                *vid,
                VlanFlags {
                    pvid: naive.pvid == Some(*vid),
                    untagged,
                },
            )
        })
        .collect();
    assert_eq!(port.iter().collect::<Vec<_>>(), vlans);
}

/// A change is reported when there is one.
pub fn check_change(history: &History, vid: u16, flags: VlanFlags) {
    let (before, _) = both(history);
    let mut after = before.clone();
    if let Ok(changed) = after.add(vid, flags) {
        assert_eq!(changed, after != before);
        assert_eq!(after.flags(vid), Some(flags));
    }
    let was_in = after.flags(vid).is_some();
    assert_eq!(after.remove(vid), was_in);
}

/// A frame changes as a naive switch would change it, from the octets that come in to those that
/// go out. `control` is that of its tag: a VLAN and a priority.
pub fn check_frame(from: &History, to: &History, control: Option<(u16, u16)>) {
    let ((from, naive_from), (to, naive_to)) = (both(from), both(to));
    let control = control.map(|(vid, priority)| (priority << 12) | (vid & 0xfff));
    let mut sent = vec![3u8; 12];
    if let Some(control) = control {
        sent.extend([0x81, 0x00]);
        sent.extend(control.to_be_bytes());
    }
    sent.extend([8, 0, 42]);

    let vid = naive_from.vid_of(control);
    let expected = vid.and_then(|vid| naive_to.leaves(vid, control, &sent));

    let arrived = from.ingress(control.map_or(Tag::None, tag));
    assert_eq!(arrived.ok().map(|membership| membership.vid()), vid);
    let edit = arrived.ok().and_then(|membership| membership.egress(&to));
    if let Some(edit) = edit {
        assert_eq!(
            Some(edit.len_after(sent.len())),
            expected.as_ref().map(Vec::len)
        );
    }
    assert_eq!(edit.and_then(|edit| apply(edit, &sent)), expected);
}
