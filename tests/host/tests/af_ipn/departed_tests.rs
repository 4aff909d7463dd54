// SPDX-License-Identifier: GPL-2.0

//! Whose a message is that a port has sent which was left since: against all that ever left.

use crate::network::departed::{Departed, Held, Search};
use proptest::{collection::vec, prelude::*};

/// A port that was left: its number, the first message that it may have sent, the one after the last, and
/// who held it.
type Left = (u32, u64, u64, usize);

fn empty(capacity: usize) -> Departed<Vec<Option<Held<usize>>>> {
    Departed::new((0..capacity).map(|_| None).collect())
}

/// Who held a port when it sent a message, and in how many parts the search was made.
fn search(
    departed: &Departed<Vec<Option<Held<usize>>>>,
    port: u32,
    message: u64,
) -> (Option<Left>, u32) {
    let (mut from, mut parts) = (None, 1);
    loop {
        match departed.search(port, message, from) {
            Search::Found(held) => {
                return (Some((held.port, held.first, held.end, held.who)), parts)
            }
            Search::Unknown => return (None, parts),
            Search::GoOn(next) => {
                assert!(from < Some(next), "it goes on");
                from = Some(next);
                parts += 1;
            }
        }
    }
}

/// Four ports, each left and taken again after it has sent so many messages; all of them, and how many messages
/// there were.
fn history(steps: &[(u32, u64)]) -> (Vec<Left>, u64) {
    let (mut taken, mut sent) = ([0; 4], 0);
    let left = (0..).zip(steps).map(|(who, &(port, count))| {
        sent += count;
        let first = std::mem::replace(&mut taken[port as usize], sent);
        (port, first, sent, who)
    });
    (left.collect(), sent)
}

fn check(steps: &[(u32, u64)], capacity: usize) {
    let (left, sent) = history(steps);
    let mut departed = empty(capacity);
    for (number, &(port, first, end, who)) in left.iter().enumerate() {
        let forgotten = departed.push(Held {
            port,
            first,
            end,
            who,
        });
        let oldest = number.checked_sub(capacity).filter(|_| capacity != 0);
        assert_eq!(forgotten.map(|held| held.who), oldest);
    }
    let kept = &left[left.len().saturating_sub(capacity)..];
    for message in 0..sent + 2 {
        for port in 0..5 {
            let sender = |held: &&Left| held.0 == port && (held.1..held.2).contains(&message);
            let expected = kept.iter().find(sender).copied();
            let (found, parts) = search(&departed, port, message);
            assert_eq!(found, expected, "port {port}, message {message}");
            assert!(parts as usize <= kept.len() / 256 + 1, "{parts} parts");
        }
    }
}

#[test]
fn a_history_longer_than_one_look_is_searched_in_parts() {
    for capacity in [255, 256, 257, 600, 1000] {
        let steps: Vec<(u32, u64)> = (0..700).map(|step| (step % 3, step as u64 % 2)).collect();
        check(&steps, capacity);
    }
    let mut departed = empty(600);
    for who in 0..600 {
        let port = u32::from(who == 599);
        departed.push(Held {
            port,
            first: 0,
            end: 5,
            who,
        });
    }
    assert_eq!(search(&departed, 1, 4), (Some((1, 0, 5, 599)), 3));
    assert_eq!(search(&departed, 2, 4), (None, 3));
    assert_eq!(search(&departed, 1, 5), (None, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_history_is_known_as_far_as_there_is_memory(
        steps in vec((0..4_u32, 0..3_u64), 0..60),
        capacity in 0..40_usize,
    ) {
        check(&steps, capacity);
    }
}
