// SPDX-License-Identifier: GPL-2.0

//! Out-of-band messages, against a queue that only grows at the end.

use crate::oob::{Census, OobQueue, OOB_QUEUED};
use proptest::{collection::vec, prelude::*};
use std::collections::VecDeque;

#[derive(Clone, Debug)]
enum Step {
    Push,
    Pop,
    Clear,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![40 => Just(Step::Push), 30 => Just(Step::Pop), 1 => Just(Step::Clear)]
}

/// The queue, said naively: one more than fit replaces the newest.
#[derive(Default)]
struct Naive(VecDeque<Census>);

impl Naive {
    fn push(&mut self, census: Census) {
        if self.0.len() == OOB_QUEUED {
            self.0.pop_back();
        }
        self.0.push_back(census);
    }
}

fn census(number: usize) -> Census {
    Census {
        readers: number as u32,
        writers: !(number as u32),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn it_does_what_the_oracle_does(steps in vec(step(), 0..200)) {
        let (mut queue, mut naive) = (OobQueue::default(), Naive::default());
        for (number, step) in steps.iter().enumerate() {
            match step {
                Step::Push => {
                    queue.push(census(number));
                    naive.push(census(number));
                }
                Step::Pop => {
                    queue.pop();
                    naive.0.pop_front();
                }
                Step::Clear => {
                    queue.clear();
                    naive.0.clear();
                }
            }
            prop_assert_eq!(queue.peek(), naive.0.front().copied());
        }
        for expected in naive.0 {
            prop_assert_eq!(queue.peek(), Some(expected));
            queue.pop();
        }
        prop_assert_eq!(queue.peek(), None);
    }
}

#[test]
fn a_full_queue_keeps_the_oldest_and_ends_with_the_newest() {
    let mut queue = OobQueue::default();
    let last = OOB_QUEUED + 5;
    (0..=last).for_each(|number| queue.push(census(number)));
    for number in 0..OOB_QUEUED - 1 {
        assert_eq!(queue.peek(), Some(census(number)));
        queue.pop();
    }
    assert_eq!(queue.peek(), Some(census(last)));
    queue.pop();
    assert_eq!(queue.peek(), None);
}

#[test]
fn a_census_is_a_struct_numnode_oob() {
    let census = Census {
        readers: 0x0102_0304,
        writers: 5,
    };
    let words: Vec<i32> = census
        .to_bytes()
        .chunks(4)
        .map(|word| i32::from_ne_bytes(word.try_into().unwrap()))
        .collect();
    // level, tag, numreaders, numwriters.
    assert_eq!(words, [0, 0, 0x0102_0304, 5]);
}
