// SPDX-License-Identifier: GPL-2.0

//! Options and requests: `getsockopt(2)`, `setsockopt(2)` and `ioctl(2)`.

use crate::{
    abi::{errno::Errno, uapi::*},
    device,
    network::{
        shape::{Description, Shape},
        Network,
    },
    policy,
    rust::{
        glue::{
            netdev::{DeviceName, NAME_LEN},
            parameters::limits,
        },
        net::{
            socket::put_user_int,
            sockopt::{OptionReader, OptionWriter},
        },
    },
    socket::{transfer, IpnSock, State},
};
use kernel::{
    ioctl::{_IO, _IOR, _IOWR},
    prelude::*,
    sync::Arc,
    uaccess::{UserPtr, UserSlice},
};

/// The level of the family's own options.
const LEVEL: i32 = IPN_ANY as i32;

/// A `struct ifreq` of `include/uapi/linux/if.h`: only its size counts, for the request's number.
struct IfReq {
    _bytes: [u64; 5],
}

/// The `struct ifreq` of a 32-bit program: its pointers are shorter, name and value are where they were.
struct CompatIfReq {
    _bytes: [u32; 8],
}

/// A `struct chrdevreq`, as [`IfReq`].
struct ChrdevReq {
    _words: [u32; 19],
}

const TYPE: u32 = b'I' as u32;
const IPN_TERMINATE: u32 = _IO(TYPE, 198);
const IPN_CHECK: u32 = _IO(TYPE, 199);
const FIONREAD: u32 = 0x541b;
const SIOCSIFHWADDR: u32 = 0x8924;

const IPN_SETPERSIST_NETDEV: u32 = _IOR::<IfReq>(TYPE, 200);
const IPN_CLRPERSIST_NETDEV: u32 = _IOR::<IfReq>(TYPE, 201);
const IPN_CONN_NETDEV: u32 = _IOR::<IfReq>(TYPE, 202);
const IPN_JOIN_NETDEV: u32 = _IOR::<IfReq>(TYPE, 203);
const IPN_SETPERSIST: u32 = _IOR::<IfReq>(TYPE, 204);

/// Requests of character devices.
const CHARACTER_DEVICE_REQUESTS: [u32; 4] = [
    // The numbers over 255 spill into the type: 'I' is 0x49, and 301 is 0x12d.
    _IOWR::<ChrdevReq>(TYPE | 1, 301 & 0xff),
    _IO(TYPE | 1, 302 & 0xff),
    _IOR::<ChrdevReq>(TYPE | 1, 303 & 0xff),
    _IOR::<i32>(TYPE | 1, 304 & 0xff),
];

/// Longest value of a policy's own option, when set.
const POLICY_VALUE_MAX: usize = 4096;

/// Longest value of a policy's own option, when got.
const POLICY_ANSWER_MAX: usize = 65536;

/// `setsockopt(2)`.
pub(crate) fn set_option(sock: &IpnSock, level: i32, option: u32, value: &OptionReader) -> Result {
    if level != LEVEL {
        return set_policy_option(sock, level, option, value);
    }
    match option {
        IPN_SO_DESCR => {
            let mut bytes = [0; IPN_DESCRLEN];
            let description = Description::parse(value.bytes(&mut bytes)?)?;
            sock.control.lock().description = description;
        }
        IPN_SO_PORT => {
            let wanted = value.int()?;
            let mut control = sock.control.lock();
            if matches!(control.state, State::Connected { .. } | State::Joined(_)) {
                return Err(Errno::ISCONN.into());
            }
            let number = u32::try_from(wanted);
            if wanted != IPN_PORTNO_ANY && !number.is_ok_and(|number| number < limits().ports) {
                return Err(EINVAL);
            }
            control.wanted_port = wanted;
        }
        IPN_SO_CHANGE_NUMNODES => {
            let ports = value.int()?;
            let control = sock.control.lock();
            let network = sock.used_network()?;
            if !control.state.manages() {
                return Err(EACCES);
            }
            let mut shape = network.shape();
            shape.set(IPN_SO_NUMNODES, ports, &limits())?;
            network.resize(shape.ports)?;
        }
        IPN_SO_HANDLE_OOB | IPN_SO_WANT_OOB_NUMNODES => {
            let wanted = match value.int()? {
                0 => false,
                1 => true,
                _ => return Err(EINVAL),
            };
            let _control = sock.control.lock();
            let flag = match option {
                IPN_SO_HANDLE_OOB => &sock.handles_oob,
                _ => &sock.wants_census,
            };
            if wanted {
                flag.raise();
            } else {
                flag.lower();
                sock.oob.lock().clear();
            }
        }
        option if Shape::has(option) => {
            let number = value.int()?;
            let mut control = sock.control.lock();
            if !matches!(control.state, State::Fresh) {
                return Err(Errno::ISCONN.into());
            }
            control.shape.set(option, number, &limits())?;
        }
        _ => return Err(Errno::NOPROTOOPT.into()),
    }
    Ok(())
}

/// `getsockopt(2)`.
pub(crate) fn get_option(
    sock: &IpnSock,
    level: i32,
    option: u32,
    value: &mut OptionWriter<'_>,
) -> Result {
    if level != LEVEL {
        return get_policy_option(sock, level, option, value);
    }
    let control = sock.control.lock();
    let number = match option {
        IPN_SO_DESCR => {
            let description = Description::parse(control.description.text_with_nul())?;
            drop(control);
            return value.bytes(description.text_with_nul());
        }
        IPN_SO_PORT => {
            let holder = match &control.state {
                State::Joined(device) => &**device,
                _ => sock,
            };
            match holder.seat.as_ref() {
                Some(_) if holder.has_left() => IPN_PORTNO_ANY,
                Some(seat) => seat.number as i32,
                None => control.wanted_port,
            }
        }
        IPN_SO_CHANGE_NUMNODES => sock.used_network()?.shape().ports as i32,
        IPN_SO_HANDLE_OOB => sock.handles_oob.is_up().into(),
        IPN_SO_WANT_OOB_NUMNODES => sock.wants_census.is_up().into(),
        _ => {
            let network = sock.network();
            network
                .map_or(control.shape, |network| network.shape())
                .get(option)? as i32
        }
    };
    drop(control);
    value.int(number)
}

/// The network whose policy has the options of a level. None: `ENOPROTOOPT`.
fn network_of_level(sock: &IpnSock, level: i32) -> Result<&Arc<Network>> {
    let protocol = u32::try_from(level).map_err(|_| Errno::NOPROTOOPT)?;
    if policy::find(protocol).is_err() || protocol <= IPN_BROADCAST {
        return Err(Errno::NOPROTOOPT.into());
    }
    let network = sock.used_network()?;
    if network.protocol == protocol {
        Ok(network)
    } else {
        Err(Errno::NOPROTOOPT.into())
    }
}

fn set_policy_option(sock: &IpnSock, level: i32, option: u32, value: &OptionReader) -> Result {
    let control = sock.control.lock();
    let network = network_of_level(sock, level)?;
    if !control.state.manages() {
        return Err(EACCES);
    }
    if value.len() > POLICY_VALUE_MAX {
        return Err(EINVAL);
    }
    let mut bytes = KVVec::from_elem(0, value.len(), GFP_KERNEL_ACCOUNT)?;
    let bytes = value.bytes(&mut bytes)?;
    network.with_policy(|policy| policy.set_option(option, bytes))?;
    // The messages of blocked senders may go elsewhere now.
    network.make_room();
    Ok(())
}

fn get_policy_option(
    sock: &IpnSock,
    level: i32,
    option: u32,
    value: &mut OptionWriter<'_>,
) -> Result {
    let _control = sock.control.lock();
    let network = network_of_level(sock, level)?;
    let room = value.room().min(POLICY_ANSWER_MAX);
    let mut bytes = KVVec::from_elem(0, room, GFP_KERNEL_ACCOUNT)?;
    value.peek(&mut bytes)?;
    let len = network.with_policy(|policy| policy.get_option(option, &mut bytes))?;
    value.bytes(bytes.get(..len).ok_or(EINVAL)?)
}

/// `ioctl(2)`.
pub(crate) fn ioctl(sock: &IpnSock, request: u32, argument: usize) -> Result<i32> {
    match request {
        IPN_CHECK => Ok(IPN_CHECK as i32),
        IPN_TERMINATE => {
            let control = sock.control.lock();
            let network = sock.used_network()?.clone();
            if !control.state.manages() {
                return Err(EACCES);
            }
            drop(control);
            network.terminate();
            Ok(0)
        }
        FIONREAD => {
            let len = transfer::next_length(sock)?;
            put_user_int(argument, len as i32).map(|()| 0)
        }
        IPN_CONN_NETDEV => {
            let given = DeviceRequest::read(argument)?;
            let tell = |name: &[u8; NAME_LEN]| put_user_bytes(argument, name);
            device::connect(sock, given.flags(), &given.name()?, tell).map(|()| 0)
        }
        IPN_JOIN_NETDEV => {
            let given = DeviceRequest::read(argument)?;
            device::join(sock, &given.name()?).map(|()| 0)
        }
        IPN_SETPERSIST => device::set_persistent(sock, argument != 0).map(|()| 0),
        IPN_SETPERSIST_NETDEV | IPN_CLRPERSIST_NETDEV => {
            let given = DeviceRequest::read(argument)?;
            let persistent = request == IPN_SETPERSIST_NETDEV;
            device::set_persistent_by_name(sock, &given.name()?, persistent).map(|()| 0)
        }
        SIOCSIFHWADDR => {
            let given = DeviceRequest::read(argument)?;
            device::set_address(sock, given.address()).map(|()| 0)
        }
        request if CHARACTER_DEVICE_REQUESTS.contains(&request) => Err(Errno::OPNOTSUPP.into()),
        _ => Err(ENOTTY),
    }
}

/// `ioctl(2)` of a 32-bit program.
///
/// The number of a request with a `struct ifreq` tells its length, so it is another. All other
/// arguments have one layout. What is none of ours is for the kernel to try: `ENOIOCTLCMD`, of which
/// it makes `ENOTTY` in the end.
#[cfg(CONFIG_COMPAT)]
pub(crate) fn compat_ioctl(sock: &IpnSock, request: u32, argument: usize) -> Result<i32> {
    let number = kernel::ioctl::_IOC_NR(request);
    let request = match _IOR::<CompatIfReq>(TYPE, number) {
        with_ifreq if request == with_ifreq => _IOR::<IfReq>(TYPE, number),
        _ => request,
    };
    match ioctl(sock, request, argument) {
        Err(error) if error == ENOTTY => Err(ENOIOCTLCMD),
        result => result,
    }
}

/// A `struct ifreq` as the caller gave it: as much of it as all callers have.
struct DeviceRequest {
    name: [u8; NAME_LEN],
    /// `ifr_flags`, or an address.
    value: [u8; 16],
}

impl DeviceRequest {
    fn read(argument: usize) -> Result<Self> {
        let mut bytes = [0; core::mem::size_of::<CompatIfReq>()];
        UserSlice::new(UserPtr::from_addr(argument), bytes.len())
            .reader()
            .read_slice(&mut bytes)?;
        let (name, value) = bytes.split_first_chunk().ok_or(EINVAL)?;
        let (value, _) = value.split_first_chunk().ok_or(EINVAL)?;
        Ok(Self {
            name: *name,
            value: *value,
        })
    }

    fn name(&self) -> Result<DeviceName> {
        DeviceName::parse(&self.name)
    }

    fn flags(&self) -> u16 {
        let [low, high, ..] = self.value;
        u16::from_ne_bytes([low, high])
    }

    fn address(&self) -> &[u8; 16] {
        &self.value
    }
}

fn put_user_bytes(argument: usize, bytes: &[u8]) -> Result {
    UserSlice::new(UserPtr::from_addr(argument), bytes.len())
        .writer()
        .write_slice(bytes)
}

impl State {
    /// Whether the endpoint manages a network.
    pub(crate) fn manages(&self) -> bool {
        match self {
            State::Fresh => false,
            State::Bound(_) | State::Joined(_) => true,
            State::Connected { manager } => *manager,
        }
    }
}
