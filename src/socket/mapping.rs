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
        uapi::{IPN_MAP_CURSOR, IPN_MAP_RING, IPN_MAP_WRITER},
    },
    membership,
    ring::{
        port::{BOTH_SHUT, RECEIVE_SHUT},
        reader::Peek,
    },
    rust::{
        glue::{cursor_page::CursorPage, ring_memory::INDEX_AT},
        mm::mmap::NewMapping,
        net::filter,
        sync::atomic::full_barrier,
        task::pause::pause,
    },
    socket::{
        endpoint::{IpnSock, Seat},
        reading::Reading,
    },
    wakeup::{
        readers::wake_now,
        room::{tell_room, wake_senders},
    },
};
use kernel::{page::PAGE_SIZE, prelude::*};

/// `mmap(2)`.
///
/// No port: `ENOTCONN`; the port has a ring of its own or is a device, or the network is not one of one writer, which this
/// one would be: `EOPNOTSUPP`; another is that writer: `EBUSY`; it must not see all messages, or must not send: `EACCES`;
/// a mapping of no use: `EINVAL`; one with more rights than there are: `EPERM`.
pub(crate) fn map(sock: &IpnSock, mapping: &NewMapping<'_>) -> Result {
    let seat = sock.readable_port()?;
    if !seat.shares {
        return Err(Errno::OPNOTSUPP.into());
    }
    let is_writer = || seat.network.members.lock().is_writer(seat.number);
    // A filter may be there to hide messages from whoever was handed the socket.
    // The writer needs none, but has seen all that is there.
    if filter::is_attached(sock) || !(sock.port.receives() || is_writer()) {
        return Err(EACCES);
    }
    if !mapping.is_shared() {
        return Err(EINVAL);
    }
    mapping.forbid_execution()?;
    match mapping.offset() {
        IPN_MAP_RING => {
            let memory = seat.ring.memory().shared();
            if mapping.is_longer_than(memory, 0) {
                return Err(EINVAL);
            }
            mapping.forbid_writing()?;
            if !seat.ring.is_written() {
                clear(seat);
            }
            mapping.show(memory, 0)
        }
        IPN_MAP_CURSOR if !sock.port.receives() => Err(EACCES),
        IPN_MAP_CURSOR => {
            let page = CursorPage::new()?;
            if mapping.is_longer_than(page.memory(), 0) {
                return Err(EINVAL);
            }
            mapping.show(adopt(sock, seat, page)?.memory(), 0)
        }
        IPN_MAP_WRITER if seat.ring.is_written() => {
            const FIRST: usize = INDEX_AT / PAGE_SIZE;
            let memory = seat.ring.memory().shared();
            if mapping.is_longer_than(memory, FIRST) {
                return Err(EINVAL);
            }
            begin_writing(sock, seat)?;
            mapping.show(memory, FIRST)
        }
        IPN_MAP_WRITER => Err(Errno::OPNOTSUPP.into()),
        _ => Err(EINVAL),
    }
}

/// The port writes the ring from now on, and receives nothing.
fn begin_writing(sock: &IpnSock, seat: &Seat) -> Result {
    let Seat {
        network, number, ..
    } = seat;
    let mut members = network.members.lock();
    if members.ended {
        return Err(EPIPE);
    }
    if !sock.port.sends() {
        return Err(EACCES);
    }
    let begun = members.writing().map(|writing| writing.begin(*number));
    let is_new = begun.transpose()?.unwrap_or(false);
    drop(members);
    if is_new {
        seat.ring.restore_index();
    }
    membership::shut(network, sock, *number, RECEIVE_SHUT);
    sock.show_shutdown(sock.port.shut() & BOTH_SHUT);
    Ok(())
}

/// The writer of the ring, if `sock` is that, asks to be looked at (`FIONREAD`): whoever sleeps for what it has published is
/// woken, and it is told what all have read.
///
/// The network has ended, or it may not send any more: `EPIPE`.
pub(crate) fn look_at_writer(sock: &IpnSock, seat: &Seat) -> Result {
    let Seat {
        network,
        number,
        ring,
        ..
    } = seat;
    let members = network.members.lock();
    if !members.is_writer(*number) {
        return Ok(());
    }
    if members.ended || !sock.port.sends() {
        return Err(EPIPE);
    }
    if network.is_lossless() {
        tell_room(network, ring, &members, network.shape.mtu);
    }
    wake_now(network, members);
    Ok(())
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
        cursor.map(fresh, sock.drops().into(), seat.first);
    }
    drop(members);
    cursor.page().ok_or(ENOMEM)
}

/// A mapped reader asks to be looked at (`FIONREAD`): what it lost is counted, and whoever waits for
/// the room that it has made is woken.
pub(crate) fn take_over(reading: &Reading<'_>) {
    let network = &reading.seat.network;
    reading.reader().correct();
    match reading.reader().peek() {
        _ if !reading.sock.port.receives() => {}
        Peek::Overrun => drop(reading.catch_up()),
        Peek::Gone(number) => drop(reading.lose(number)),
        _ => {}
    }
    if network.waits() {
        // It has moved, and we look whether anybody waits; pairs with `await_room`.
        full_barrier();
        wake_senders(network);
    }
}
