// SPDX-License-Identifier: GPL-2.0

//! News of the one writer of a network: what it has published or given up, and nobody has looked at yet.

use crate::{membership, socket::endpoint::Seat};

/// What the writer, if there is one, has published is there from now on. It does not sleep.
pub(crate) fn hear_writer(seat: &Seat) {
    if seat.ring.has_news() {
        membership::take_in(&seat.network);
    }
}

/// Whether the writer has given message `number` up; if so, that is known from now on.
#[inline(never)]
pub(crate) fn is_given_up(seat: &Seat, number: u64) -> bool {
    let is_given_up = seat.ring.is_given_up(number);
    if is_given_up {
        membership::take_in(&seat.network);
    }
    is_given_up
}
