// SPDX-License-Identifier: GPL-2.0

//! Messages that hold senders up though nobody wants them: the filter of their port refuses them.
//!
//! A port's filter is asked by the calls on its own socket, which go past what it refuses. Its owner may
//! make none, and what it does not want must not fill a lossless network. So a sender that finds no room
//! has a worker of the kernel's look through the ports that leave none. That is the work of none of
//! the senders' calls, whatever the filters are and however much waits; a sender goes on when the worker
//! has made room, as when a reader has.

use crate::{
    network::{holder::Holder, members::Members, Network},
    rust::{
        net::socket::Sock,
        task::{clock::now_ns, workers::enqueue},
    },
};
use kernel::sync::Arc;

/// A sender finds no room, and waits or is told when there is some: if filters may make some, a worker
/// tries; on a reliable bus it does once the message that is in the way is older than the window. Under the lock.
pub(crate) fn look_later<H: Holder>(network: &Arc<Network<H>>, members: &Members<H>) {
    if let (Some(window), Some(ring)) = (&network.window, members.ring_of_all()) {
        let number = network.slowest.load().max(window.aged()).max(ring.oldest());
        if number < ring.published() {
            Network::set_alarm(network, now_ns(), window.end(ring.sent_at(number)));
        }
    }
    if members
        .iter()
        .any(|sock| may_make_room(sock, network.shape.mtu))
    {
        enqueue(network.clone());
    }
}

/// Whether a port leaves no room, but for what its filter may refuse.
pub(super) fn may_make_room<H: Holder>(sock: &Sock<H>, mtu: u32) -> bool {
    let is_full = |port: &H| {
        let reader = port.reader();
        reader.is_some_and(|reader| {
            let ring = reader.ring();
            ring.has_long_messages(mtu)
                || ring.is_written()
                || !ring.has_room(reader.position(), mtu)
        })
    };
    sock.port().receives() && is_full(sock) && H::is_filtered(sock)
}
