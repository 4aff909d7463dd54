// SPDX-License-Identifier: GPL-2.0
//! Random Ethernet frames of every kind that a bridge treats in a way of its own.

use std::fmt;

/// Ports that frames come from.
pub const PORTS: u32 = 4;

/// Longest frame of the network: that of a link with an MTU of 1500, with a tag.
pub const MTU: usize = 1518;

/// VLANs that ports may be in.
pub const VLANS: [u16; 4] = [1, 10, 100, 4094];

/// Addresses of the bridge itself and of its ports.
pub const LOCAL: [[u8; 6]; 5] = [
    [2, 0xbb, 0, 0, 0, 0xff],
    [2, 0xbb, 0, 0, 0, 0],
    [2, 0xbb, 0, 0, 0, 1],
    [2, 0xbb, 0, 0, 0, 2],
    [2, 0xbb, 0, 0, 0, 3],
];

/// What stands before the number at the end of a frame.
const MARK: [u8; 4] = *b"mark";

/// A tag of a customer, one of a service.
const TAGS: [u16; 2] = [0x8100, 0x88a8];

/// A frame that is sent.
pub struct Sent {
    /// Its number.
    pub number: u32,
    /// The port it comes from.
    pub port: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (len, head) = (self.bytes.len(), &self.bytes[..self.bytes.len().min(26)]);
        write!(
            f,
            "{} from {}, {len} bytes: {head:02x?}",
            self.number, self.port
        )
    }
}

/// One of a few stations, wherever it may be just now.
fn station(random: &mut fastrand::Rng) -> [u8; 6] {
    [2, 0, 0, 0, 0, random.u8(1..9)]
}

/// A station that is heard of once.
fn stranger(number: u32) -> [u8; 6] {
    let [a, b, c, d] = number.to_be_bytes();
    [6, 0, a, b, c, d]
}

fn destination(random: &mut fastrand::Rng) -> [u8; 6] {
    match random.u8(..16) {
        0 => [0xff; 6],
        1 => [1, 0, 0x5e, 0, 0, random.u8(..4)],
        2 => [0x33, 0x33, 0, 0, 0, random.u8(..4)],
        3 | 4 => [1, 0x80, 0xc2, 0, 0, random.u8(..0x12)],
        5 => [6, 1, 2, 3, 4, random.u8(..)],
        6 => LOCAL[random.usize(..LOCAL.len())],
        7 => [0; 6],
        _ => station(random),
    }
}

fn source(random: &mut fastrand::Rng) -> [u8; 6] {
    match random.u8(..24) {
        0 => [3, 0, 0, 0, 0, random.u8(1..9)],
        1 => [0xff; 6],
        2 => [0; 6],
        3 => [1, 0x80, 0xc2, 0, 0, 0],
        _ => station(random),
    }
}

fn tag(random: &mut fastrand::Rng) -> [u8; 4] {
    let kind = TAGS[usize::from(random.u8(..6) == 0)];
    let vid = match random.u8(..12) {
        0 => 0,
        1 => 4095,
        2 => random.u16(..4096),
        _ => VLANS[random.usize(..VLANS.len())],
    };
    let control = (random.u16(..16) << 12) | vid;
    let ([a, b], [c, d]) = (kind.to_be_bytes(), control.to_be_bytes());
    [a, b, c, d]
}

fn length(random: &mut fastrand::Rng) -> usize {
    match random.u8(..12) {
        0 => random.usize(..26),
        1 => random.usize(14..22),
        2 => random.usize(1510..1530),
        3 => random.usize(1515..1519),
        4 => random.usize(1519..1800),
        _ => random.usize(34..200),
    }
}

impl Sent {
    /// Any frame.
    pub fn random(number: u32, random: &mut fastrand::Rng) -> Sent {
        let mut bytes = destination(random).to_vec();
        bytes.extend(source(random));
        let tags = match random.u8(..8) {
            0 => 2,
            1..4 => 1,
            _ => 0,
        };
        (0..tags).for_each(|_| bytes.extend(tag(random)));
        let kinds = [0x88b5_u16, 0x0800, 0x86dd, 0x0806, 0x0026, 0x8809];
        bytes.extend(kinds[random.usize(..kinds.len())].to_be_bytes());
        let head = bytes.len();
        let len = length(random);
        bytes.resize(len, 0);
        bytes
            .iter_mut()
            .skip(head)
            .for_each(|byte| *byte = random.u8(..));
        Sent::of(number, random.u32(..PORTS), bytes, head)
    }

    /// A frame with a header of `head` bytes; its number is written into it.
    pub fn of(number: u32, port: u32, mut bytes: Vec<u8>, head: usize) -> Sent {
        match bytes.len().checked_sub(8) {
            Some(end) if end >= head => {
                bytes[end..end + 4].copy_from_slice(&MARK);
                bytes[end + 4..].copy_from_slice(&number.to_be_bytes());
            }
            // Too short for a number: its source tells it.
            _ => {
                let source = bytes.iter_mut().skip(6).zip(stranger(number));
                source.for_each(|(to, from)| *to = from);
            }
        }
        Sent {
            number,
            port,
            bytes,
        }
    }

    /// A frame from port 0 of `len` bytes, which begins so after its addresses.
    pub fn sample(number: u32, destination: [u8; 6], rest: &[u8], len: usize) -> Sent {
        let mut bytes = [&destination[..], &[2, 0, 0, 0, 0, 1], rest].concat();
        let head = bytes.len();
        bytes.resize(len, 0);
        Sent::of(number, 0, bytes, head)
    }

    /// The address it is for; zeroes where it ends before.
    pub fn destination(&self) -> [u8; 6] {
        let first = self.bytes.first_chunk();
        first.copied().unwrap_or([0; 6])
    }

    /// Whether it has a customer's tag.
    pub fn is_tagged(&self) -> bool {
        self.bytes.get(12..14) == Some(&TAGS[0].to_be_bytes())
    }

    /// Whether it ends within a tag, or less than two bytes after the EtherType behind that; one of
    /// two tags counts as well, since a bridge may take the other away.
    pub fn ends_at_a_tag(&self) -> bool {
        let is_tag = |at: usize| {
            let kind = self.bytes.get(at..at + 2);
            kind.is_some_and(|kind| TAGS.map(u16::to_be_bytes).iter().any(|tag| tag == kind))
        };
        (is_tag(12) && self.bytes.len() < 20) || (is_tag(12) && is_tag(16) && self.bytes.len() < 24)
    }
}

/// The number of the frame that was delivered in this form, if one of these was.
pub fn number_of(delivered: &[u8], sent: &[Sent]) -> Option<u32> {
    let by_mark = delivered.last_chunk::<8>().and_then(|end| {
        let (mark, number) = end.split_first_chunk::<4>()?;
        (*mark == MARK).then(|| u32::from_be_bytes(number.try_into().expect("four bytes")))
    });
    let number = by_mark.or_else(|| {
        let source = delivered.get(6..12)?;
        let found = sent.iter().find(|sent| source == stranger(sent.number))?;
        Some(found.number)
    })?;
    sent.iter()
        .any(|sent| sent.number == number)
        .then_some(number)
}
