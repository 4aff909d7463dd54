// SPDX-License-Identifier: GPL-2.0

//! Who is on which network, as a reader of the netlink family may know it.
//!
//! What anybody may know of networks is what `/proc/net/ipn` shows. A port is shown to those who may see
//! all (`CAP_NET_ADMIN`), to those who manage its network, and to the user that took it.

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
        if place != network.identity {
            dump.move_to(network.identity, 0);
        }
        let is_done = match (dump.asks_for(&network.file), dump.is_of_ports()) {
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

/// Adds the ports of a network from a number on; tells whether all had room.
fn dump_ports(dump: &mut Dump<'_>, network: &Network, mut from: u32) -> bool {
    let caller = current_uid();
    let sees_all = dump.sees_all() || registry::is_managed_by(network, caller);
    loop {
        let found = network.members.lock().look_from(from);
        let Some((next, holder)) = found else {
            return true;
        };
        if let Some(sock) = holder {
            let seat = sock.seat.as_ref();
            let shown = seat.filter(|seat| sees_all || seat.taken_by.uid() == caller);
            let has_room = shown.is_none_or(|seat| {
                let told = Told {
                    path: true,
                    ..Told::default()
                };
                report::with_port(&sock, seat, told, |report| dump.add_port(report))
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
