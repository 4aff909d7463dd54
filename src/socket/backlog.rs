// SPDX-License-Identifier: GPL-2.0

//! What a device sends that is much for all of its ports together.
//!
//! A device sends in softirq, which must not take as long as that: a worker of the kernel's sends it in
//! turns, as the call of a process does, and what comes behind it waits for its own. Where the backlog has no
//! place the device is told so, as by a lossless network without room: a tap waits, a grabbed device drops.

use crate::{
    abi::{
        errno::{Errno, Result},
        uapi::{IPN_DROP_NO_MEMORY, IPN_DROP_SHUT},
    },
    delivery::{self, Entered},
    rust::{
        glue::{
            arrival::{Arrival, Backlog},
            netdev::NetDevice,
        },
        net::message::Payload,
        task::{pause::pause, workers::enqueue},
    },
    socket::{endpoint::IpnSock, report},
};

/// Packets that a worker sends for one device before it looks at the next.
const SENT_AT_ONCE: u32 = 64;

/// One less, of a number that wraps around.
const LESS: u32 = u32::MAX;

/// A device's packet enters the network, or waits to.
///
/// Too long: `EMSGSIZE`; no room, and the device is woken once there is some: `EAGAIN`.
#[inline]
pub(crate) fn enter(sock: &IpnSock, packet: &mut Arrival<'_>) -> Result {
    let seat = sock.seat.as_ref().ok_or(Errno::NOTCONN)?;
    let waits = is_waiting(sock);
    if !waits {
        match delivery::inject(sock, seat, packet)? {
            Entered::Sent => return Ok(()),
            Entered::Spread => {}
        }
    } else if packet.len() > seat.network.mtu() {
        return Err(Errno::MSGSIZE);
    }
    // It counts before it is there, and as long as it is not in the rings.
    let waiting = &sock.device.waiting;
    waiting.add(1);
    if let Err(error) = Backlog::of(sock).push(packet, !waits) {
        waiting.add(LESS);
        return Err(error);
    }
    enqueue(seat.network.clone());
    Ok(())
}

/// Whether packets of the port's device wait, or one of them is on its way.
pub(super) fn is_waiting(sock: &IpnSock) -> bool {
    sock.device.waiting.load() != 0
}

/// There is room, or the network has ended: what waits goes on. Tells whether anything does.
pub(super) fn resume(sock: &IpnSock) -> bool {
    let waits = is_waiting(sock);
    if let Some(seat) = sock.seat.as_ref().filter(|_| waits) {
        enqueue(seat.network.clone());
    }
    waits
}

/// Sends what waits, as the one worker of the network.
pub(super) fn send_waiting(sock: &IpnSock) {
    let (backlog, Some(seat)) = (Backlog::of(sock), sock.seat.as_ref()) else {
        return;
    };
    for _ in 0..SENT_AT_ONCE {
        let Some(packet) = backlog.take() else {
            break;
        };
        let again = packet.was_tried();
        match delivery::inject_in_turns(sock, seat, &mut packet.arrival(), again) {
            Ok(()) => {}
            // It is resumed when there is room, and then the device is woken.
            Err(Errno::AGAIN) => return backlog.put_back(packet),
            Err(error) => {
                sock.device.with(NetDevice::count_unsent);
                let reason = match error {
                    Errno::PIPE => IPN_DROP_SHUT,
                    _ => IPN_DROP_NO_MEMORY,
                };
                report::drop_of_device(sock, 1, reason);
            }
        }
        sock.device.waiting.add(LESS);
        // No signal comes to a worker.
        let _ = pause();
    }
    sock.device.with(NetDevice::wake);
    resume(sock);
}
