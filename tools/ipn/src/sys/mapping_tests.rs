// SPDX-License-Identifier: GPL-2.0

//! Rings that cannot be, and how words are copied.

use super::*;
#[test]
fn a_ring_is_as_long_as_its_slots() {
    let shape = Shape {
        pool: 256,
        slots: 256,
        lossless: false,
        stride: 1536,
        slots_at: 4096,
        mtu: 1514,
    };
    assert_eq!(shape.bytes(), Some(4096 + 256 * 1536));
    let wrong = [
        Shape { pool: 0, ..shape },
        Shape {
            slots: 255,
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
