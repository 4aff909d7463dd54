// SPDX-License-Identifier: GPL-2.0

//! The header of an Ethernet frame, checked.
//!
//! [`Frame::parse`] proves the lengths once and copies out what the switch decides by. From then
//! on there is no length left to check, and nothing that could change under the decision when the
//! octets lie in memory that others write to.

/// Octets of a header without a tag: two addresses and the EtherType (IEEE 802.3, 3.1.1).
pub const HEADER_LEN: usize = 14;

/// Octets of a VLAN tag (IEEE 802.1Q, 9.3): the tag protocol identifier and the control word.
pub const TAG_LEN: usize = 4;

/// How many octets [`Frame::parse`] looks at: a header with one tag.
pub const HEAD_LEN: usize = 18;

/// The EtherType of a customer VLAN tag (IEEE 802.1Q, table 9-1), `ETH_P_8021Q`.
pub const ETHERTYPE_VLAN: u16 = 0x8100;

/// A MAC address: its octets as one number, the first one highest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MacAddress(u64);

impl MacAddress {
    /// The address of all stations.
    pub const BROADCAST: Self = Self::new([0xff; 6]);

    /// The bit that makes an address that of a group (IEEE 802, 8.2.2: I/G).
    const GROUP: u64 = 1 << 40;

    /// The address with these octets.
    pub const fn new(octets: [u8; 6]) -> Self {
        let [a, b, c, d, e, f] = octets;
        Self(u64::from_be_bytes([0, 0, a, b, c, d, e, f]))
    }

    /// The octets of the address.
    pub const fn octets(self) -> [u8; 6] {
        let [_, _, a, b, c, d, e, f] = self.0.to_be_bytes();
        [a, b, c, d, e, f]
    }

    /// Whether the address names a group of stations.
    pub const fn is_group(self) -> bool {
        self.0 & Self::GROUP != 0
    }

    /// Whether the address can be that of one station: neither a group's nor all zeros. Only such
    /// an address is a valid source (`is_valid_ether_addr()`).
    pub const fn is_station(self) -> bool {
        !self.is_group() && self.0 != 0
    }

    /// The last digit of a reserved address, 01:80:C2:00:00:00 to 01:80:C2:00:00:0F (IEEE 802.1Q,
    /// table 8-1), which is meant for the bridge itself. `None` for all others.
    pub const fn reserved(self) -> Option<u8> {
        match self.0 {
            address @ 0x0180_c200_0000..=0x0180_c200_000f => Some((address & 0xf) as u8),
            _ => None,
        }
    }

    /// The address as a number below 2^48.
    pub const fn to_u64(self) -> u64 {
        self.0
    }

    /// The address of the low 48 bits of a number.
    pub const fn from_u64(bits: u64) -> Self {
        Self(bits & 0xffff_ffff_ffff)
    }
}

/// The control word of a VLAN tag (IEEE 802.1Q, 9.6): priority, drop eligibility, VLAN.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TagControl(pub u16);

impl TagControl {
    const VID_MASK: u16 = 0x0fff;

    /// The VLAN the tag names: 0 to 4095. 0 means that the tag carries a priority only.
    pub const fn vid(self) -> u16 {
        self.0 & Self::VID_MASK
    }

    /// The same priority and drop eligibility in another VLAN.
    pub const fn with_vid(self, vid: u16) -> Self {
        Self((self.0 & !Self::VID_MASK) | (vid & Self::VID_MASK))
    }

    /// The whole tag as it stands in a frame.
    pub const fn to_tag(self) -> [u8; TAG_LEN] {
        let [a, b] = ETHERTYPE_VLAN.to_be_bytes();
        let [c, d] = self.0.to_be_bytes();
        [a, b, c, d]
    }
}

/// The outermost tag of a frame.
///
/// Only the customer tag counts. A service tag (0x88A8) is payload to a bridge whose VLAN protocol
/// is 802.1Q, as to the Linux bridge with its default `vlan_protocol`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tag {
    /// The frame has none.
    None,
    /// The frame has a whole one, followed by an EtherType.
    Present(TagControl),
    /// The EtherType announces a tag, and the frame ends within it.
    Truncated,
}

/// How many octets of a frame that begins with `head` say where it goes: those of its header, and of a whole tag.
pub fn deciding_len(head: &[u8]) -> usize {
    let [high, low] = ETHERTYPE_VLAN.to_be_bytes();
    match head.get(HEADER_LEN.wrapping_sub(2)..HEADER_LEN) {
        Some(&[a, b]) if a == high && b == low => HEAD_LEN,
        _ => HEADER_LEN,
    }
}

/// A frame that is shorter than an Ethernet header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooShort;

/// What the switch needs to know of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    destination: MacAddress,
    source: MacAddress,
    ethertype: u16,
    tag: Tag,
    len: usize,
}

impl Frame {
    /// Reads the header of a frame of `len` octets that begins with `head`.
    ///
    /// `head` may be the whole frame or its beginning, but at least [`HEAD_LEN`] octets of it
    /// where the frame has that many. What lies beyond `len` is not read.
    ///
    /// # Errors
    ///
    /// [`TooShort`] when there are less than [`HEADER_LEN`] octets.
    pub fn parse(head: &[u8], len: usize) -> Result<Self, TooShort> {
        let head = head.get(..len).unwrap_or(head);
        let header = head.first_chunk::<HEADER_LEN>().ok_or(TooShort)?;
        let [d0, d1, d2, d3, d4, d5, s0, s1, s2, s3, s4, s5, t0, t1] = *header;
        let ethertype = u16::from_be_bytes([t0, t1]);
        let tag = match head.first_chunk::<HEAD_LEN>() {
            _ if ethertype != ETHERTYPE_VLAN => Tag::None,
            Some(&[.., c0, c1, _, _]) => Tag::Present(TagControl(u16::from_be_bytes([c0, c1]))),
            None => Tag::Truncated,
        };
        Ok(Self {
            destination: MacAddress::new([d0, d1, d2, d3, d4, d5]),
            source: MacAddress::new([s0, s1, s2, s3, s4, s5]),
            ethertype,
            tag,
            len,
        })
    }

    /// The address the frame is for.
    pub const fn destination(&self) -> MacAddress {
        self.destination
    }

    /// The address the frame is from.
    pub const fn source(&self) -> MacAddress {
        self.source
    }

    /// The EtherType that follows the addresses: [`ETHERTYPE_VLAN`] for a tagged frame.
    pub const fn ethertype(&self) -> u16 {
        self.ethertype
    }

    /// The outermost tag.
    pub const fn tag(&self) -> Tag {
        self.tag
    }

    /// The length of the frame in octets, header and tag included.
    #[allow(clippy::len_without_is_empty)] // A frame with a header is never empty.
    pub const fn len(&self) -> usize {
        self.len
    }
}
