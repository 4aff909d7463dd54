// SPDX-License-Identifier: GPL-2.0

//! Messages on a network: into the ring, and what readers' positions mean for it.

use crate::{
    atomic::full_barrier,
    endpoint::Endpoint,
    errno::{Errno, Result},
    members::{Event, Members},
    message::{real_time, Outgoing},
    network::Network,
    ring::Meta,
    socket::SockRef,
};
use kernel::prelude::*;

/// What became of an attempt to send.
enum Attempt {
    /// It is in the ring.
    Sent,
    /// The slowest reader has to read first.
    Full,
    /// The sender's memory is not there just now.
    Fault,
}

impl Network {
    /// Sends a message of port `number`, which `sock` holds; waits where it must, and may.
    ///
    /// The errors of `send(2)` on this family, but those of the port itself.
    pub(crate) fn send(
        &self,
        sock: &SockRef<Endpoint>,
        number: u32,
        message: &mut Outgoing<'_>,
    ) -> kernel::error::Result {
        let mut fetched = None;
        let mut timeout = None;
        loop {
            match self.attempt(sock, number, message, fetched.as_deref())? {
                Attempt::Sent => return Ok(()),
                Attempt::Fault => fetched = Some(message.fetch()?),
                Attempt::Full => {
                    let timeout = timeout
                        .get_or_insert_with(|| sock.send_timeout(message.flags().dont_wait()));
                    if *timeout == 0 {
                        return Err(EAGAIN);
                    }
                    sock.wait(timeout, || {
                        !sock.port.sends() || self.is_terminated() || self.room(number, true)
                    })?;
                }
            }
        }
    }

    /// One turn at the ring.
    fn attempt(
        &self,
        sock: &Endpoint,
        number: u32,
        message: &mut Outgoing<'_>,
        fetched: Option<&[u8]>,
    ) -> Result<Attempt> {
        let members = self.members.lock();
        if self.is_terminated() || !sock.port.sends() {
            return Err(Errno::PIPE);
        }
        if self.is_lossless() && !self.has_room(&members) {
            return Ok(Attempt::Full);
        }
        let claim = self.ring.reserve();
        let memory = self.ring.memory();
        match fetched {
            Some(bytes) => memory.fill_from(claim.slot, bytes),
            None if memory.fill(claim.slot, message) => {}
            None => return Ok(Attempt::Fault),
        }
        let meta = Meta {
            len: message.len() as u32,
            from: number,
            stamp: self.stamp(),
        };
        self.ring.publish(claim, meta);

        let port = &sock.port;
        port.sent.store(port.sent.load().wrapping_add(1));
        if port.cursor.pass(claim.number) {
            port.own_passed.add(1);
        }
        let awaited = members.awaits(Event::Message);
        drop(members);
        if awaited {
            self.wake_receivers();
        }
        Ok(Attempt::Sent)
    }

    /// The time stamp of a message that is being sent: the time if anybody cares.
    fn stamp(&self) -> u64 {
        if self.stamped.load() != 0 {
            real_time()
        } else {
            0
        }
    }

    /// Whether the slowest reader leaves room for one more message. Under the lock the answer stays.
    pub(crate) fn has_room(&self, members: &Members) -> bool {
        if self.ring.has_room(self.slowest.load()) {
            return true;
        }
        let published = self.ring.published();
        let slowest = members
            .iter()
            .filter(|sock| sock.port.receives())
            .map(|sock| sock.port.cursor.position())
            .min()
            .unwrap_or(published);
        self.slowest.store(slowest);
        self.ring.has_room(slowest)
    }

    /// A reader has gone on from message `number`: wakes senders if that may have made room.
    #[inline]
    pub(crate) fn read_past(&self, number: u64) {
        if self.is_lossless() {
            // We have moved, and now look whether anybody waits; pairs with `room`.
            full_barrier();
            if self.awaiting_room.load() != 0 && !self.ring.has_room(number) {
                self.wake_senders();
            }
        }
    }

    /// The reader of port `number` was lapped: moves it to the oldest message that is left.
    ///
    /// Returns how many it lost, its own messages not counted.
    pub(crate) fn catch_up(&self, sock: &Endpoint, number: u32) -> u64 {
        let _writers_wait = self.members.lock();
        let port = &sock.port;
        let position = port.cursor.position();
        let oldest = self.ring.oldest(self.ring.published());
        if oldest <= position {
            return 0;
        }
        // Its own among them: those it has not gone past, but for those that still can be read.
        let own = port.sent.load().wrapping_sub(port.own_passed.load());
        let own_lost = match own {
            0 => 0,
            own => own.saturating_sub(self.ring.count_from(number)),
        };
        port.own_passed.add(own_lost);
        port.cursor.set(oldest);
        let lost = oldest.wrapping_sub(position).saturating_sub(own_lost);
        self.dropped.add(lost);
        lost
    }
}
