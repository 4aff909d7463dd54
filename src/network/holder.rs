// SPDX-License-Identifier: GPL-2.0

//! What a network asks of the sockets that hold its ports.
//!
//! Sockets are made of what networks are, not the other way round: so what of theirs a network needs
//! is this trait.

use crate::{
    network::{lane::Lane, oob::Counts},
    ring::{port::Port, reader::Reader},
    rust::{
        glue::ring_memory::RingMemory,
        net::{family::Family, socket::Sock},
        task::identity::Identity,
    },
};
use kernel::sync::Arc;

/// A socket that can hold a port.
pub(crate) trait Holder: Family {
    /// What the network and the owner share.
    fn port(&self) -> &Port;

    /// Who took its port, and the first message of the network that it may send, once it has one.
    fn held(&self) -> Option<(&Arc<Identity>, u64)>;

    /// Its view of the ring that its messages are in, once it has a port.
    fn reader(&self) -> Option<Reader<'_, RingMemory>>;

    /// What it has besides its ring, once it has a port whose ring is its own.
    fn lane(&self) -> Option<&Lane<Self>>;

    /// Queues how many read and write, if the owner wants to know; the network's lock is held.
    fn tell(&self, counts: Counts);

    /// Whether an out-of-band message waits.
    fn was_told(&self) -> bool;

    /// Whether anybody is to be woken when something comes: who sleeps on the socket, who wants its
    /// signal, or its device.
    fn sleeps(sock: &Sock<Self>) -> bool;

    /// Whether a filter may refuse what waits at the port, and that is asked for it.
    fn is_filtered(sock: &Sock<Self>) -> bool;

    /// Goes past the messages at the port's position that its filter refuses, of those that there are
    /// when it begins. It may sleep.
    ///
    /// Not all were looked at, for want of memory or for a signal: that error.
    fn skip_refused(sock: &Sock<Self>) -> kernel::error::Result;

    /// Whether packets of the port's device wait to enter the network.
    fn has_backlog(sock: &Sock<Self>) -> bool;

    /// Sends them, as far as there is room; the one worker of the network calls it. It may sleep.
    fn send_backlog(sock: &Sock<Self>);

    /// A message has come.
    fn wake_receiver(sock: &Sock<Self>);

    /// There is room for a message.
    fn wake_sender(sock: &Sock<Self>);

    /// The network has ended.
    fn wake_for_end(sock: &Sock<Self>);
}
