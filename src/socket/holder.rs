// SPDX-License-Identifier: GPL-2.0

//! What a network asks of a socket that holds a port.

use crate::{
    network::{holder::Holder, lane::Lane, oob::Counts},
    ring::{port::Port, reader::Reader},
    rust::{
        glue::{netdev::NetDevice, ring_memory::RingMemory},
        net::filter,
        task::identity::Identity,
    },
    socket::{
        backlog,
        endpoint::{Endpoint, IpnSock},
        news::hear_writer,
        reading::Reading,
    },
};
use kernel::{error::Result, sync::Arc};

impl Holder for Endpoint {
    #[inline]
    fn port(&self) -> &Port {
        &self.port
    }

    fn held(&self) -> Option<(&Arc<Identity>, u64)> {
        self.seat.as_ref().map(|seat| (&seat.taken_by, seat.first))
    }

    #[inline]
    fn reader(&self) -> Option<Reader<'_, RingMemory>> {
        Some(self.seat.as_ref()?.reader(&self.port))
    }

    #[inline]
    fn lane(&self) -> Option<&Lane<Self>> {
        self.seat.as_ref()?.lane.as_deref()
    }

    fn tell(&self, counts: Counts) {
        if self.handles_oob.is_up() && self.wants_counts.is_up() {
            self.oob.lock().push(counts);
        }
    }

    fn was_told(&self) -> bool {
        self.told().is_some()
    }

    #[inline]
    fn sleeps(sock: &IpnSock) -> bool {
        sock.has_sleeper() || sock.device.is_there()
    }

    /// Not so for a device, whose socket's filter does not count; nor for a mapped reader, who goes on
    /// by itself; nor for an observer, who holds no sender up.
    fn is_filtered(sock: &IpnSock) -> bool {
        filter::is_attached(sock)
            && !sock.device.is_there()
            && !sock.port.cursor.is_mapped()
            && !sock.port.observes()
    }

    fn skip_refused(sock: &IpnSock) -> Result {
        // One that is no port to be read has nothing to be skipped.
        let Ok(reading) = Reading::by_call(sock) else {
            return Ok(());
        };
        hear_writer(reading.seat);
        reading.next_behind_gaps(reading.end()).map(drop)
    }

    fn has_backlog(sock: &IpnSock) -> bool {
        sock.device.is_there() && backlog::is_waiting(sock)
    }

    fn send_backlog(sock: &IpnSock) {
        backlog::send_waiting(sock);
    }

    /// The port's device gets the message, or its owner is woken.
    fn wake_receiver(sock: &IpnSock) {
        if sock.device.is_there() {
            sock.device.with(NetDevice::schedule);
        } else {
            sock.wake_receivers();
        }
    }

    /// The port's device goes on, after what it has sent before, or its owner is woken.
    fn wake_sender(sock: &IpnSock) {
        if sock.device.is_there() {
            if !backlog::resume(sock) {
                sock.device.with(NetDevice::wake);
            }
        } else {
            sock.wake_senders();
        }
    }

    /// The port's device shows it, and its owner finds it.
    fn wake_for_end(sock: &IpnSock) {
        sock.device.with(NetDevice::carrier_off);
        backlog::resume(sock);
        sock.wake_for_end();
    }
}
