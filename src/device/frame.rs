// SPDX-License-Identifier: GPL-2.0

//! What becomes of a packet of the kernel's before it is a frame as a wire carries it: from its
//! addresses to its end, with its tags in it, its checksum filled in, no longer than a link's.
//!
//! A packet (`struct sk_buff`) is bytes, and what drivers and the stack have noted beside them. The
//! notes are not believed: they come from drivers of all kinds, and what is written to a tun chooses
//! them. `rust/glue/packet.c` tells them and does what is decided here.

/// Bytes of an Ethernet header (`ETH_HLEN`): the least that a frame has.
pub(crate) const HEADER: u32 = 14;

/// Bytes of a checksum.
const SUM: u32 = 2;

/// Bytes from where SCTP's checksum counts from to its end: it is longer, and not where it is noted.
const SCTP_SUM_END: u32 = 12;

/// What is noted of a packet. Where something is counts from where the packet's data begin, which is
/// behind the header for a packet that arrives, and before it afterwards.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet {
    /// Bytes of data.
    pub(crate) len: u32,
    /// Bytes between the MAC header and the data, if it is known where that begins.
    pub(crate) header: Option<u32>,
    /// It was sent by this host, to itself, and never had a header (`PACKET_LOOPBACK`).
    pub(crate) is_loopback: bool,
    /// A checksum is left to be filled in (`CHECKSUM_PARTIAL`).
    pub(crate) sum: Option<Sum>,
    /// It stands for several.
    pub(crate) segments: Segments,
}

/// A checksum that is to be filled in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    /// The first byte that counts. Before the data: below 0.
    pub(crate) start: i32,
    /// Where the checksum is, from that byte on.
    pub(crate) offset: u16,
    /// It is that of SCTP (`csum_not_inet`).
    pub(crate) is_sctp: bool,
}

/// Whether a packet stands for several frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Segments {
    /// It is one.
    One,
    /// It does, and says of what kind they are (`gso_type`).
    Many,
    /// It does, and says nothing more: the card joined them (LRO), and they cannot be had back.
    Unknown,
}

/// What becomes of a packet that arrives at a grabbed device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is the host's.
    Host,
    /// It is no frame.
    Drop,
    /// Its header goes before the data again, so many bytes. A tag beside the packet was taken from
    /// the header's end.
    Frame(u32),
}

/// What is to be done with a packet that begins with its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// It is no frame.
    Drop,
    /// Nothing.
    Nothing,
    /// The checksum is filled in. So many bytes must lie together for that, which are there.
    Sum(u32),
    /// It is taken apart, and this is asked again of each part.
    Segment,
}

/// Whether a packet that arrives is a frame.
///
/// The bridge trusts a device's type in this and puts 14 bytes before the data. Here the header is
/// what lies between where it begins and the data: none in a packet of a tun, more than 14 bytes where
/// tags were left in it.
pub(crate) fn arrival(packet: &Packet) -> Arrival {
    if packet.is_loopback {
        return Arrival::Host;
    }
    match packet.header {
        Some(header) if header >= HEADER && packet.len.checked_add(header).is_some() => {
            Arrival::Frame(header)
        }
        _ => Arrival::Drop,
    }
}

/// What is left to do until a packet is a frame. `is_segment`: it is part of one that was taken apart.
pub(crate) fn finish(packet: &Packet, is_segment: bool) -> Finish {
    if packet.len < HEADER {
        return Finish::Drop;
    }
    match packet.segments {
        Segments::One => {}
        Segments::Many if !is_segment => return Finish::Segment,
        Segments::Many | Segments::Unknown => return Finish::Drop,
    }
    let Some(sum) = packet.sum else {
        return Finish::Nothing;
    };
    match end_of(sum) {
        Some(end) if end <= packet.len => Finish::Sum(end),
        _ => Finish::Drop,
    }
}

/// Where a checksum ends. None: it counts from before the data.
fn end_of(sum: Sum) -> Option<u32> {
    let len = if sum.is_sctp {
        SCTP_SUM_END
    } else {
        u32::from(sum.offset).saturating_add(SUM)
    };
    u32::try_from(sum.start).ok()?.checked_add(len)
}
