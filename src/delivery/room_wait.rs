// SPDX-License-Identifier: GPL-2.0

//! Waiting for room, by one who sends.

use crate::{
    network::{holder::Holder, seat::Seat},
    policy::Layout,
    rust::{
        glue::trace::{self, Awaited},
        net::{message::Message, socket::Sock},
    },
    wakeup::{
        flush_before_sleep,
        refused::look_later,
        room::{room, Waiting},
    },
};
use kernel::{ffi::c_long, prelude::*};

/// A sender that finds no room, until its message is sent or it gives up.
pub(super) struct RoomWait<'a, H: Holder> {
    /// What is left of its time, once it was asked for.
    timeout: Option<c_long>,
    waiting: Option<Waiting<'a, H>>,
}

impl<'a, H: Holder> RoomWait<'a, H> {
    /// It has found none yet.
    pub(super) fn new() -> Self {
        Self {
            timeout: None,
            waiting: None,
        }
    }

    /// There is no room for `message`, and was made so many times before: waits until there may be, if it may.
    ///
    /// It must not wait, or its time is over: `EAGAIN`. A signal: `ERESTARTSYS`, `EINTR`.
    pub(super) fn full(
        &mut self,
        sock: &'a Sock<H>,
        seat: &'a Seat<H>,
        message: &impl Message,
        room_made: u64,
    ) -> kernel::error::Result {
        let network = &seat.network;
        let (port, len) = (sock.port(), message.len() as u32);
        let timeout = self
            .timeout
            .get_or_insert_with(|| sock.send_timeout(message.dont_wait()));
        if *timeout == 0 {
            let retry = match network.layout {
                Layout::Shared | Layout::Written | Layout::Reliable => {
                    room(network, port, seat.number, true, len)
                }
                // The attempt itself has seen to it that room will be heard of.
                Layout::PerPort => {
                    look_later(network, &network.members.lock());
                    false
                }
            };
            if !retry {
                sock.note_full();
                return Err(EAGAIN);
            }
            return Ok(());
        }
        flush_before_sleep(network, sock);
        self.waiting.get_or_insert_with(|| {
            port.pace.waited.add(1);
            Waiting::begin(network, port)
        });
        trace::waits(&network.file, seat.number, Awaited::Room);
        network.room_queue.wait(timeout, || {
            room(network, port, seat.number, false, len)
                || network.room_made.load_acquire() != room_made
                || !port.sends()
                || network.is_terminated()
        })
    }
}
