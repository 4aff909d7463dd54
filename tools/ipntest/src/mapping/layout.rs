// SPDX-License-Identifier: GPL-2.0
//! What is in the memory that a reader maps.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::runner::cases;
use crate::mapping::lab::{at, Map};
use crate::sys::mapping::Area;
use crate::sys::memory::PAGE;
use std::sync::atomic::Ordering::Relaxed;

cases!["mapping_layout":
    ring_says_what_it_is,
    message_lies_where_its_descriptor_says,
    nothing_else_is_in_the_memory,
];

fn ring_says_what_it_is() {
    for (flags, pool, mtu, bytes, bytes_at) in [
        (0, 256, 1514, 257 * 1520, 4096 + 264 * 32),
        (1, 1, 1, 2 * 16, 4096 + 64),
        (2, 7, 48, 8 * 48, 4096 + 256),
        (3, 3, 49, 4 * 64, 4096 + 128),
    ] {
        let bus = Bus::named(&format!("{pool}"));
        let port = bus.create_with(&[
            (IPN_SO_FLAGS, flags),
            (IPN_SO_MSGPOOLSIZE, pool),
            (IPN_SO_MTU, mtu),
        ]);
        let map = Map::of(&port);
        let fields: Vec<u32> = (0..8).map(|index| map.field(index)).collect();
        let messages = pool as u32 + pool as u32 / 32;
        let lossless = (flags & IPN_FLAG_LOSSLESS) as u32;
        same(
            "magic, version, messages, where they are, bytes, where they are, MTU, flags",
            fields,
            vec![
                0x49504e72, 2, messages, 4096, bytes, bytes_at, mtu as u32, lossless,
            ],
        );
    }
}

fn message_lies_where_its_descriptor_says() {
    let bus = Bus::new();
    let (one, two) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 2)]), bus.join());
    ok("SO_TIMESTAMP", two.set_generic(libc::SO_TIMESTAMP, 1));
    let map = Map::of(&two);
    for (number, sender) in [&one, &two, &one, &one].into_iter().enumerate() {
        let number = number as u64;
        say_number(sender, 1000 + number as u32);
        let descriptor = map.descriptor(number);
        let half = |offset: usize| map.ring.half(descriptor + offset).load(Relaxed);
        let word = |offset: usize| map.ring.word(descriptor + offset).load(Relaxed);
        let port = ok("IPN_SO_PORT", sender.get(IPN_SO_PORT)) as u32;
        same("its state", word(at::STATE), (number << 3) | 1);
        same("length", half(at::LEN), 4);
        same("the port that sent it", half(at::FROM), port);
        same("its bytes", map.number(number), 1000 + number as u32);
        same("published", map.published(), number + 1);
        same(
            "the oldest",
            map.ring.word(at::OLDEST).load(Relaxed),
            (number + 1).saturating_sub(2),
        );
        let head = map.ring.half(at::HEAD).load(Relaxed);
        same("the head", head, half(at::AT) + 16);
        same("it has a time", word(at::STAMP) != 0, number != 0);
        // From its first look on the port wants to know the time.
        let _ = two.recv(&mut [0; 4], NOW);
    }
}

fn nothing_else_is_in_the_memory() {
    let bus = Bus::new();
    let port = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 5), (IPN_SO_MTU, 1000)]);
    let map = Map::of(&port);
    (0..3).for_each(|_| say(&port, &[0xff; 1000]));
    let mut expected = vec![0_u8; map.ring.size().next_multiple_of(PAGE)];
    let fields: Vec<u8> = (0..8).flat_map(|n| map.field(n).to_ne_bytes()).collect();
    expected[..32].copy_from_slice(&fields);
    expected[at::PUBLISHED] = 3;
    // Each takes 1,008 bytes.
    expected[at::HEAD..][..4].copy_from_slice(&3024_u32.to_ne_bytes());
    for number in 0..3 {
        let descriptor = map.descriptor(number);
        let (state, at) = (number as u8 * 8 + 1, number as u32 * 1008);
        expected[descriptor + at::STATE] = state;
        expected[descriptor + at::LEN..][..4].copy_from_slice(&1000_u32.to_ne_bytes());
        expected[descriptor + at::AT..][..4].copy_from_slice(&at.to_ne_bytes());
        expected[map.data(number)..][..1000].fill(0xff);
    }
    // To the end of the last page.
    let whole = Area::map(
        &port,
        expected.len(),
        libc::PROT_READ,
        libc::MAP_SHARED,
        IPN_MAP_RING,
    );
    let whole = ok("the ring to the end of its last page", whole);
    let words = expected.chunks_exact(8).enumerate();
    for (index, word) in words {
        let found = whole.word(8 * index).load(Relaxed);
        let expected = u64::from_ne_bytes(word.try_into().expect("8 bytes"));
        same(format_args!("word at {}", 8 * index), found, expected);
    }
    let cursor = (8..PAGE)
        .step_by(8)
        .map(|at| map.cursor.word(at).load(Relaxed));
    same("the rest of the cursor's page", cursor.sum::<u64>(), 0);
}
