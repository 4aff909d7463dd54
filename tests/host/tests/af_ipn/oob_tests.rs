// SPDX-License-Identifier: GPL-2.0

//! Out-of-band messages, against a queue that only grows at the end.

use crate::{
    network::oob::{Counts, OobQueue, OOB_QUEUED},
    oob_oracle::{check, counts, oldest, pop, Step},
};
use proptest::{collection::vec, prelude::*};

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![40 => Just(Step::Push), 30 => Just(Step::Pop), 1 => Just(Step::Clear)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn it_does_what_the_oracle_does(steps in vec(step(), 0..200)) {
        check(&steps);
    }
}

#[test]
fn a_full_queue_keeps_the_oldest_and_ends_with_the_newest() {
    let mut queue = OobQueue::default();
    let last = OOB_QUEUED + 5;
    (0..=last).for_each(|number| queue.push(counts(number)));
    for number in 0..OOB_QUEUED - 1 {
        assert_eq!(oldest(&queue), Some(counts(number)));
        pop(&mut queue);
    }
    assert_eq!(oldest(&queue), Some(counts(last)));
    pop(&mut queue);
    assert_eq!(oldest(&queue), None);
}

#[test]
fn a_census_is_a_struct_numnode_oob() {
    let counts = Counts {
        readers: 0x0102_0304,
        writers: 5,
    };
    let words: Vec<i32> = counts
        .to_bytes()
        .chunks(4)
        .map(|word| i32::from_ne_bytes(word.try_into().unwrap()))
        .collect();
    // level, tag, numreaders, numwriters.
    assert_eq!(words, [0, 0, 0x0102_0304, 5]);
}
