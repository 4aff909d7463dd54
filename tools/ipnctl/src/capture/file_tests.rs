// SPDX-License-Identifier: GPL-2.0

use super::super::link::{ETHERNET, USER0};
use super::{in_units, Packet, Reader, Writer};
use proptest::prelude::*;
use std::time::{Duration, SystemTime};

fn read(bytes: &[u8]) -> Result<Vec<Packet>, String> {
    let mut reader = Reader::new(bytes)?;
    let mut packets = Vec::new();
    while let Some(packet) = reader.next()? {
        packets.push(packet);
    }
    Ok(packets)
}

/// A file with these messages, a microsecond and a nanosecond apart.
fn written(messages: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes, "/run/bus", USER0, 1514, Some("ip")).expect("begin");
    for (at, message) in messages.iter().enumerate() {
        let time = SystemTime::UNIX_EPOCH + time(at);
        let put = writer.put(3, time, message, message.len(), at as u64 % 2);
        put.expect("put");
    }
    writer.end(SystemTime::now(), 3, 2).expect("end");
    writer.flush().expect("flush");
    bytes
}

fn time(at: usize) -> Duration {
    Duration::from_nanos(1_796_000_000_000_000_000 + 1001 * at as u64)
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(
        messages in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..70), 0..9)
    ) {
        let packets = read(&written(&messages)).expect("a file");
        prop_assert_eq!(packets.len(), messages.len());
        for (at, (packet, message)) in packets.iter().zip(&messages).enumerate() {
            prop_assert_eq!(&packet.bytes, message);
            prop_assert_eq!((packet.time, packet.full_len), (time(at), message.len()));
        }
    }

    #[test]
    fn a_damaged_file_is_an_error_or_shorter(at in 0_usize..400, value: u8, len in 0_usize..400) {
        let mut bytes = written(&[vec![1; 60], vec![2; 3]]);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = value;
        }
        bytes.truncate(len.max(1));
        let _ = read(&bytes);
    }
}

#[test]
fn a_pcap_file_is_read_with_either_unit_of_time() {
    for (magic, nanos) in [(0xa1b2_c3d4_u32, 5000), (0xa1b2_3c4d, 5)] {
        let header = [magic, 0x0004_0002, 0, 0, 65535, u32::from(ETHERNET)];
        let packet = [7_u32, 5, 3, 60];
        let mut bytes: Vec<u8> = header
            .iter()
            .chain(&packet)
            .flat_map(|n| n.to_le_bytes())
            .collect();
        bytes.extend([1, 2, 3]);
        let expected = Packet {
            time: Duration::new(7, nanos),
            bytes: vec![1, 2, 3],
            full_len: 60,
        };
        assert_eq!(read(&bytes), Ok(vec![expected]));
    }
}

/// A number in one order of bytes or the other.
type InOrder = fn(u32) -> [u8; 4];
const ORDERS: [InOrder; 2] = [u32::to_be_bytes, u32::to_le_bytes];

/// The packet that both files below have.
fn one() -> Vec<Packet> {
    vec![Packet {
        time: Duration::new(7, 5000),
        bytes: vec![1, 2, 3],
        full_len: 60,
    }]
}

#[test]
fn a_pcap_file_of_either_order_of_bytes_is_read() {
    for order in ORDERS {
        let version = match order(1)[0] {
            0 => 0x0002_0004,
            _ => 0x0004_0002,
        };
        // Whether frames have a checksum at their end stands in the word of the link type.
        for link in [u32::from(ETHERNET), 0x1400_0000 | u32::from(ETHERNET)] {
            let words = [0xa1b2_c3d4, version, 0, 0, 65535, link, 7, 5, 3, 60];
            let mut bytes = words.map(order).concat();
            bytes.extend([1, 2, 3]);
            assert_eq!(read(&bytes), Ok(one()), "{link:#x}");
        }
    }
}

#[test]
fn a_pcapng_file_of_either_order_of_bytes_is_read() {
    for order in ORDERS {
        let block = |kind: u32, body: &[[u8; 4]]| {
            let len = order(12 + 4 * body.len() as u32);
            [&[order(kind), len], body, &[len]].concat()
        };
        let halves = |high: u32, low: u32| match order(1)[0] {
            0 => order((high << 16) | low),
            _ => order((low << 16) | high),
        };
        let section = [order(0x1a2b_3c4d), halves(1, 0), [0xff; 4], [0xff; 4]];
        let interface = [halves(ETHERNET.into(), 0), order(65535)];
        // Of the interface, in microseconds.
        let time = 7_000_005_u32;
        let packet = [0, 0, time, 3, 60].map(order);
        let packet = [&packet[..], &[[1, 2, 3, 0]]].concat();
        let blocks = [
            block(0x0a0d_0d0a, &section),
            block(1, &interface),
            // One that says nothing of packets.
            block(0x0000_0bad, &[]),
            block(6, &packet),
        ];
        assert_eq!(read(&blocks.concat().concat()), Ok(one()));
    }
}

#[test]
fn what_is_no_capture_file_is_refused() {
    for bytes in [
        &b""[..],
        b"ab",
        b"hello world, this is a text of some length",
    ] {
        assert!(read(bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn units_of_time_are_powers_of_ten_or_two() {
    assert_eq!(in_units(1_500_000, 6), Duration::from_millis(1500));
    assert_eq!(in_units(3, 0x81), Duration::from_millis(1500));
    assert_eq!(in_units(u64::MAX, 0), Duration::from_nanos(u64::MAX));
    assert_eq!(in_units(u64::MAX, 0x7f), Duration::ZERO);
    assert_eq!(in_units(u64::MAX, 0xff), Duration::ZERO);
}
