// SPDX-License-Identifier: GPL-2.0

//! What is told of networks and ports, to those who ask and to those who listen.
//!
//! Whatever tells an event holds none of the network's locks.

use crate::{
    rust::{
        glue::{
            netdev::NetDevice,
            netlink::{Event, Kind, Listeners, NetworkReport, PortReport},
        },
        net::namespace::Namespace,
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
        lost: figures.dropped,
    }))
}

/// Has `use_it` look at what is told of a port in a network namespace. With `gone`, that is its device, which it
/// has no more; with `may_sleep` the path is told too.
pub(crate) fn with_port<R>(
    sock: &IpnSock,
    seat: &Seat,
    to: Namespace,
    gone: Option<&NetDevice>,
    may_sleep: bool,
    use_it: impl FnOnce(&PortReport<'_>) -> R,
) -> R {
    let network = &seat.network;
    let path = may_sleep.then(|| network.path.lock());
    let description = *sock.description.lock();
    use_it(&PortReport {
        file: &network.file,
        path: path.as_ref().and_then(|path| path.as_ref()),
        taken_by: &seat.taken_by,
        description: description.text(),
        port: seat.number,
        kind: kind(sock),
        receives: sock.port.receives(),
        sends: sock.port.sends(),
        device: match gone {
            Some(device) => device.shown(to),
            None => sock.device.with(|device| device.shown(to)).flatten(),
        },
        statistics: statistics(sock, seat),
    })
}

fn kind(sock: &IpnSock) -> Kind {
    if sock.port.observes() {
        return Kind::Observer;
    }
    match (sock.device.is_there(), sock.device.grabbed.is_up()) {
        (true, true) => Kind::Grabbed,
        (true, false) => Kind::Tap,
        (false, _) if sock.port.cursor.is_mapped() => Kind::Mapped,
        (false, _) => Kind::Socket,
    }
}

/// Where an event is told that belongs to a network namespace: in the initial one, and there.
fn places(namespace: Namespace) -> impl Iterator<Item = Namespace> {
    let other = (!namespace.is_initial()).then_some(namespace);
    [Namespace::INITIAL].into_iter().chain(other)
}

/// Tells an event of a network, which a socket of a network namespace brings about. It sleeps.
pub(crate) fn tell_network(event: Event, network: &Network, namespace: Namespace) {
    for place in places(namespace) {
        tell_network_in(place, event, network);
    }
}

/// Tells it in one network namespace. It sleeps.
pub(crate) fn tell_network_in(place: Namespace, event: Event, network: &Network) {
    if let Some(listeners) = Listeners::of(place) {
        with_network(network, |report| listeners.tell_network(event, report));
    }
}

/// Tells an event of a port. It sleeps.
pub(crate) fn tell_port(event: Event, sock: &IpnSock, gone: Option<&NetDevice>) {
    if let Some(seat) = sock.seat.as_ref() {
        for place in places(seat.namespace) {
            if let Some(listeners) = Listeners::of(place) {
                with_port(sock, seat, place, gone, true, |report| {
                    listeners.tell_port(event, report, true);
                });
            }
        }
    }
}

/// A port has lost messages, unless `lost` is 0: tells that, unless another loss of the network was told a
/// moment ago. It does not sleep.
#[cold]
pub(crate) fn tell_loss(sock: &IpnSock, seat: &Seat, lost: u64) {
    let is_heard = || !seat.namespace.is_initial() || Listeners::of(Namespace::INITIAL).is_some();
    if lost == 0 || !is_heard() {
        return;
    }
    let (now, told) = (now_ms(), seat.network.loss_told.load());
    let is_due = told == 0 || now.wrapping_sub(told) >= LOSS_TOLD_EVERY;
    if !is_due || !seat.network.loss_told.replace(told, now) {
        return;
    }
    for place in places(seat.namespace) {
        if let Some(listeners) = Listeners::of(place) {
            with_port(sock, seat, place, None, false, |report| {
                listeners.tell_port(Event::Lost, report, false);
            });
        }
    }
}
