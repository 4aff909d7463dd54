// SPDX-License-Identifier: GPL-2.0

//! Out-of-band messages, in a queue that only grows at the end.

use crate::network::oob::{Counts, OobQueue, OOB_QUEUED};
use std::collections::VecDeque;

/// What happens to a queue.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Push,
    Pop,
    Clear,
}

/// The queue, said naively: one more than fit replaces the newest.
#[derive(Default)]
struct Naive(VecDeque<Counts>);

impl Naive {
    fn push(&mut self, counts: Counts) {
        if self.0.len() == OOB_QUEUED {
            self.0.pop_back();
        }
        self.0.push_back(counts);
    }
}

/// A counts that is like no other.
pub(crate) fn counts(number: usize) -> Counts {
    Counts {
        readers: number as u32,
        writers: !(number as u32),
    }
}

/// After every step both queues have the same at their head, and the same in them at the end.
pub(crate) fn check(steps: &[Step]) {
    let (mut queue, mut naive) = (OobQueue::default(), Naive::default());
    for (number, step) in steps.iter().enumerate() {
        match step {
            Step::Push => {
                queue.push(counts(number));
                naive.push(counts(number));
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
        assert_eq!(queue.peek(), naive.0.front().copied());
    }
    for expected in naive.0 {
        assert_eq!(queue.peek(), Some(expected));
        queue.pop();
    }
    assert_eq!(queue.peek(), None);
}
