// SPDX-License-Identifier: GPL-2.0

//! What has come from the other cables, until the bus takes it.

use crate::batch::{self, Label};
use crate::order::{Order, Taken};
use ipn_cable::{Arrival, Failure, Source, Table, PATIENCE};
use std::collections::VecDeque;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The most other cables.
const SOURCES_MAX: usize = 1024;

/// With so many bytes that wait for the bus, what comes waits too, and so does who sends it.
const READY_MAX: usize = 4 << 20;

/// For so long: then it is refused and asked for again, so that the connection goes on living.
const WAIT: Duration = Duration::from_secs(1);

/// Bytes that wait at most, with those that came before others that are missing.
const ALL_MAX: usize = 32 << 20;

/// Between asking for the same again in vain: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(2));

/// What waits, and who brings and fetches it.
#[derive(Debug, Default)]
pub struct Inbox {
    state: Mutex<State>,
    /// There is something.
    filled: Condvar,
    /// There is room again.
    emptied: Condvar,
    /// Something is missing.
    missed: Condvar,
}

#[derive(Debug)]
struct State {
    peers: Table<Source, Peer>,
    ready: VecDeque<(Source, Batch)>,
    /// Bytes of those that are ready.
    bytes: usize,
    /// Where in the first of them the next frame begins.
    at: usize,
    /// Bytes of all, also of those that wait for others.
    all: Arc<AtomicUsize>,
    told: VecDeque<String>,
    failed: Option<Failure>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            peers: Table::new(SOURCES_MAX),
            ready: VecDeque::new(),
            bytes: 0,
            at: 0,
            all: Arc::default(),
            told: VecDeque::new(),
            failed: None,
        }
    }
}

/// What is known of another cable.
#[derive(Debug)]
struct Peer {
    order: Order<Batch>,
    is_asked: bool,
    /// Whether anything of it has been put in order since it was asked.
    has_progress: bool,
    /// When it is asked again, and what was waited for that.
    due: Option<Instant>,
    pause: Duration,
}

impl Default for Peer {
    fn default() -> Self {
        Self {
            order: Order::default(),
            is_asked: false,
            has_progress: false,
            due: None,
            pause: Duration::ZERO,
        }
    }
}

/// The payload of a batch, which counts as long as it is there.
#[derive(Debug)]
struct Batch {
    bytes: Vec<u8>,
    all: Arc<AtomicUsize>,
}

impl Batch {
    fn new(bytes: Vec<u8>, all: &Arc<AtomicUsize>) -> Self {
        all.fetch_add(bytes.len(), Ordering::Relaxed);
        Self {
            bytes,
            all: Arc::clone(all),
        }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

impl Inbox {
    /// A batch has come. Waits for a while when the bus is slow.
    pub fn put(&self, source: Source, label: Label, payload: Vec<u8>) {
        let waited = self
            .emptied
            .wait_timeout_while(self.lock(), WAIT, |state| state.bytes >= READY_MAX);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let State {
            peers,
            ready,
            bytes,
            all,
            ..
        } = &mut *state;
        let peer = peers.entry(source, Peer::default);
        let has_room = *bytes < READY_MAX
            && (peer.order.is_next(label.number)
                || all.load(Ordering::Relaxed) + payload.len() <= ALL_MAX);
        let batch = Batch::new(payload, all);
        let taken = peer.order.take(label, batch, has_room, now, |batch| {
            *bytes += batch.bytes.len();
            ready.push_back((source, batch));
        });
        peer.has_progress |= taken == Taken::Delivered;
        if peer.order.missing().is_none() {
            (peer.due, peer.pause) = (None, Duration::ZERO);
        } else {
            peer.due.get_or_insert(now);
            self.missed.notify_one();
        }
        if !ready.is_empty() {
            self.filled.notify_one();
        }
    }

    /// Waits for something that is missing, for so long at most, and hands out whom to ask for what. It
    /// goes on waiting for none of them until [`Inbox::asked`].
    pub fn missing(
        &self,
        most: Duration,
        patience: Duration,
    ) -> Vec<(Source, RangeInclusive<u64>)> {
        let waited = self.missed.wait_timeout(self.lock(), most);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let State {
            peers,
            ready,
            bytes,
            told,
            ..
        } = &mut *state;
        // What would come finds no room.
        if *bytes >= READY_MAX {
            return Vec::new();
        }
        let mut found = Vec::new();
        for (source, peer) in peers.iter_mut() {
            // Who was not asked in vain for some time may still have it.
            let patience = match peer.pause >= PAUSES.1 {
                true => patience,
                false => Duration::MAX,
            };
            let lost = peer.order.give_up_after(patience, now, |batch| {
                *bytes += batch.bytes.len();
                ready.push_back((*source, batch));
            });
            if lost > 0 {
                tell(
                    told,
                    format!("{lost} batches of one cable could not be had again"),
                );
                self.filled.notify_one();
            }
            let is_due = !peer.is_asked && peer.due.is_some_and(|due| due <= now);
            if let Some(missing) = peer.order.missing().filter(|_| is_due) {
                (peer.is_asked, peer.has_progress) = (true, false);
                found.push((*source, missing));
            }
        }
        found
    }

    /// Who was asked has answered, or will not any more.
    pub fn asked(&self, source: Source) {
        let mut state = self.lock();
        if let Some(peer) = state.peers.get_mut(&source) {
            peer.is_asked = false;
            peer.pause = match peer.has_progress {
                true => Duration::ZERO,
                false => (peer.pause * 2).clamp(PAUSES.0, PAUSES.1),
            };
            peer.due = peer.order.missing().map(|_| Instant::now() + peer.pause);
            self.missed.notify_one();
        }
    }

    /// Something has happened that people want to know.
    pub fn tell(&self, text: String) {
        tell(&mut self.lock().told, text);
        self.filled.notify_one();
    }

    /// Nothing will come any more.
    pub fn fail(&self, failure: Failure) {
        self.lock().failed.get_or_insert(failure);
        self.filled.notify_one();
    }

    /// The next frame, or what else there is.
    ///
    /// # Errors
    ///
    /// That of [`Inbox::fail`].
    pub fn recv(&self, frame: &mut Vec<u8>) -> Result<Arrival, Failure> {
        let is_empty = |state: &mut State| {
            state.ready.is_empty() && state.told.is_empty() && state.failed.is_none()
        };
        let waited = self
            .filled
            .wait_timeout_while(self.lock(), PATIENCE, is_empty);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let State {
            ready,
            bytes,
            at,
            told,
            failed,
            ..
        } = &mut *state;
        if let Some(text) = told.pop_front() {
            return Ok(Arrival::Told(text));
        }
        while let Some((source, batch)) = ready.front() {
            if let Some((found, next)) = batch::frame(&batch.bytes, *at) {
                frame.clear();
                frame.extend_from_slice(found);
                *at = next;
                return Ok(Arrival::Frame(*source));
            }
            let is_whole = *at == batch.bytes.len();
            (*at, *bytes) = (0, *bytes - batch.bytes.len());
            ready.pop_front();
            self.emptied.notify_all();
            if !is_whole {
                let text = "a batch that has nonsense in it".to_owned();
                return Ok(Arrival::Told(text));
            }
        }
        match failed {
            Some(failure) => Err(failure.clone()),
            None => Ok(Arrival::Nothing),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says something, unless it waits to be said, or too much does.
fn tell(told: &mut VecDeque<String>, text: String) {
    if told.len() < 16 && !told.contains(&text) {
        told.push_back(text);
    }
}
