// SPDX-License-Identifier: GPL-2.0

//! Frames that wait to be sent, together.

use crate::batch;
use ipn_cable::{Sent, PATIENCE};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A batch that is being filled, and who fills and takes it.
#[derive(Debug, Default)]
pub struct Outbox {
    state: Mutex<State>,
    /// There is a batch to send.
    filled: Condvar,
    /// There is room again.
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct State {
    batch: Vec<u8>,
    /// Nothing follows at the moment, so it goes as it is.
    is_due: bool,
}

impl State {
    fn may_go(&self) -> bool {
        self.batch.len() >= batch::FULL || (self.is_due && !self.batch.is_empty())
    }
}

impl Outbox {
    /// Puts a frame in, if there is room for it within [`PATIENCE`].
    pub fn push(&self, frame: &[u8]) -> Sent {
        let mut is_in = false;
        let waited = self
            .emptied
            .wait_timeout_while(self.lock(), PATIENCE, |state| {
                is_in = is_in || batch::push(&mut state.batch, frame);
                if !is_in {
                    state.is_due = true;
                }
                !is_in
            });
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.may_go() {
            self.filled.notify_one();
        }
        match is_in {
            true => Sent::Taken,
            false => Sent::Busy,
        }
    }

    /// What is in goes.
    pub fn flush(&self) {
        let mut state = self.lock();
        state.is_due = true;
        if state.may_go() {
            self.filled.notify_one();
        }
    }

    /// The next batch to send, if there is one within [`PATIENCE`].
    pub fn take(&self) -> Option<Vec<u8>> {
        let waited = self
            .filled
            .wait_timeout_while(self.lock(), PATIENCE, |state| !state.may_go());
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if !state.may_go() {
            return None;
        }
        state.is_due = false;
        self.emptied.notify_all();
        Some(std::mem::take(&mut state.batch))
    }

    /// Waits until nothing is in, for so long at most.
    pub fn drain(&self, most: Duration) {
        self.flush();
        let is_full = |state: &mut State| !state.batch.is_empty();
        let waited = self.emptied.wait_timeout_while(self.lock(), most, is_full);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_go_together_when_they_are_many_or_nothing_follows() {
        let outbox = Outbox::default();
        assert_eq!(outbox.push(&[1; 100]), Sent::Taken);
        assert_eq!(outbox.take(), None);
        assert_eq!(outbox.push(&[2; 100]), Sent::Taken);
        outbox.flush();
        assert_eq!(outbox.take().map(|batch| batch.len()), Some(208));
        assert_eq!(outbox.take(), None);
        while !outbox.lock().may_go() {
            assert_eq!(outbox.push(&[3; 1000]), Sent::Taken);
        }
        assert!(outbox
            .take()
            .is_some_and(|batch| batch.len() >= batch::FULL));
    }

    #[test]
    fn who_finds_no_room_is_told_so() {
        let outbox = Outbox::default();
        let frame = vec![0; batch::ROOM];
        assert_eq!(outbox.push(&frame), Sent::Taken);
        assert_eq!(outbox.push(&frame), Sent::Busy);
        assert!(outbox.take().is_some());
        assert_eq!(outbox.push(&frame), Sent::Taken);
    }
}
