// SPDX-License-Identifier: GPL-2.0

//! How fast a port of a reliable bus sends: by all that it ever sent.

use crate::ring::pace::Pace;
use proptest::{collection::vec, prelude::*};

const SECOND: u64 = 1_000_000_000;

/// Nanoseconds by which a port may be ahead of its rate.
const AHEAD: u64 = 20_000_000;

/// What a port has sent: when, and how many bytes.
#[derive(Default)]
struct Log(Vec<(u64, u32)>);

impl Log {
    /// When it may send: once all that it sent since any message, at its rate, takes no longer than since then, and a
    /// moment more.
    fn due(&self, now: u64, rate: u32) -> Option<u64> {
        let takes = |&(_, len): &(u64, u32)| u64::from(len.max(1)) * SECOND / u64::from(rate);
        let ends = (0..self.0.len()).map(|first| {
            let since = &self.0[first..];
            since[0].0 + since.iter().map(takes).sum::<u64>()
        });
        let due = ends.max()?.saturating_sub(AHEAD);
        (due > now).then_some(due)
    }

    /// Bytes of a second.
    fn bytes_in(&self, second: Option<u64>) -> u64 {
        let of_it = |&&(at, _): &&(u64, u32)| Some(at / SECOND) == second;
        self.0
            .iter()
            .filter(of_it)
            .map(|sent| u64::from(sent.1))
            .sum()
    }

    /// In no span of time does it send more than its rate, what it may be ahead by, and one message.
    fn keeps(&self, rate: u32) -> bool {
        (0..self.0.len()).all(|first| {
            let mut bytes: u64 = 0;
            self.0[first..].iter().all(|&(at, len)| {
                let span = u128::from(at - self.0[first].0 + AHEAD);
                // Each takes whole nanoseconds.
                let may = u128::from(rate) * (span + self.0.len() as u128) / u128::from(SECOND);
                let is_within = u128::from(bytes) <= may;
                bytes += u64::from(len);
                is_within
            })
        })
    }
}

fn steps() -> impl Strategy<Value = Vec<(u64, u32)>> {
    let wait = prop_oneof![Just(0), 0..2_000_000_u64, 0..60_000_000_u64, 0..3 * SECOND,];
    let len = prop_oneof![Just(0), 1..100_u32, 0..20_000_u32, Just(1 << 24)];
    vec((wait, len), 1..60)
}

proptest! {
    #[test]
    fn no_more_goes_than_the_rate_lets_and_no_less(
        rate in prop_oneof![1..100_u32, 1000..1_000_000_u32, Just(0x7fff_ffff)],
        steps in steps(),
        start in 0..10 * SECOND,
    ) {
        let (pace, mut log, mut now) = (Pace::new(), Log::default(), start);
        for (wait, len) in steps {
            now += wait;
            let due = pace.due(now, rate);
            prop_assert_eq!(due, log.due(now, rate));
            if let Some(due) = due {
                prop_assert!(pace.due(due - 1, rate) == Some(due), "not a moment earlier");
                prop_assert_eq!(pace.due(due, rate), None);
                now = due;
            }
            pace.send(now, len, rate);
            log.0.push((now, len));
            prop_assert!(log.keeps(rate), "at {now}");
        }
    }

    #[test]
    fn it_tells_what_went_in_the_last_whole_second(
        rate in prop_oneof![Just(0), 1..1_000_000_u32],
        steps in steps(),
        start in 0..3 * SECOND,
    ) {
        let (pace, mut log, mut now) = (Pace::new(), Log::default(), start);
        for (wait, len) in steps {
            now += wait;
            let before = (now / SECOND).checked_sub(1);
            prop_assert_eq!(pace.rate(now), log.bytes_in(before));
            pace.send(now, len, rate);
            log.0.push((now, len));
            for later in [0, SECOND, 2 * SECOND] {
                let then = now + later;
                let expected = log.bytes_in((then / SECOND).checked_sub(1));
                prop_assert_eq!(pace.rate(then), expected);
            }
        }
    }
}

#[test]
fn without_a_rate_nothing_waits() {
    let pace = Pace::new();
    for len in [0, 1, u32::MAX] {
        pace.send(0, len, 0);
        assert_eq!(pace.due(0, 0), None);
    }
}

#[test]
fn what_never_came_is_told_once_with_the_next() {
    let pace = Pace::new();
    assert_eq!(pace.take_skipped(), 0);
    pace.skip(3);
    pace.skip(u32::MAX);
    assert_eq!(pace.take_skipped(), 3 + u64::from(u32::MAX));
    assert_eq!(pace.take_skipped(), 0);
}
