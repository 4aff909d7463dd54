// SPDX-License-Identifier: GPL-2.0

//! What a cable has sent, for those who have missed it.

use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

/// The batches of the last so long, but no more than so many bytes.
#[derive(Debug)]
pub struct Window<T> {
    age: Duration,
    most: usize,
    batches: VecDeque<Kept<T>>,
    bytes: usize,
    /// The number of the first of them.
    first: u64,
}

#[derive(Debug)]
struct Kept<T> {
    batch: T,
    bytes: usize,
    when: Instant,
}

impl<T: Clone> Window<T> {
    /// An empty one.
    pub fn new(age: Duration, most: usize) -> Self {
        Self {
            age,
            most,
            batches: VecDeque::new(),
            bytes: 0,
            first: 1,
        }
    }

    /// Keeps a batch of so many bytes, whose number it tells. That one stays, however long it is.
    pub fn push(&mut self, batch: T, bytes: usize, now: Instant) -> u64 {
        self.batches.push_back(Kept {
            batch,
            bytes,
            when: now,
        });
        self.bytes += bytes;
        while self.batches.len() > 1 {
            let is_over = self.bytes > self.most;
            let is_old = |kept: &Kept<T>| now.duration_since(kept.when) > self.age;
            match self.batches.front() {
                Some(front) if is_over || is_old(front) => self.bytes -= front.bytes,
                _ => break,
            }
            self.batches.pop_front();
            self.first += 1;
        }
        self.first + self.batches.len() as u64 - 1
    }

    /// The number of the oldest batch that is there, or of the first to come.
    pub fn oldest(&self) -> u64 {
        self.first
    }

    /// Those of these numbers that are there, each with its number: up to so many bytes, but at least
    /// one.
    pub fn some(&self, wanted: RangeInclusive<u64>, most: usize) -> Vec<(u64, T)> {
        let from = (*wanted.start()).max(self.first);
        let skipped = usize::try_from(from - self.first).unwrap_or(usize::MAX);
        let mut bytes = 0_usize;
        let there = self.batches.iter().skip(skipped);
        (from..=*wanted.end())
            .zip(there)
            .take_while(|(_, kept)| {
                let is_first = bytes == 0;
                bytes += kept.bytes;
                is_first || bytes <= most
            })
            .map(|(number, kept)| (number, kept.batch.clone()))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(window: &Window<u64>, wanted: RangeInclusive<u64>, most: usize) -> Vec<u64> {
        let some = window.some(wanted, most);
        assert!(some.iter().all(|(number, batch)| number == batch));
        some.into_iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn what_is_younger_than_its_age_is_there() {
        let begin = Instant::now();
        let mut window = Window::new(Duration::from_secs(1), 1_000_000);
        for number in 1..=100 {
            let now = begin + Duration::from_millis(100 * number);
            assert_eq!(window.push(number, 10, now), number);
        }
        assert_eq!(window.oldest(), 90);
        assert_eq!(numbers(&window, 1..=92, 1000), [90, 91, 92]);
        assert_eq!(numbers(&window, 99..=u64::MAX, 1000), [99, 100]);
        assert!(numbers(&window, 101..=200, 1000).is_empty());
        assert!(numbers(&window, 5..=4, 1000).is_empty());
        assert_eq!(numbers(&window, 95..=100, 25), [95, 96]);
        assert_eq!(numbers(&window, 95..=100, 1), [95]);
    }

    #[test]
    fn it_has_no_more_bytes_than_it_may_but_the_newest() {
        let now = Instant::now();
        let mut window = Window::new(Duration::from_secs(1), 100);
        for number in 1..=10 {
            window.push(number, 30, now);
        }
        assert_eq!((window.oldest(), window.bytes), (8, 90));
        window.push(11, 1000, now);
        assert_eq!((window.oldest(), window.bytes), (11, 1000));
        window.push(12, 10, now);
        assert_eq!((window.oldest(), window.bytes), (12, 10));
    }
}
