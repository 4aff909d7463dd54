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

/// The oldest of a queue.
pub(crate) fn oldest(queue: &OobQueue) -> Option<Counts> {
    queue.peek().map(|(_, counts)| counts)
}

/// Takes it away, once.
pub(crate) fn pop(queue: &mut OobQueue) {
    let number = queue.peek().map_or(0, |(number, _)| number);
    let was_there = queue.peek().is_some();
    assert_eq!(queue.pop(number), was_there);
    assert!(!queue.pop(number), "it is gone");
}

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
                pop(&mut queue);
                naive.0.pop_front();
            }
            Step::Clear => {
                let before = queue.peek();
                queue.clear();
                assert!(!before.is_some_and(|(number, _)| queue.pop(number)));
                naive.0.clear();
            }
        }
        assert_eq!(oldest(&queue), naive.0.front().copied());
    }
    for expected in naive.0 {
        assert_eq!(oldest(&queue), Some(expected));
        pop(&mut queue);
    }
    assert_eq!(oldest(&queue), None);
}
