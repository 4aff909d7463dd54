// SPDX-License-Identifier: GPL-2.0

//! Rings that cannot be, and how words are copied.

use super::*;
#[test]
fn a_ring_is_as_long_as_its_index_and_its_bytes() {
    let shape = Shape {
        messages: 256,
        bytes: 257 * 1520,
        mtu: 1514,
        waits: false,
        is_written: false,
        index_at: 4096,
        bytes_at: 4096 + 256 * 32,
        positions_at: 64,
        sequences_at: 0,
    };
    assert_eq!(shape.whole(), Some(4096 + 256 * 32 + 257 * 1520));
    let sequenced = Shape {
        sequences_at: shape.bytes_at,
        bytes_at: shape.bytes_at + 256 * 48,
        ..shape
    };
    assert_eq!(sequenced.whole(), Some(sequenced.bytes_at + 257 * 1520));
    let wrong = [
        Shape {
            sequences_at: sequenced.sequences_at - 32,
            ..sequenced
        },
        Shape {
            sequences_at: sequenced.sequences_at + 8,
            ..sequenced
        },
        Shape {
            sequences_at: sequenced.sequences_at + 4,
            bytes_at: sequenced.bytes_at + 8,
            ..sequenced
        },
        Shape {
            sequences_at: usize::MAX & !7,
            ..sequenced
        },
        Shape {
            messages: 0,
            ..shape
        },
        Shape {
            messages: 257,
            ..shape
        },
        Shape {
            index_at: 128,
            ..shape
        },
        Shape {
            index_at: 4092,
            ..shape
        },
        Shape {
            bytes_at: shape.bytes_at + 4,
            ..shape
        },
        Shape {
            positions_at: 4096 - 56,
            ..shape
        },
        Shape {
            positions_at: 68,
            ..shape
        },
        Shape {
            bytes: 1504,
            ..shape
        },
        Shape {
            bytes: shape.bytes + 8,
            ..shape
        },
        Shape {
            bytes_at: usize::MAX & !7,
            ..shape
        },
    ];
    for shape in wrong {
        assert_eq!(shape.whole(), None, "{shape:?}");
    }
}

#[test]
fn words_are_copied_as_they_are_few_or_many() {
    let words: Vec<AtomicU64> = (1..100).map(AtomicU64::new).collect();
    for (count, many) in (0..words.len()).flat_map(|count| [(count, false), (count, true)]) {
        let mut room = vec![0; count * WORD];
        match many {
            false => copy_words(&words[..count], &mut room),
            // SAFETY: there is as much room.
            true => unsafe { copy_many(&words[..count], &mut room) },
        }
        let copied = room.chunks_exact(WORD).zip(1_u64..);
        assert!(copied
            .clone()
            .all(|(bytes, word)| bytes == word.to_ne_bytes()));
        assert_eq!(copied.count(), count);
    }
}
