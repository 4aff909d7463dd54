// SPDX-License-Identifier: GPL-2.0

//! Requests: `ioctl(2)`.

use crate::{
    abi::errno::Errno,
    device, membership, registry,
    rust::{
        glue::{
            netdev::{DeviceName, NAME_LEN},
            netlink::Event,
        },
        net::{namespace::Namespace, socket::put_user_int},
    },
    socket::{recv::next_length, report, IpnSock},
};
use kernel::{
    ioctl::{_IO, _IOR, _IOWR},
    prelude::*,
    uaccess::{UserPtr, UserSlice},
};

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
    // They are 301, which is 0x12d, and up: the bit over 255 spills into the type, which has it, as 'I' is 0x49.
    _IOWR::<ChrdevReq>(TYPE, 0x2d),
    _IO(TYPE, 0x2e),
    _IOR::<ChrdevReq>(TYPE, 0x2f),
    _IOR::<i32>(TYPE, 0x30),
];

/// `ioctl(2)`.
pub(crate) fn ioctl(sock: &IpnSock, request: u32, argument: usize) -> Result<i32> {
    match request {
        IPN_CHECK => Ok(IPN_CHECK as i32),
        IPN_TERMINATE => {
            let control = sock.control()?;
            let network = sock.used_network()?.clone();
            if !control.state.manages() {
                return Err(EACCES);
            }
            drop(control);
            if membership::terminate(&network) {
                let mut told = Namespace::INITIAL;
                report::tell_network(Event::NetworkEnded, &network, told);
                while let Some(next) = registry::next_namespace(&network, told) {
                    report::tell_network_in(next, Event::NetworkEnded, &network);
                    told = next;
                }
            }
            registry::pass_on(&network);
            Ok(0)
        }
        FIONREAD => {
            let len = next_length(sock)?;
            put_user_int(argument, len as i32).map(|()| 0)
        }
        IPN_CONN_NETDEV => {
            let given = DeviceRequest::read(argument)?;
            let tell = |name: &[u8; NAME_LEN]| put_user_bytes(argument, name);
            device::connect(sock, given.flags(), &given.name()?, tell).map(|()| 0)
        }
        IPN_JOIN_NETDEV => {
            let given = DeviceRequest::read(argument)?;
            device::serve(sock, &given.name()?).map(|()| 0)
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
