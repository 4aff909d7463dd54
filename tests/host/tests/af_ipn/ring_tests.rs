// SPDX-License-Identifier: GPL-2.0

//! The ring, one step at a time, against a log that forgets nothing.

use crate::{
    abi::uapi::IPN_RING_MAGIC,
    heap::{self, Heap},
    ring::{
        cursor::Cursor,
        layout::{
            Descriptor, Extent, Format, Memory, Meta, Notices, Parts, Place, Positions, SequenceOf,
        },
        PeekAt, Ring,
    },
    ring_pair::{check, Pair, Step},
};
use proptest::{collection::vec, prelude::*, sample::select};
use std::{cell::Cell, rc::Rc};

/// Pools that are tried: around powers of two, the smallest and the largest.
const POOLS: [u32; 6] = [1, 2, 3, 7, 64, 65536];

fn step(most: u32) -> impl Strategy<Value = Step> {
    let reader = any::<usize>();
    let messages = prop_oneof![3 => 1..4_u32, 1 => 1..=most];
    prop_oneof![
        8 => (0..4_u32, messages.clone()).prop_map(|(from, messages)| Step::Send { from, messages }),
        1 => Just(Step::GiveUp),
        2 => Just(Step::Join),
        1 => reader.prop_map(|reader| Step::Leave { reader }),
        6 => (reader, messages).prop_map(|(reader, messages)| Step::Read { reader, messages }),
        2 => reader.prop_map(|reader| Step::BeginRead { reader }),
        2 => reader.prop_map(|reader| Step::EndRead { reader }),
        1 => (0..4_u32).prop_map(|from| Step::Count { from }),
    ]
}

fn scenario(pools: &'static [u32], steps: usize) -> impl Strategy<Value = (u32, Vec<Step>)> {
    select(pools).prop_flat_map(move |pool| (Just(pool), vec(step(2 * pool + 3), 1..steps)))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn a_small_ring_does_what_a_log_does(
        (pool, steps) in scenario(&POOLS[..5], 100),
        lossless in any::<bool>(),
    ) {
        check(pool, lossless, &steps);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_largest_ring_does_what_a_log_does(
        (pool, steps) in scenario(&POOLS[5..], 30),
        lossless in any::<bool>(),
    ) {
        check(pool, lossless, &steps);
    }
}

#[test]
fn at_least_the_pool_can_be_read_and_exactly_the_rest_is_lost() {
    for pool in POOLS {
        for beyond in [0, 1, 2, pool, 3 * pool] {
            let mut pair = Pair::new(pool, false);
            pair.run(&Step::Join);
            let messages = pool + beyond;
            pair.run(&Step::Send { from: 1, messages });
            pair.settle();
            let reader = &pair.readers[0];
            assert_eq!(reader.lost + reader.read, messages as usize);
            assert!((pool..=pool + pool / 32).contains(&(reader.read as u32)));
        }
    }
}

#[test]
fn messages_that_are_given_up_cost_no_more_than_one_that_is_sent() {
    for pool in POOLS {
        let mut pair = Pair::new(pool, false);
        pair.run(&Step::Join);
        let messages = pair.messages;
        pair.run(&Step::Send { from: 1, messages });
        (0..5).for_each(|_| pair.run(&Step::GiveUp));
        pair.settle();
        assert_eq!(pair.readers[0].lost as u32, (pool / 32).max(1));
    }
}

#[test]
fn a_full_ring_has_room_again_when_the_slowest_goes_on() {
    for pool in POOLS {
        let mut pair = Pair::new(pool, true);
        pair.run(&Step::Join);
        pair.run(&Step::Join);
        let messages = pair.messages;
        pair.run(&Step::Send {
            from: 1,
            messages: messages + 2,
        });
        assert_eq!(pair.naive.published(), messages as usize);
        // The faster of the two makes no room.
        pair.run(&Step::Read {
            reader: 0,
            messages,
        });
        pair.send(1);
        assert_eq!(pair.naive.published(), messages as usize);
        pair.read(1);
        pair.send(1);
        assert_eq!(pair.naive.published(), messages as usize + 1);
        pair.settle();
    }
}

fn send<M: Memory>(ring: &Ring<M>) {
    let claim = ring.reserve(0, u64::MAX, |_| {});
    ring.publish(claim, Meta::default());
}

/// Memory whose ring goes on just as a reader looks into the index.
struct Hasty {
    heap: Heap,
    at_look: Cell<Option<Box<dyn FnOnce()>>>,
}

impl Memory for Hasty {
    fn positions(&self) -> &Positions {
        self.heap.positions()
    }

    fn notices(&self) -> &Notices {
        self.heap.notices()
    }

    fn descriptor_behind(&self, index: u32) -> (u32, &Descriptor) {
        self.heap.descriptor_behind(index)
    }

    fn descriptor(&self, index: u32) -> &Descriptor {
        if let Some(act) = self.at_look.take() {
            act();
        }
        self.heap.descriptor(index)
    }

    fn clear(&self, at: u32, len: u32) {
        self.heap.clear(at, len);
    }
}

#[test]
fn a_message_that_goes_while_it_is_looked_for_is_lost() {
    let extent = Extent::of_pool(1, 0, Parts::NONE);
    let memory = Hasty {
        heap: Heap::new(extent),
        at_look: Cell::new(None),
    };
    let ring = Rc::new(heap::with(memory, extent));
    send(&ring);
    let other = ring.clone();
    let goes_on = Box::new(move || send(&other));
    ring.memory().at_look.set(Some(goes_on));
    assert_eq!(ring.peek_at(0), PeekAt::Overrun { oldest: 1 });
}

#[test]
fn mapped_readers_are_told_whether_ports_wait_for_room() {
    let ring = heap::ring(1, 0);
    let told = || ring.memory().notices().awaiting_room.load() != 0;
    assert!(!told());
    for awaiting_room in [true, false] {
        ring.announce(awaiting_room);
        assert_eq!(told(), awaiting_room);
    }
}

#[test]
fn writers_are_told_whether_somebody_may_sleep() {
    let ring = heap::ring(1, 0);
    assert!(!ring.is_awaited());
    for is_awaited in [true, false] {
        ring.set_awaited(is_awaited);
        assert_eq!(ring.is_awaited(), is_awaited);
    }
}

#[test]
fn on_the_ring_of_all_a_message_has_one_number() {
    let ring = heap::ring(4, 0);
    for number in 0..4 {
        send(&ring);
        let PeekAt::Message { at, .. } = ring.peek_at(number) else {
            panic!("it is there");
        };
        assert_eq!(ring.sent_as(at), number);
    }
}

#[test]
fn positions_and_descriptors_lie_as_they_are_mapped() {
    assert_eq!((size_of::<Format>(), align_of::<Format>()), (64, 64));
    assert_eq!(IPN_RING_MAGIC.to_be_bytes(), *b"IPNr");
    assert_eq!((size_of::<Positions>(), align_of::<Positions>()), (64, 64));
    assert_eq!((size_of::<Notices>(), align_of::<Notices>()), (64, 64));
    assert_eq!(align_of::<Cursor>(), 64);
    assert_eq!((size_of::<Descriptor>(), align_of::<Descriptor>()), (32, 8));
    assert_eq!((size_of::<Place>(), align_of::<Place>()), (32, 8));
    assert_eq!((size_of::<SequenceOf>(), align_of::<SequenceOf>()), (48, 8));
}
