// SPDX-License-Identifier: GPL-2.0

//! `bind` and `connect`: how a socket comes to a network.

use crate::{
    abi::{errno::Errno, uapi::IPN_ANY},
    membership,
    network::{
        address::Address,
        managers::{self, manager},
        shape::Shape,
        Parts,
    },
    policy::Policy,
    registry,
    rust::{
        fs::path::{HeldPath, NewName, MAY_EXEC, MAY_READ, MAY_WRITE},
        glue::{netlink::Event, parameters},
        net::{
            namespace::Namespace,
            socket::{SockRef, FAMILY},
        },
    },
    socket::{report, rights::Rights, state::State, Endpoint, IpnSock, Network},
};
use kernel::{prelude::*, sync::Arc};

/// The rights that the mode bits give the caller; other errors than `EACCES` are passed on.
pub(crate) fn rights_of(path: &HeldPath) -> Result<Rights> {
    let has = |mask| match path.permission(mask) {
        Ok(()) => Ok(true),
        Err(error) if error == EACCES || error == EROFS => Ok(false),
        Err(error) => Err(error),
    };
    Ok(Rights {
        receive: has(MAY_READ)?,
        send: has(MAY_WRITE)?,
        manage: has(MAY_EXEC)?,
    })
}

/// The path of an address as the kernel wants it.
fn c_path(address: &Address) -> Result<&CStr> {
    CStr::from_bytes_with_nul(address.path_with_nul()).map_err(|_| EINVAL)
}

/// Whether a socket may use a network: of the policy that it asked for (`EPROTO`); one of the type of a reliable bus only
/// such a bus (`EPROTOTYPE`).
fn check_kind(sock: &IpnSock, network: &Network) -> Result {
    if sock.protocol != IPN_ANY && sock.protocol != network.protocol {
        return Err(Errno::PROTO.into());
    }
    if sock.is_reliable && network.window.is_none() {
        return Err(Errno::PROTOTYPE.into());
    }
    Ok(())
}

/// Finds the network that a path names, and becomes its user.
///
/// A name that is no live network: `ECONNREFUSED`. `manages`: to manage it. `permitted` says what the caller needs.
fn find(
    sock: &IpnSock,
    address: &Address,
    manages: bool,
    permitted: impl FnOnce(&Rights) -> Result,
) -> Result<(Arc<Network>, Rights)> {
    let path = HeldPath::lookup(c_path(address)?)?;
    let rights = rights_of(&path)?;
    if !path.is_socket() {
        return Err(Errno::CONNREFUSED.into());
    }
    permitted(&rights)?;
    let enter = || -> Result<_> {
        let user = registry::user(managers::key(sock), Namespace::of(sock), manages)?;
        Ok(registry::enter_by_file(path.identity(), user)?)
    };
    let network = enter().or_else(|_| {
        // Its name may be found before the network is, whose maker holds the directory until both are.
        path.settle();
        enter()
    })?;
    path.touch();
    Ok((network, rights))
}

/// Makes a network and its name; there is none when any step fails. The name is taken: `EEXIST`.
///
/// Its memory is had before the name, and given back after it: meanwhile the directory is locked, in which
/// others make names too.
fn create(sock: &IpnSock, shape: Shape, address: Address) -> Result<Arc<Network>> {
    let policy = Policy::find(sock.protocol)?;
    // One that exists is joined, whatever the shape.
    if HeldPath::lookup(c_path(&address)?).is_ok() {
        return Err(EEXIST);
    }
    shape.check_ports(&parameters::limits())?;
    shape.check_room()?;
    let parts = Parts::new(shape, policy)?;
    let namespace = Namespace::of(sock);
    let maker = registry::user(managers::key(sock), namespace, true)?;
    // Dropped after what is declared later.
    let network;
    let name = NewName::create(c_path(&address)?, shape.mode)?;
    network = Network::new(parts, address, name.path())?;
    let bytes = network.checked_bytes()?;
    registry::add(
        network.clone(),
        maker,
        registry::payers()?,
        bytes,
        registry::quota(),
    )?;
    name.keep();
    report::tell_network(Event::NetworkMade, &network, namespace);
    Ok(network)
}

/// `bind(2)`: makes a network, or becomes a manager of one that is there.
pub(crate) fn bind(sock: &IpnSock, address: &[u8]) -> Result {
    let address = Address::parse(FAMILY, address)?;
    let mut control = sock.control()?;
    match control.state {
        State::Fresh => {}
        State::Bound(_) => return Err(EINVAL),
        State::Connected { .. } | State::Serving(_) => return Err(Errno::ISCONN.into()),
    }
    let entry = manager(SockRef::from(sock))?;
    let made = create(sock, control.shape, address.clone());
    let (network, rights) = match made {
        Ok(network) => {
            control.creator = true;
            (network, Rights::CREATOR)
        }
        Err(error) if error == EEXIST => {
            let found = find(sock, &address, true, |rights| {
                rights.manage.then_some(()).ok_or(EACCES)
            });
            let (network, rights) = match found {
                // The name was there a moment ago: another file is taking its place.
                Err(error) if error == ENOENT => return Err(Errno::ADDRINUSE.into()),
                found => found?,
            };
            if control.shape.is_exclusive() || network.is_exclusive() {
                registry::leave(&network, managers::key(sock));
                return Err(EEXIST);
            }
            if let Err(error) = check_kind(sock, &network) {
                registry::leave(&network, managers::key(sock));
                return Err(error);
            }
            (network, rights)
        }
        Err(error) => return Err(error),
    };
    sock.managed.populate(network.clone());
    membership::add_manager(&network, entry);
    control.state = State::Bound(rights);
    // A poller from before may now find the end.
    if network.is_terminated() {
        sock.wake_for_end();
    }
    Ok(())
}

/// `connect(2)`: takes a port.
pub(crate) fn connect(sock: &IpnSock, address: &[u8]) -> Result {
    let mut control = sock.control()?;
    let begin = (control.wanted_port, control.history);
    match &control.state {
        State::Connected { .. } | State::Serving(_) => return Err(Errno::ISCONN.into()),
        State::Bound(rights) => {
            let network = sock.network().ok_or(Errno::NOTCONN)?;
            if !address.is_empty() {
                let path = HeldPath::lookup(c_path(&Address::parse(FAMILY, address)?)?)?;
                if path.identity() != network.identity {
                    return Err(EINVAL);
                }
            }
            Endpoint::take_seat(sock, network, *rights, begin)?;
            control.state = State::Connected { manager: true };
            report::tell_port(Event::PortTaken, sock, None);
        }
        State::Fresh => {
            let address = Address::parse(FAMILY, address)?;
            let (network, rights) = find(sock, &address, false, |rights| {
                sock.shutdown_with(*rights).map(drop)
            })?;
            let seated = check_kind(sock, &network)
                .and_then(|()| Endpoint::take_seat(sock, &network, rights, begin));
            if let Err(error) = seated {
                registry::leave(&network, managers::key(sock));
                return Err(error);
            }
            control.state = State::Connected { manager: false };
            report::tell_port(Event::PortTaken, sock, None);
        }
    }
    Ok(())
}
