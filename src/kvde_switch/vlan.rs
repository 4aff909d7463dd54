// SPDX-License-Identifier: GPL-2.0

//! VLAN rules: which VLAN a frame belongs to, which ports are in it, and what happens to its tag.
//!
//! With filtering off the switch is transparent to VLANs: every frame belongs to VLAN 0, tags pass
//! unread, and a port's sets mean nothing (`br_allowed_ingress()` in `net/bridge/br_vlan.c`). With
//! filtering on a port receives and sends only the VLANs it is a member of, as `bridge vlan` words
//! it: `pvid` is the VLAN of frames that arrive untagged, `untagged` the VLANs whose frames leave
//! without a tag.

use super::frame::{Tag, TagControl, TAG_LEN};

/// How many VLAN numbers there are. 0 and 4095 are reserved (IEEE 802.1Q, table 9-2).
pub const VLAN_COUNT: u16 = 4096;

/// The VLAN every port begins in, untagged (IEEE 802.1Q, table 9-2: the default PVID).
pub const DEFAULT_VLAN: u16 = 1;

/// Where the addresses of a frame end and its tag begins.
const TAG_AT: usize = 12;

/// Whether a number can be that of a VLAN: 1 to 4094.
pub const fn is_vlan(vid: u16) -> bool {
    vid > 0 && vid < VLAN_COUNT - 1
}

/// A number that is not that of a VLAN, where one was wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotAVlan;

/// A set of VLANs.
#[derive(Clone, PartialEq, Eq, Debug)]
struct VlanSet([u64; 64]);

impl VlanSet {
    const EMPTY: Self = Self([0; 64]);

    /// The word and the bit in it that stand for a VLAN.
    const fn place(vid: u16) -> (usize, u64) {
        ((vid >> 6) as usize, 1 << (vid & 63))
    }

    fn contains(&self, vid: u16) -> bool {
        let (word, bit) = Self::place(vid);
        self.0.get(word).is_some_and(|w| w & bit != 0)
    }

    /// Puts a VLAN in or takes it out. Returns whether that changed the set.
    fn set(&mut self, vid: u16, present: bool) -> bool {
        let (word, bit) = Self::place(vid);
        let Some(word) = self.0.get_mut(word) else {
            return false;
        };
        let before = *word;
        *word = if present { before | bit } else { before & !bit };
        *word != before
    }
}

/// How a port takes part in a VLAN, as `bridge vlan` shows it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct VlanFlags {
    /// Frames that arrive without a VLAN belong to this one.
    pub pvid: bool,
    /// Frames leave without their tag.
    pub untagged: bool,
}

/// The VLANs of one port.
///
/// # Invariants
///
/// The untagged VLANs and the PVID are among the members; all are VLAN numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PortVlans {
    members: VlanSet,
    untagged: VlanSet,
    /// 0 for none.
    pvid: u16,
}

impl PortVlans {
    /// A port in no VLAN: with filtering on, nothing passes it.
    pub const EMPTY: Self = Self {
        members: VlanSet::EMPTY,
        untagged: VlanSet::EMPTY,
        pvid: 0,
    };

    /// Makes the port what it is at first: in [`DEFAULT_VLAN`], untagged.
    pub fn reset(&mut self) {
        self.clear();
        self.members.set(DEFAULT_VLAN, true);
        self.untagged.set(DEFAULT_VLAN, true);
        self.pvid = DEFAULT_VLAN;
    }

    /// Takes the port out of every VLAN.
    pub fn clear(&mut self) {
        self.members.0.fill(0);
        self.untagged.0.fill(0);
        self.pvid = 0;
    }

    /// Puts the port into a VLAN, or changes its flags there. Returns whether that changed
    /// anything.
    ///
    /// A new PVID replaces the old one, which stays a member; without the flag a VLAN that was the
    /// PVID ceases to be it (`__vlan_flags_update()`).
    ///
    /// # Errors
    ///
    /// [`NotAVlan`] for a number outside 1 to 4094.
    pub fn add(&mut self, vid: u16, flags: VlanFlags) -> Result<bool, NotAVlan> {
        if !is_vlan(vid) {
            return Err(NotAVlan);
        }
        let joined = self.members.set(vid, true);
        let tagging = self.untagged.set(vid, flags.untagged);
        let moved = flags.pvid != (self.pvid == vid);
        if moved {
            self.pvid = if flags.pvid { vid } else { 0 };
        }
        Ok(joined || tagging || moved)
    }

    /// Takes the port out of a VLAN. Returns whether it was in it.
    ///
    /// [`Switch::remove_vlan`](super::forward::Switch::remove_vlan) also flushes what was learned.
    pub fn remove(&mut self, vid: u16) -> bool {
        self.untagged.set(vid, false);
        if self.pvid == vid {
            self.pvid = 0;
        }
        self.members.set(vid, false)
    }

    /// The VLAN of frames that arrive without one.
    pub const fn pvid(&self) -> Option<u16> {
        match self.pvid {
            0 => None,
            vid => Some(vid),
        }
    }

    /// How the port takes part in a VLAN. `None` when it does not.
    pub fn flags(&self, vid: u16) -> Option<VlanFlags> {
        self.members.contains(vid).then(|| VlanFlags {
            pvid: self.pvid == vid,
            untagged: self.untagged.contains(vid),
        })
    }

    /// The port's VLANs in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (u16, VlanFlags)> + '_ {
        (0..VLAN_COUNT).filter_map(|vid| Some((vid, self.flags(vid)?)))
    }

    /// Decides which VLAN a frame that arrives on this port belongs to (IEEE 802.1Q, 6.9 and 8.6.2;
    /// `__allowed_ingress()`).
    ///
    /// A tag that names VLAN 0 carries a priority only: such a frame belongs to the PVID, as one
    /// without a tag does, but keeps its priority.
    ///
    /// # Errors
    ///
    /// [`Refused`] when the port does not take the frame.
    pub fn ingress(&self, tag: Tag) -> Result<Membership, Refused> {
        let (control, arrived) = match tag {
            Tag::Truncated => return Err(Refused::Malformed),
            Tag::None => (TagControl(0), Arrived::Untagged),
            Tag::Present(control) if control.vid() == 0 => (control, Arrived::PriorityTagged),
            Tag::Present(control) => (control, Arrived::Tagged),
        };
        let vid = match control.vid() {
            0 => self.pvid,
            vid => vid,
        };
        if !self.members.contains(vid) {
            return Err(Refused::NotAMember);
        }
        Ok(Membership(Some(Filtered {
            control: control.with_vid(vid),
            arrived,
        })))
    }
}

/// Why a port does not take a frame in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The port is not in the frame's VLAN, or the frame names none and the port has no PVID.
    NotAMember,
    /// The frame ends within its tag.
    Malformed,
}

/// In what form a frame arrived.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Arrived {
    Untagged,
    PriorityTagged,
    Tagged,
}

/// A frame that passed the filter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Filtered {
    /// The tag the frame has inside the switch.
    control: TagControl,
    arrived: Arrived,
}

/// Which VLAN a frame belongs to while it is inside the switch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Membership(Option<Filtered>);

impl Membership {
    /// With filtering off: in VLAN 0, whatever its tag says.
    pub const TRANSPARENT: Self = Self(None);

    /// The VLAN in which the frame's addresses are learned and looked up.
    pub const fn vid(&self) -> u16 {
        match self.0 {
            Some(filtered) => filtered.control.vid(),
            None => 0,
        }
    }

    /// How the frame leaves by a port (IEEE 802.1Q, 8.6.4 and 6.9.2; `br_allowed_egress()`,
    /// `br_handle_vlan()`). `None` when the port is not in the frame's VLAN.
    pub fn egress(&self, port: &PortVlans) -> Option<Edit> {
        let Some(Filtered { control, arrived }) = self.0 else {
            return Some(Edit::Keep);
        };
        let flags = port.flags(control.vid())?;
        Some(match (flags.untagged, arrived) {
            (true, Arrived::Untagged) | (false, Arrived::Tagged) => Edit::Keep,
            (true, Arrived::PriorityTagged | Arrived::Tagged) => Edit::Strip,
            (false, Arrived::Untagged) => Edit::Insert(control),
            (false, Arrived::PriorityTagged) => Edit::Replace(control),
        })
    }
}

/// What is done to a frame's tag on its way out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)] // See `verdict::Target`.
pub enum Edit {
    /// The frame leaves as it came.
    Keep,
    /// A tag is put after the addresses: the frame grows by [`TAG_LEN`].
    Insert(TagControl),
    /// The tag is taken out: the frame shrinks by [`TAG_LEN`].
    Strip,
    /// The tag takes the place of the one that is there.
    Replace(TagControl),
}

impl Edit {
    /// The tag to write after the addresses, if any, and how many octets of the frame that came it
    /// takes the place of.
    const fn splice(self) -> (Option<TagControl>, usize) {
        match self {
            Self::Keep => (None, 0),
            Self::Insert(control) => (Some(control), 0),
            Self::Strip => (None, TAG_LEN),
            Self::Replace(control) => (Some(control), TAG_LEN),
        }
    }

    /// The frame that leaves when this one came.
    ///
    /// `None` when it is too short for the edit, which cannot be when the edit was decided for it.
    pub fn apply(self, frame: &[u8]) -> Option<EditedFrame<'_>> {
        let (tag, replaced) = self.splice();
        let (addresses, rest) = frame.split_at_checked(TAG_AT)?;
        Some(EditedFrame {
            addresses,
            tag: tag.map(TagControl::to_tag),
            rest: rest.get(replaced..)?,
        })
    }

    /// The length with which a frame of `len` octets leaves.
    pub const fn len_after(self, len: usize) -> usize {
        match self {
            Self::Keep | Self::Replace(_) => len,
            Self::Insert(_) => len.saturating_add(TAG_LEN),
            Self::Strip => len.saturating_sub(TAG_LEN),
        }
    }
}

/// A frame as it leaves, in the pieces to be written one after the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EditedFrame<'a> {
    /// The two addresses.
    pub addresses: &'a [u8],
    /// A tag that comes from the switch.
    pub tag: Option<[u8; TAG_LEN]>,
    /// The rest of the frame that came, without a tag that was taken out.
    pub rest: &'a [u8],
}
