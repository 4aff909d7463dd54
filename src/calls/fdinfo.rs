// SPDX-License-Identifier: GPL-2.0

//! What `/proc/PID/fdinfo` tells of a descriptor: its network, port and device.

use crate::{
    rust::{glue::netdev::NetDevice, net::fdinfo::FdInfo},
    socket::{state::State, IpnSock},
};

/// Adds the lines. A call that shapes the socket just now is not waited for: what it does is not told.
pub(crate) fn show(sock: &IpnSock, to: &FdInfo<'_>) {
    let Some(network) = sock.network() else {
        return;
    };
    let file = &network.file;
    to.add("ipn-network", format_args!("{file}"));
    if let Some(path) = network.path.lock().as_ref() {
        to.add_path("ipn-path", path);
    }
    let control = sock.control.try_lock();
    let holder = match control.as_ref().map(|control| &control.state) {
        Some(State::Serving(device)) => &**device,
        _ => sock,
    };
    if let Some(seat) = holder.seat.as_ref().filter(|_| !holder.has_left()) {
        to.add("ipn-port", format_args!("{}", seat.number));
    }
    let name = holder.device.with(NetDevice::name);
    let name = name
        .as_ref()
        .and_then(|name| name.split(|byte| *byte == 0).next());
    if let Some(name) = name.and_then(|name| core::str::from_utf8(name).ok()) {
        to.add("ipn-device", format_args!("{name}"));
    }
}
