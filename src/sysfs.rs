// SPDX-License-Identifier: GPL-2.0

//! The files of a network's directory in `/sys/kernel/ipn`: what they tell, and what is done with
//! what is written to them.

use crate::{
    abi::errno::Errno,
    calls::names::rights_of,
    device::{self, command::DeviceCommand},
    network::managers,
    policy::Policy,
    registry,
    rust::{
        glue::{
            kernel_socket::KernelSocket,
            netdev::DeviceName,
            sysfs::{write_path, Files, Opener},
        },
        net::namespace::Namespace,
    },
    socket::{rights::Rights, state::State, IpnSock, Network},
    text::Text,
};
use core::fmt::{self, Write};
use kernel::{prelude::*, sync::Arc};

/// Writes a file's value.
type Show = fn(&Network, &mut Text<'_>) -> Result;

/// The files of one value each.
pub(crate) const VALUES: [(&CStr, Show); 11] = [
    (c"path", |network, text| {
        let path = network.path.lock();
        write_path(text, path.as_ref().ok_or(ENODEV)?)
    }),
    (c"policy", |network, text| {
        // A network keeps its policy's module, so the policy is there.
        let policy = Policy::find(network.protocol)?;
        put(text, format_args!("{}", policy.name()))
    }),
    (c"flags", |network, text| {
        put(text, format_args!("{:#x}", network.shape().flags))
    }),
    (c"mtu", |network, text| {
        put(text, format_args!("{}", network.shape().mtu))
    }),
    (c"ports", |network, text| {
        put(text, format_args!("{}", network.figures().ports))
    }),
    (c"used", |network, text| {
        put(text, format_args!("{}", network.figures().used))
    }),
    (c"readers", |network, text| {
        put(text, format_args!("{}", network.figures().counts.readers))
    }),
    (c"writers", |network, text| {
        put(text, format_args!("{}", network.figures().counts.writers))
    }),
    (c"pool", |network, text| {
        put(text, format_args!("{}", network.pool))
    }),
    (c"sent", |network, text| {
        put(text, format_args!("{}", network.figures().sent))
    }),
    (c"dropped", |network, text| {
        put(text, format_args!("{}", network.figures().dropped))
    }),
];

/// All files of a directory.
pub(crate) fn files() -> Files {
    Files {
        values: VALUES.map(|(name, _)| name),
        // The ports that are taken.
        list: c"taken",
        commands: c"netdev",
    }
}

fn put(text: &mut Text<'_>, value: fmt::Arguments<'_>) -> Result {
    text.write_fmt(value).map_err(|_| EFBIG)
}

/// Writes the numbers of the ports that are taken: 64 are looked at with the network's lock, and none is
/// written with it.
pub(crate) fn list(network: &Network, text: &mut Text<'_>) -> fmt::Result {
    let words = (0..)
        .step_by(64)
        .map_while(|first| Some((first, network.members.lock().taken(first)?)));
    text.write_ranges(words.flat_map(|(first, taken)| {
        (first..)
            .zip(0..64)
            .filter_map(move |(number, bit)| (taken & 1_u64 << bit != 0).then_some(number))
    }))
}

/// Does what was written: see [`DeviceCommand`].
///
/// A device that is made or taken has no holder: it stays until it is released. The errors are those of
/// the requests of a manager's socket ([`device::connect`]); besides, something else was written:
/// `EINVAL`; the network is not used any more: `ENODEV`.
pub(crate) fn run_command(network: &Arc<Network>, opener: &Opener, text: &[u8]) -> Result {
    if !opener.may_change_devices() {
        return Err(EPERM);
    }
    let command = DeviceCommand::parse(text)?;
    let sock = KernelSocket::open()?;
    let user = registry::user(managers::key(&sock), Namespace::of(&sock), true)?;
    if !registry::enter(network, user) {
        return Err(ENODEV);
    }
    // From here on the socket uses the network, until it is closed behind our back.
    sock.managed.populate(network.clone());
    sock.control.lock().state = State::Bound(Rights::NONE);
    match command {
        DeviceCommand::Tap(name) => attach(&sock, network, device::TAP, name),
        DeviceCommand::Grab(name) => attach(&sock, network, device::GRAB, name),
        DeviceCommand::Release(name) => device::release(&sock, network, &DeviceName::of(name)?),
    }
}

/// Makes the port of a socket that uses a network a device which stays, if the caller may manage that
/// as one who binds to the name: who does not find the network's file has no part in it.
fn attach(sock: &IpnSock, network: &Arc<Network>, kind: u16, name: &[u8]) -> Result {
    let name = DeviceName::of(name)?;
    let path = network.path.lock().clone().ok_or(ENODEV)?;
    let rights = rights_of(&path.found_by_caller()?)?;
    if !rights.manage {
        return Err(EACCES);
    }
    if network.is_terminated() {
        return Err(Errno::CONNREFUSED.into());
    }
    if network.is_exclusive() {
        return Err(EEXIST);
    }
    sock.control.lock().state = State::Bound(rights);
    device::connect(sock, kind, &name, |_| Ok(()))?;
    device::set_persistent(sock, true)
}
