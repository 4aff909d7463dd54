// SPDX-License-Identifier: GPL-2.0

//! What becomes of a packet, said naively: of what was sent, and of memory that nobody sent.

use crate::device::frame::{self, Arrival, Finish, Packet, Segments, Sum};

/// A byte of memory; none, where nobody has sent one.
type Byte = Option<u8>;

/// Bytes of a tag.
const TAG: usize = 4;

/// How a packet came to be as it arrives.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// What was sent, with its tags.
    pub(crate) sent: Vec<u8>,
    /// Bytes of memory before it.
    pub(crate) room: usize,
    /// Bytes at its beginning that the driver took for the header: the data begin behind them.
    pub(crate) pulled: usize,
    /// Whether the driver has noted where it begins.
    pub(crate) is_noted: bool,
    /// Whether a tag was taken from the header's end.
    pub(crate) is_untagged: bool,
    /// It never had a header.
    pub(crate) is_loopback: bool,
    /// The checksum that is left to do: where it counts from, in what was sent, and where it is.
    pub(crate) sum: Option<(i32, u16, bool)>,
    /// Whether it stands for several.
    pub(crate) segments: Segments,
}

/// What there is of it in the end.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Host,
    Drop,
    /// It is for the kernel to take apart, from the header on.
    Segment(Vec<Byte>),
    Frame(Vec<Byte>),
}

impl Story {
    /// Bytes of the header that the driver took.
    fn pulled(&self) -> usize {
        self.pulled.min(self.sent.len())
    }

    /// A tag was taken from a header that has room for one.
    fn is_untagged(&self) -> bool {
        self.is_untagged && self.pulled() >= 14 + TAG
    }
}

/// The frame is what was sent, with its checksum: or there is none.
fn naive(story: &Story) -> End {
    if story.is_loopback {
        return End::Host;
    }
    let header = story.pulled() - if story.is_untagged() { TAG } else { 0 };
    if !story.is_noted || header < 14 {
        return End::Drop;
    }
    let mut frame = story.sent.clone();
    match story.segments {
        Segments::Many => return End::Segment(frame.into_iter().map(Some).collect()),
        Segments::Unknown => return End::Drop,
        Segments::One => {}
    }
    if let Some((start, offset, is_sctp)) = story.sum {
        let (at, len) = if is_sctp {
            (8, 4)
        } else {
            (usize::from(offset), 2)
        };
        let Ok(start) = usize::try_from(start) else {
            return End::Drop;
        };
        if start + at + len > frame.len() {
            return End::Drop;
        }
        fill(&mut frame, start + at, len, |frame| sum_of(&frame[start..]));
    }
    End::Frame(frame.into_iter().map(Some).collect())
}

/// Stands for a checksum; which one it is does not matter here.
fn sum_of(bytes: &[u8]) -> u32 {
    bytes.iter().fold(7, |sum: u32, &byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    })
}

fn fill(frame: &mut [u8], at: usize, len: usize, sum: impl Fn(&[u8]) -> u32) {
    let sum = sum(frame).to_be_bytes();
    frame[at..at + len].copy_from_slice(&sum[..len]);
}

/// A packet in memory, as the kernel has it. Its functions do what those of the same names do, and
/// panic where those would.
struct Skb {
    memory: Vec<Byte>,
    data: usize,
    mac: Option<usize>,
    tag: Option<[Byte; TAG]>,
    /// From the beginning of the memory on, as `csum_start` is.
    sum: Option<(i64, u16, bool)>,
    is_loopback: bool,
    segments: Segments,
}

impl Skb {
    fn of(story: &Story) -> Self {
        let mut memory = vec![None; story.room];
        memory.extend(story.sent.iter().copied().map(Some));
        let (mut mac, data) = (story.room, story.room + story.pulled());
        let mut tag = None;
        if story.is_untagged() {
            // As `skb_vlan_untag()`: what is before the tag moves behind it.
            let at = data - 2 - TAG;
            tag = Some([0, 1, 2, 3].map(|byte| memory[at + byte]));
            memory.copy_within(mac..at, mac + TAG);
            memory[mac..mac + TAG].fill(None);
            mac += TAG;
        }
        Self {
            memory,
            data,
            mac: story.is_noted.then_some(mac),
            tag,
            sum: (story.sum).map(|(start, offset, is_sctp)| {
                (story.room as i64 + i64::from(start), offset, is_sctp)
            }),
            is_loopback: story.is_loopback,
            segments: story.segments,
        }
    }

    /// As `ipn_packet_of()`.
    fn noted(&self) -> Packet {
        Packet {
            len: (self.memory.len() - self.data) as u32,
            header: self
                .mac
                .and_then(|mac| self.data.checked_sub(mac))
                .map(|header| header as u32),
            is_loopback: self.is_loopback,
            sum: self.sum.map(|(start, offset, is_sctp)| Sum {
                start: (start - self.data as i64) as i32,
                offset,
                is_sctp,
            }),
            segments: self.segments,
        }
    }

    fn push(&mut self, bytes: usize) {
        self.data = self
            .data
            .checked_sub(bytes)
            .expect("skb_push: there is room");
    }

    /// As `__vlan_insert_inner_tag()`; memory before the packet is made when there is none.
    fn insert_tag(&mut self, tag: [Byte; TAG], header: usize) {
        if self.data < TAG {
            self.memory.splice(0..0, [None; TAG]);
            self.data += TAG;
            if let Some((start, ..)) = &mut self.sum {
                *start += TAG as i64;
            }
        }
        self.push(TAG);
        let rest = header - 2;
        self.memory
            .copy_within(self.data + TAG..self.data + TAG + rest, self.data);
        self.memory[self.data + rest..self.data + rest + TAG].copy_from_slice(&tag);
    }

    fn bytes(&self) -> &[Byte] {
        &self.memory[self.data..]
    }
}

/// As `ipn_packet_unpull()` and `ipn_packet_enter()`.
fn enter(mut skb: Skb) -> End {
    let header = match frame::arrival(&skb.noted()) {
        Arrival::Host => return End::Host,
        Arrival::Drop => return End::Drop,
        Arrival::Frame(header) => header as usize,
    };
    skb.push(header);
    if let Some(tag) = skb.tag.take() {
        skb.insert_tag(tag, header);
    }
    let noted = skb.noted();
    match frame::finish(&noted, false) {
        Finish::Drop => End::Drop,
        Finish::Nothing => End::Frame(skb.bytes().to_vec()),
        Finish::Segment => End::Segment(skb.bytes().to_vec()),
        Finish::Sum(together) => {
            let sum = noted.sum.expect("there is a checksum to do");
            let bytes = skb
                .bytes()
                .iter()
                .map(|byte| byte.expect("a byte that was sent"));
            let mut bytes: Vec<u8> = bytes.collect();
            // What `skb_checksum_help()` and `skb_crc32c_csum_help()` warn of.
            let start = usize::try_from(sum.start).expect("a checksum of what is there");
            let (at, len) = if sum.is_sctp {
                (8, 4)
            } else {
                (usize::from(sum.offset), 2)
            };
            assert_eq!(start + at + len, together as usize);
            fill(&mut bytes, start + at, len, |frame| sum_of(&frame[start..]));
            End::Frame(bytes.into_iter().map(Some).collect())
        }
    }
}

/// What becomes of the packet is what was sent, and nothing else.
pub(crate) fn check(story: &Story) {
    assert_eq!(enter(Skb::of(story)), naive(story), "{story:?}");
}

/// A packet that begins with its header, of a tap or part of one that was taken apart, is a frame if it
/// has a header, is not several, and its checksum is in it.
pub(crate) fn check_finish(packet: &Packet, is_segment: bool) {
    let len = i64::from(packet.len);
    let fits = packet.sum.is_none_or(|sum| {
        let end = if sum.is_sctp {
            12
        } else {
            i64::from(sum.offset) + 2
        };
        sum.start >= 0 && i64::from(sum.start) + end <= len
    });
    let expected = match (packet.segments, packet.sum) {
        _ if len < 14 => Finish::Drop,
        (Segments::Unknown, _) => Finish::Drop,
        (Segments::Many, _) if is_segment => Finish::Drop,
        (Segments::Many, _) => Finish::Segment,
        (Segments::One, None) => Finish::Nothing,
        (Segments::One, Some(_)) if !fits => Finish::Drop,
        (Segments::One, Some(sum)) => {
            let end = if sum.is_sctp {
                12
            } else {
                u32::from(sum.offset) + 2
            };
            Finish::Sum(sum.start as u32 + end)
        }
    };
    assert_eq!(frame::finish(packet, is_segment), expected, "{packet:?}");
}
