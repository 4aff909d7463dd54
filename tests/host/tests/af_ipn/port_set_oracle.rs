// SPDX-License-Identifier: GPL-2.0

//! Sets of ports, beside the standard library's.

use crate::network::port_set::PortSet;
use std::collections::BTreeSet;

/// A set on the heap.
pub(crate) type Set = PortSet<Vec<u64>>;

/// What happens to a set.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Insert(u32),
    Remove(u32),
    Next(u32),
    Resize(u32),
    InsertAll(Vec<u32>),
}

/// Words with rubbish in them: a set must not mind.
pub(crate) fn words(ports: u32) -> Vec<u64> {
    vec![0xdead_beef_dead_beef; Set::words(ports)]
}

fn all(set: &Set) -> Vec<u32> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(port) = set.next(from) {
        found.push(port);
        from = port + 1;
    }
    found
}

/// Both sets answer alike, and have the same in them at the end.
pub(crate) fn check(ports: u32, steps: &[Step]) {
    let mut set = Set::new(words(ports));
    let mut naive = BTreeSet::new();
    // A set has room for whole lines of eight words.
    let mut bound = ports.next_multiple_of(512);
    for step in steps {
        match *step {
            Step::Insert(port) => {
                assert_eq!(set.insert(port), port < bound && naive.insert(port));
            }
            Step::Remove(port) => assert_eq!(set.remove(port), naive.remove(&port)),
            Step::Next(from) => {
                assert_eq!(set.next(from), naive.range(from..).next().copied());
            }
            Step::Resize(ports) => {
                let old = set.resize(words(ports));
                assert_eq!(old.len(), bound as usize / 64);
                bound = ports.next_multiple_of(512);
                naive.retain(|&port| port < bound);
            }
            Step::InsertAll(ref others) => {
                let mut set_of_others = Set::new(vec![0; bound as usize / 64]);
                for &port in others.iter().filter(|&&port| port < bound) {
                    set_of_others.insert(port);
                    naive.insert(port);
                }
                set.insert_all(&set_of_others);
            }
        }
        assert_eq!(set.is_empty(), naive.is_empty());
    }
    assert_eq!(all(&set), naive.into_iter().collect::<Vec<_>>());
}
