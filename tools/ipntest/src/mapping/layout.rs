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
    message_lies_in_its_slot,
    nothing_else_is_in_the_memory,
];

fn ring_says_what_it_is() {
    for (flags, pool, mtu, stride) in [
        (0, 256, 1514, 1536),
        (1, 1, 1, 64),
        (2, 7, 48, 64),
        (3, 3, 49, 128),
    ] {
        let bus = Bus::named(&format!("{pool}"));
        let port = bus.create_with(&[
            (IPN_SO_FLAGS, flags),
            (IPN_SO_MSGPOOLSIZE, pool),
            (IPN_SO_MTU, mtu),
        ]);
        let map = Map::of(&port);
        let fields: Vec<u32> = (0..8).map(|index| map.field(index)).collect();
        let pool = pool as u32;
        let lossless = (flags & IPN_FLAG_LOSSLESS) as u32;
        same(
            "magic, version, pool, slots, stride, slot 0, MTU, flags",
            fields,
            vec![
                0x49504e72, 1, pool, pool, stride, 4096, mtu as u32, lossless,
            ],
        );
    }
}

fn message_lies_in_its_slot() {
    let bus = Bus::new();
    let (one, two) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 2)]), bus.join());
    ok("SO_TIMESTAMP", two.set_generic(libc::SO_TIMESTAMP, 1));
    let map = Map::of(&two);
    for (number, sender) in [&one, &two, &one, &one].into_iter().enumerate() {
        let number = number as u64;
        say_number(sender, 1000 + number as u32);
        let slot = map.slot(number);
        let half = |offset: usize| map.ring.half(slot + offset).load(Relaxed);
        let port = ok("IPN_SO_PORT", sender.get(IPN_SO_PORT)) as u32;
        same("length", half(0), 4);
        same("the port that sent it", half(at::FROM), port);
        same("its bytes", half(at::DATA), 1000 + number as u32);
        same("published", map.published(), number + 1);
        same(
            "reserved",
            map.ring.word(at::RESERVED).load(Relaxed),
            number + 1,
        );
        let stamp = map.ring.word(slot + at::STAMP).load(Relaxed);
        same("it has a time", stamp != 0, number != 0);
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
    for offset in [at::RESERVED, at::PUBLISHED] {
        expected[offset] = 3;
    }
    for number in 0..3 {
        let slot = map.slot(number);
        expected[slot..slot + 2].copy_from_slice(&1000_u16.to_ne_bytes());
        expected[slot + at::DATA..][..1000].fill(0xff);
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
