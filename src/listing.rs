// SPDX-License-Identifier: GPL-2.0

//! Who is on which network, as a reader of the netlink family may know it.
//!
//! In the initial network namespace anybody may know of networks what `/proc/net/ipn` shows; in another, of
//! those that a socket of that uses. A port is shown to those who may see all (`CAP_NET_ADMIN`), to those who
//! manage its network, and to the user that took it; in another namespace than the initial one that is so of
//! the ports that sockets of that have.

use crate::{
    registry,
    rust::{glue::netlink::Dump, task::cred::current_uid},
    socket::{
        report::{self, Told},
        Network,
    },
};

/// Adds networks, or ports, from where the dump has come to, as many as there is room for.
pub(crate) fn dump(dump: &mut Dump<'_>) {
    while let Some(network) = registry::from(dump.place().0) {
        let (place, port) = dump.place();
        let is_done = match (is_told(dump, &network), dump.is_of_ports()) {
            (false, _) => true,
            (true, false) => {
                report::with_network(&network, |report| dump.add_network(report)).unwrap_or(true)
            }
            (true, true) => {
                let from = if place == network.identity { port } else { 0 };
                dump_ports(dump, &network, from)
            }
        };
        if !is_done {
            return;
        }
        dump.move_to(network.identity.saturating_add(1), 0);
    }
}

/// Whether the reader asks for a network, and may know of it.
fn is_told(dump: &Dump<'_>, network: &Network) -> bool {
    let namespace = dump.namespace();
    dump.asks_for(&network.file)
        && (namespace.is_initial() || dump.sees_all() || registry::is_used_in(network, namespace))
}

/// Adds the ports of a network from a number on; tells whether all had room.
fn dump_ports(dump: &mut Dump<'_>, network: &Network, mut from: u32) -> bool {
    let (caller, namespace) = (current_uid(), dump.namespace());
    let sees_all = dump.sees_all() || registry::is_managed_by(network, caller, namespace);
    let sees_here = dump.sees_namespace();
    loop {
        let found = network.members.lock().look_from(from);
        let Some((next, holder)) = found else {
            return true;
        };
        if let Some(sock) = holder {
            let seat = sock.seat.as_ref();
            let shown = seat.filter(|seat| {
                let is_here = namespace.is_initial() || seat.namespace == namespace;
                sees_all || is_here && (sees_here || seat.taken_by.uid() == caller)
            });
            let has_room = shown.is_none_or(|seat| {
                let told = Told {
                    path: true,
                    ..Told::default()
                };
                report::with_port(&sock, seat, namespace, told, |report| dump.add_port(report))
            });
            if !has_room {
                // It is the first of the next part.
                dump.move_to(network.identity, next.saturating_sub(1));
                return false;
            }
        }
        from = next;
    }
}
