// SPDX-License-Identifier: GPL-2.0
//! The account of who hears: what has come, of whom, and what was lost.

use crate::abi::*;
use crate::lab::check::{describe, ok, same};
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A message: whose it is and which, and something to carry.
pub fn message(sender: usize, number: u64) -> Vec<u8> {
    let mut bytes = vec![b'x'; 100];
    bytes[..8].copy_from_slice(&(sender as u64).to_ne_bytes());
    bytes[8..16].copy_from_slice(&number.to_ne_bytes());
    bytes
}

/// What one port has heard.
#[derive(Debug, Default)]
pub struct Account {
    /// Of each sender how many messages, and the number of the last.
    pub heard: BTreeMap<u64, (u64, u64)>,
    /// How many were lost, as it was told.
    pub lost: u64,
}

impl Account {
    /// What has come, and was lost.
    pub fn sum(&self) -> u64 {
        self.received() + self.lost
    }

    /// What has come.
    pub fn received(&self) -> u64 {
        self.heard.values().map(|(count, _)| count).sum()
    }

    /// Hears until the account has so many messages, at most for so long.
    #[track_caller]
    pub fn hear_until(&mut self, port: &Sock, expected: u64, limit: Duration) {
        self.hear_for(port, expected, limit);
        assert!(
            self.sum() == expected,
            "{self:?}: {} in all, expected {expected}",
            self.sum()
        );
    }

    /// Hears so long, or until the account has so many messages.
    #[track_caller]
    pub fn hear_for(&mut self, port: &Sock, expected: u64, limit: Duration) {
        let start = Instant::now();
        while self.sum() < expected && start.elapsed() < limit {
            if ok("poll", poll(port, libc::POLLIN, 100)) == 0 {
                continue;
            }
            self.hear(port);
        }
    }

    /// Hears what is there.
    #[track_caller]
    pub fn hear(&mut self, port: &Sock) {
        loop {
            let received = match port.recvmsg(4096, libc::MSG_DONTWAIT) {
                Ok(received) => received,
                Err(error) => match error.raw_os_error() {
                    Some(libc::EAGAIN) => return,
                    Some(libc::ECONNRESET) => continue,
                    _ => panic!("recvmsg: {}", describe(&error)),
                },
            };
            if let Some(gaps) = received.control(LEVEL, IPN_SO_GAPS) {
                for gap in gaps.data.chunks_exact(16) {
                    self.lost += word(gap, 0);
                }
            }
            let (sender, number) = (word(&received.data, 0), word(&received.data, 8));
            same("bytes", received.data.len(), 100);
            let (count, last) = self.heard.entry(sender).or_default();
            assert!(number > *last, "of {sender} {number} comes after {last}");
            (*count, *last) = (*count + 1, number);
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from_ne_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
