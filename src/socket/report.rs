// SPDX-License-Identifier: GPL-2.0

//! What is told of networks and ports, to those who ask and to those who listen.
//!
//! Whatever tells an event holds none of the network's locks.

use crate::{
    abi::uapi::{IPN_DROP_FILTERED, IPN_DROP_OVERRUN},
    ring::drops::REASONS,
    rust::{
        glue::{
            netdev::NetDevice,
            netlink::{Event, Kind, Listeners, NetworkReport, PortReport, WindowReport},
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
        pool: network.pool,
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
        window: network.window.as_ref().map(|_| WindowReport {
            length: shape.window,
            rate: shape.rate,
            age: network.age(),
            evicted: network.evicted.load(),
        }),
    }))
}

/// What is told of a port besides what it is.
#[derive(Clone, Copy, Default)]
pub(crate) struct Told<'a> {
    /// Its device, which it has no more.
    pub(crate) gone: Option<&'a NetDevice>,
    /// Why it has lost messages (`IPN_DROP_*`); 0: it has not.
    pub(crate) reason: u32,
    /// Whether the path is told too, for which the caller may sleep.
    pub(crate) path: bool,
}

/// Has `use_it` look at what is told of a port in a network namespace.
pub(crate) fn with_port<R>(
    sock: &IpnSock,
    seat: &Seat,
    to: Namespace,
    Told { gone, reason, path }: Told<'_>,
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
        device: match gone {
            Some(device) => device.shown(to),
            None => sock.device.with(|device| device.shown(to)).flatten(),
        },
        drops: with(sock.port.drops.counts(), &drops),
        statistics,
        reason,
        is_reliable: seat.seen.is_some(),
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
        let told = Told {
            gone,
            path: true,
            ..Told::default()
        };
        for place in places(seat.namespace) {
            if let Some(listeners) = Listeners::of(place) {
                with_port(sock, seat, place, told, |report| {
                    listeners.tell_port(event, report, true);
                });
            }
        }
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
    let is_heard = || !seat.namespace.is_initial() || Listeners::of(Namespace::INITIAL).is_some();
    if lost == 0 || !is_heard() {
        return;
    }
    let (now, told) = (now_ms(), seat.network.loss_told.load());
    let is_due = told == 0 || now.wrapping_sub(told) >= LOSS_TOLD_EVERY;
    if !is_due || !seat.network.loss_told.replace(told, now) {
        return;
    }
    let told = Told {
        reason,
        ..Told::default()
    };
    for place in places(seat.namespace) {
        if let Some(listeners) = Listeners::of(place) {
            with_port(sock, seat, place, told, |report| {
                listeners.tell_port(Event::Lost, report, false);
            });
        }
    }
}
