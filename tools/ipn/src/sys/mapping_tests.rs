// SPDX-License-Identifier: GPL-2.0

//! Compares the structures with the C header, and tries rings that cannot be.

use super::*;
use std::mem::offset_of;

/// The header's text.
const HEADER: &str = include_str!("../../../../include/uapi/linux/af_ipn.h");

/// Where the members lie here, and the size under the empty name.
const LAYOUT: &[(&str, &str, usize)] = &[
    ("ipn_ring", "magic", offset_of!(Ring, magic)),
    ("ipn_ring", "version", offset_of!(Ring, version)),
    ("ipn_ring", "pool", offset_of!(Ring, pool)),
    ("ipn_ring", "slots", offset_of!(Ring, slots)),
    ("ipn_ring", "stride", offset_of!(Ring, stride)),
    ("ipn_ring", "slots_at", offset_of!(Ring, slots_at)),
    ("ipn_ring", "mtu", offset_of!(Ring, mtu)),
    ("ipn_ring", "flags", offset_of!(Ring, flags)),
    ("ipn_ring", "reserved", offset_of!(Ring, reserved)),
    ("ipn_ring", "published", offset_of!(Ring, published)),
    ("ipn_ring", "awaiting_room", offset_of!(Ring, awaiting_room)),
    ("ipn_ring", "", size_of::<Ring>()),
    ("ipn_slot", "len", offset_of!(Slot, len)),
    ("ipn_slot", "from", offset_of!(Slot, from)),
    ("ipn_slot", "stamp", offset_of!(Slot, stamp)),
    ("ipn_slot", "data", size_of::<Slot>()),
    ("ipn_cursor", "position", offset_of!(Cursor, position)),
    ("ipn_cursor", "own", offset_of!(Cursor, own)),
    ("ipn_cursor", "lost", offset_of!(Cursor, lost)),
];

/// Where the C compiler puts the members of a structure whose members need no padding, and its size
/// under the empty name.
fn layout(structure: &str) -> Vec<(String, usize)> {
    let (_, rest) = HEADER
        .split_once(&format!("struct {structure} {{"))
        .expect("the header has it");
    let (members, _) = rest.split_once("};").expect("it ends");
    let mut offset = 0;
    let mut found = Vec::new();
    for line in members.lines().filter_map(|line| line.split_once(';')) {
        let (kind, name) = line.0.trim().split_once(' ').expect("type and name");
        let (name, count) = match name.trim_end_matches(']').split_once('[') {
            None => (name, 1),
            Some((name, count)) => (name, count.parse().unwrap_or(0)),
        };
        let size = match kind {
            "__u8" => 1,
            "__u32" => 4,
            "__u64" => 8,
            other => panic!("the size of {other} is not known here"),
        };
        assert_eq!(offset % size, 0, "{name} needs padding");
        found.push((name.to_owned(), offset));
        offset += size * count;
    }
    found.push((String::new(), offset));
    found
}

#[test]
fn structures_lie_as_the_header_says() {
    for &(structure, member, offset) in LAYOUT {
        let layout = layout(structure);
        let expected = layout.iter().find(|(name, _)| name == member);
        assert_eq!(
            Some(offset),
            expected.map(|one| one.1),
            "{structure}.{member}"
        );
    }
}

#[test]
fn a_ring_is_as_long_as_its_slots() {
    let shape = Shape {
        pool: 256,
        slots: 257,
        lossless: false,
        stride: 1536,
        slots_at: 4096,
        mtu: 1514,
    };
    assert_eq!(shape.bytes(), Some(4096 + 257 * 1536));
    let wrong = [
        Shape { pool: 0, ..shape },
        Shape {
            slots: 256,
            ..shape
        },
        Shape {
            slots_at: 128,
            ..shape
        },
        Shape {
            slots_at: 4100,
            ..shape
        },
        Shape {
            stride: 1531,
            ..shape
        },
        Shape {
            stride: 1528,
            ..shape
        },
        Shape {
            stride: usize::MAX & !63,
            ..shape
        },
    ];
    for shape in wrong {
        assert_eq!(shape.bytes(), None, "{shape:?}");
    }
}

#[test]
fn words_are_copied_as_they_are_few_or_many() {
    let words: Vec<AtomicU64> = (1..100).map(AtomicU64::new).collect();
    for count in 0..words.len() {
        let mut room = vec![0; count * WORD];
        copy_words(&words[..count], &mut room);
        let copied = room.chunks_exact(WORD).zip(1_u64..);
        assert!(copied
            .clone()
            .all(|(bytes, word)| bytes == word.to_ne_bytes()));
        assert_eq!(copied.count(), count);
    }
}
