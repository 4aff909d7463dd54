// SPDX-License-Identifier: GPL-2.0

//! What is told of networks and ports, to those who ask and to those who listen.
//!
//! Whatever tells an event holds none of the network's locks.

use crate::{
    abi::uapi::{IPN_DROP_FILTERED, IPN_DROP_OVERRUN},
    ring::drops::REASONS,
    rust::{
        glue::{
            netdev::{NetDevice, ShownDevice},
            netlink::{self, Event, Kind, NetworkReport, PortReport},
        },
        task::clock::now_ms,
    },
    socket::{
        endpoint::{IpnSock, Network, Seat},
        statistics::statistics,
    },
};

/// Milliseconds between two losses of a network that are told.
const LOSS_TOLD_EVERY: u64 = 1000;

/// Has `use_it` look at what is told of a network, unless no socket uses it any more.
pub(crate) fn with_network<R>(
    network: &Network,
    use_it: impl FnOnce(&NetworkReport<'_>) -> R,
) -> Option<R> {
    let (shape, figures) = (network.shape(), network.figures());
    let path = network.path.lock();
    path.as_ref()?;
    Some(use_it(&NetworkReport {
        file: &network.file,
        path: path.as_ref(),
        policy: network.protocol,
        flags: shape.flags,
        mtu: shape.mtu,
        pool: shape.pool,
        ports: figures.ports,
        used: figures.used,
        readers: figures.counts.readers,
        writers: figures.counts.writers,
        owner: network.maker,
        sent: figures.sent,
        sent_bytes: figures.sent_bytes,
        lost: figures.dropped,
        drops: with(
            network.drops.counts(),
            &[(IPN_DROP_OVERRUN, network.dropped.load())],
        ),
    }))
}

/// What is told of a port besides what it is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Told {
    /// Its device, which it has no more.
    pub(crate) gone: Option<ShownDevice>,
    /// Why it has lost messages (`IPN_DROP_*`); 0: it has not.
    pub(crate) reason: u32,
    /// Whether the path is told too, for which the caller may sleep.
    pub(crate) path: bool,
}

/// Has `use_it` look at what is told of a port.
pub(crate) fn with_port<R>(
    sock: &IpnSock,
    seat: &Seat,
    Told { gone, reason, path }: Told,
    use_it: impl FnOnce(&PortReport<'_>) -> R,
) -> R {
    let network = &seat.network;
    let path = path.then(|| network.path.lock());
    let description = *sock.description.lock();
    let statistics = statistics(sock, seat);
    let drops = [
        (IPN_DROP_OVERRUN, statistics.lost),
        (IPN_DROP_FILTERED, statistics.refused),
    ];
    use_it(&PortReport {
        file: &network.file,
        path: path.as_ref().and_then(|path| path.as_ref()),
        taken_by: &seat.taken_by,
        description: description.text(),
        port: seat.number,
        kind: kind(sock),
        receives: sock.port.receives(),
        sends: sock.port.sends(),
        device: gone.or_else(|| sock.device.with(NetDevice::shown).flatten()),
        drops: with(sock.port.drops.counts(), &drops),
        statistics,
        reason,
    })
}

/// Counters by reason, with those that are kept elsewhere.
fn with(mut drops: [u64; REASONS], others: &[(u32, u64)]) -> [u64; REASONS] {
    for (reason, count) in others {
        if let Some(place) = drops.get_mut(*reason as usize) {
            *place = *count;
        }
    }
    drops
}

fn kind(sock: &IpnSock) -> Kind {
    match (sock.device.is_there(), sock.device.grabbed.is_up()) {
        (true, true) => Kind::Grabbed,
        (true, false) => Kind::Tap,
        (false, _) if sock.port.observes() => Kind::Observer,
        (false, _) if sock.port.cursor.is_mapped() => Kind::Mapped,
        (false, _) => Kind::Socket,
    }
}

/// Tells an event of a network. It sleeps.
pub(crate) fn tell_network(event: Event, network: &Network) {
    if netlink::has_listeners() {
        with_network(network, |report| netlink::tell_network(event, report));
    }
}

/// Tells an event of a port. It sleeps.
pub(crate) fn tell_port(event: Event, sock: &IpnSock, gone: Option<ShownDevice>) {
    if let Some(seat) = sock.seat.as_ref().filter(|_| netlink::has_listeners()) {
        let told = Told {
            gone,
            path: true,
            ..Told::default()
        };
        with_port(sock, seat, told, |report| {
            netlink::tell_port(event, report, true);
        });
    }
}

/// The device of a port, or the backlog of that, has dropped messages for a reason (`IPN_DROP_*`): counts and
/// tells that. It does not sleep.
#[cold]
pub(crate) fn drop_of_device(sock: &IpnSock, count: u64, reason: u32) {
    // It may have been made before it got its port.
    if let Some(seat) = sock.seat.as_ref() {
        let network = &seat.network;
        network.drop_messages(&sock.port, seat.number, count, reason);
        tell_loss(sock, seat, count, reason);
    }
}

/// A port has lost messages for a reason, unless `lost` is 0: tells that, unless another loss of the network
/// was told a moment ago. It does not sleep.
#[cold]
pub(crate) fn tell_loss(sock: &IpnSock, seat: &Seat, lost: u64, reason: u32) {
    if lost == 0 || !netlink::has_listeners() {
        return;
    }
    let (now, told) = (now_ms(), seat.network.loss_told.load());
    let is_due = told == 0 || now.wrapping_sub(told) >= LOSS_TOLD_EVERY;
    if is_due && seat.network.loss_told.replace(told, now) {
        let told = Told {
            reason,
            ..Told::default()
        };
        with_port(sock, seat, told, |report| {
            netlink::tell_port(Event::Lost, report, false);
        });
    }
}
