// SPDX-License-Identifier: GPL-2.0

//! Mapped readers: ports whose owner takes messages out of the ring by itself.
//!
//! What a process maps is the ring, to read, and the page of its port's [`Cursor`], to write. From
//! when it has the latter on, its position is the word in that page, for whatever looks at the port.
//! `include/uapi/linux/af_ipn.h` says how to read.
//!
//! [`Cursor`]: crate::ring::cursor::Cursor

use crate::{
    abi::{
        errno::Errno,
        uapi::{IPN_MAP_CURSOR, IPN_MAP_RING},
    },
    ring::reader::Peek,
    rust::{
        glue::cursor_page::CursorPage, mm::mmap::NewMapping, net::filter,
        sync::atomic::full_barrier, task::pause::pause,
    },
    socket::{
        endpoint::{IpnSock, Seat},
        reading::Reading,
    },
    wakeup::room::wake_senders,
};
use kernel::prelude::*;

/// `mmap(2)`.
///
/// No port: `ENOTCONN`; the port has a ring of its own or is a device: `EOPNOTSUPP`; it must not see
/// all messages: `EACCES`; a mapping of no use: `EINVAL`; one with more rights than there are:
/// `EPERM`.
pub(crate) fn map(sock: &IpnSock, mapping: &NewMapping<'_>) -> Result {
    let seat = sock.readable_port()?;
    if !seat.shares {
        return Err(Errno::OPNOTSUPP.into());
    }
    // A filter may be there to hide messages from whoever was handed the socket.
    if !sock.port.receives() || filter::is_attached(sock) {
        return Err(EACCES);
    }
    if !mapping.is_shared() {
        return Err(EINVAL);
    }
    mapping.forbid_execution()?;
    match mapping.offset() {
        IPN_MAP_RING => {
            let memory = seat.ring.memory().shared();
            if mapping.is_longer_than(memory) {
                return Err(EINVAL);
            }
            mapping.forbid_writing()?;
            clear(seat);
            mapping.show(memory)
        }
        IPN_MAP_CURSOR => {
            let page = CursorPage::new()?;
            if mapping.is_longer_than(page.memory()) {
                return Err(EINVAL);
            }
            mapping.show(adopt(sock, seat, page)?.memory())
        }
        _ => Err(EINVAL),
    }
}

/// Clears the ring of what can not be read, before it is seen for the first time. Others run in between.
fn clear(seat: &Seat) {
    let Seat { network, ring, .. } = seat;
    let mut members = network.members.lock();
    let Some(mut clearing) = ring.show() else {
        return;
    };
    while !ring.clear_some(&mut clearing) {
        drop(members);
        // What is begun is soon done: a signal changes nothing.
        let _ = pause();
        members = network.members.lock();
    }
}

/// The port's page: `fresh`, unless it has one. From now on its owner is a mapped reader.
fn adopt<'a>(sock: &'a IpnSock, seat: &Seat, fresh: CursorPage) -> Result<&'a CursorPage> {
    let cursor = &sock.port.cursor;
    let members = seat.network.members.lock();
    if !cursor.is_mapped() {
        cursor.map(fresh, sock.drops().into());
    }
    drop(members);
    cursor.page().ok_or(ENOMEM)
}

/// A mapped reader asks to be looked at (`FIONREAD`): what it lost is counted, and whoever waits for
/// the room that it has made is woken.
pub(crate) fn take_over(reading: &Reading<'_>) {
    let network = &reading.seat.network;
    reading.reader().correct();
    if reading.sock.port.receives() && matches!(reading.reader().peek(), Peek::Overrun) {
        reading.catch_up();
    }
    if network.is_lossless() {
        // It has moved, and we look whether anybody waits; pairs with `await_room`.
        full_barrier();
        wake_senders(network);
    }
}
