// SPDX-License-Identifier: GPL-2.0

//! What a port has counted.

use crate::{
    abi::statistics::{Statistics, NOT_WAITING},
    network::holder::Holder,
    rust::task::clock::{now_ms, now_ns},
    socket::{
        endpoint::{Endpoint, IpnSock, Seat},
        news::hear_writer,
    },
};

/// The port's counters, and where it stands. Nothing is stopped for them: they may be of moments that lie a
/// little apart.
pub(crate) fn statistics(sock: &IpnSock, seat: &Seat) -> Statistics {
    hear_writer(seat);
    let port = &sock.port;
    let lag = match port.receives() {
        true => seat.reader(port).lag(),
        false => 0,
    };
    Statistics {
        sent: port.sent.load(),
        sent_bytes: port.sent_bytes.load(),
        received: port.received.load(),
        received_bytes: port.received_bytes.load(),
        lost: port.lost.load(),
        refused: port.filtered.load(),
        lag,
        waiting: waiting(sock, lag),
        waited: port.pace.waited.load(),
        window: seat.network.age(),
        rate: port.pace.rate(now_ns()),
        evicted: seat.network.evicted.load(),
    }
}

/// How long a call waits, in milliseconds; [`NOT_WAITING`] if none does. A poll does not tell when it ends:
/// it waits as long as there is nothing to read and a task is in the socket's queue.
fn waiting(sock: &IpnSock, lag: u64) -> u64 {
    let polls = lag == 0 && !sock.device.is_there() && Endpoint::sleeps(sock);
    match sock.port.waits_since(polls) {
        NOT_WAITING => NOT_WAITING,
        since => now_ms().saturating_sub(since),
    }
}
