// SPDX-License-Identifier: GPL-2.0
//! What the kernel was given with notes beside it, and the frames that a wire would carry instead:
//! said naively, byte by byte.

use crate::sys::tun::Notes;

/// `VIRTIO_NET_HDR_GSO_TCPV4`.
pub const TCP: u8 = 1;
/// `VIRTIO_NET_HDR_GSO_UDP_L4`.
pub const UDP: u8 = 5;

/// Bytes of a header of IPv4 without options.
const IP: usize = 20;
/// The least that the kernel cuts a stream into (`TCP_MIN_GSO_SIZE`).
const LEAST_OF_TCP: usize = 8;

/// A frame and what is noted of it.
#[derive(Clone, Debug, Default)]
pub struct Unfinished {
    /// From the addresses on.
    pub frame: Vec<u8>,
    /// What stands beside it.
    pub notes: Notes,
}

/// The sum of the Internet's checksum over these bytes.
fn sum(bytes: &[u8]) -> u32 {
    let words = bytes.chunks(2).map(|word| {
        let low = word.get(1).copied().unwrap_or(0);
        u32::from(u16::from_be_bytes([word[0], low]))
    });
    words.sum()
}

/// A sum in 16 bits.
fn fold(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    sum as u16
}

/// The sum of what TCP and UDP count before their header.
fn pseudo(ip: &[u8], protocol: u8, len: usize) -> u32 {
    sum(&ip[12..20]) + u32::from(protocol) + len as u32
}

fn put(bytes: &mut [u8], at: usize, number: u16) {
    bytes[at..at + 2].copy_from_slice(&number.to_be_bytes());
}

/// A frame with its checksum written, as a card does it: the sum from there on, of what is there; a 0
/// is written as 0xffff.
pub fn with_sum(frame: &[u8], notes: &Notes) -> Vec<u8> {
    let mut frame = frame.to_vec();
    if let Some((start, offset)) = notes.sum {
        let start = usize::from(start);
        let written = match !fold(sum(&frame[start..])) {
            0 => 0xffff,
            sum => sum,
        };
        put(&mut frame, start + usize::from(offset), written);
    }
    frame
}

/// A packet of IPv4 with a payload that is to be cut into pieces of `size` bytes, behind a header of
/// Ethernet with its tags. `kind` is [`TCP`] or [`UDP`].
pub fn stream(link: &[u8], kind: u8, payload: &[u8], size: u16) -> Unfinished {
    let (protocol, header, at) = if kind == TCP { (6, 20, 16) } else { (17, 8, 6) };
    let mut ip = [
        0x45, 0, 0, 0, 0x12, 0xfe, 0, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
    ];
    let len = header + payload.len();
    put(&mut ip, 2, (IP + len) as u16);
    let check = !fold(sum(&ip));
    put(&mut ip, 10, check);
    let mut transport = vec![0; header];
    transport[..4].copy_from_slice(&[0x1b, 0x58, 0x1b, 0x59]);
    if kind == TCP {
        // Sequence near its end; PSH, FIN and CWR belong to some of the pieces only.
        transport[4..8].copy_from_slice(&0xffff_ff00_u32.to_be_bytes());
        transport[12..14].copy_from_slice(&[0x50, 0x99]);
    } else {
        put(&mut transport, 4, len as u16);
    }
    // What is not counted yet is what stands before the header.
    put(&mut transport, at, fold(pseudo(&ip, protocol, len)));
    Unfinished {
        frame: [link, &ip, &transport, payload].concat(),
        notes: Notes {
            sum: Some(((link.len() + IP) as u16, at as u16)),
            gso_type: kind,
            gso_size: size,
            header: (link.len() + IP + header) as u16,
        },
    }
}

/// The frames that it stands for.
pub fn frames(unfinished: &Unfinished) -> Vec<Vec<u8>> {
    let Unfinished { frame, notes } = unfinished;
    let (header, size) = match notes.gso_type {
        TCP => (20, usize::from(notes.gso_size).max(LEAST_OF_TCP)),
        UDP => (8, notes.gso_size.into()),
        _ => return vec![with_sum(frame, notes)],
    };
    let (start, offset) = notes.sum.expect("a stream has a checksum");
    let (start, offset) = (usize::from(start), usize::from(offset));
    let (head, payload) = frame.split_at(start + header);
    if payload.len() <= size {
        return vec![with_sum(frame, notes)];
    }
    let pieces = payload.len().div_ceil(size);
    let piece = |(number, part): (usize, &[u8])| {
        let mut frame = [head, part].concat();
        let (link, transport) = frame.split_at_mut(start);
        let ip = link.len() - IP;
        let ip = &mut link[ip..];
        put(ip, 2, (IP + transport.len()) as u16);
        let id = u16::from_be_bytes([ip[4], ip[5]]);
        put(ip, 4, id.wrapping_add(number as u16));
        put(ip, 10, 0);
        let check = !fold(sum(ip));
        put(ip, 10, check);
        if notes.gso_type == TCP {
            let sequence =
                u32::from_be_bytes([transport[4], transport[5], transport[6], transport[7]]);
            let sequence = sequence.wrapping_add((number * size) as u32);
            transport[4..8].copy_from_slice(&sequence.to_be_bytes());
            // CWR is the first one's, PSH and FIN are the last one's.
            if number > 0 {
                transport[13] &= !0x80;
            }
            if number + 1 < pieces {
                transport[13] &= !0x09;
            }
        } else {
            put(transport, 4, transport.len() as u16);
        }
        put(transport, offset, 0);
        let protocol = ip[9];
        let check = !fold(pseudo(ip, protocol, transport.len()) + sum(transport));
        put(transport, offset, if check == 0 { 0xffff } else { check });
        frame
    };
    payload.chunks(size).enumerate().map(piece).collect()
}
