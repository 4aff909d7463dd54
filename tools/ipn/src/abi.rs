// SPDX-License-Identifier: GPL-2.0

//! The numbers of `include/uapi/linux/af_ipn.h`, under the same names.
//!
//! The types of this crate wrap them; programs that make the system calls
//! themselves use them directly.

use std::ffi::c_int;

/// Defines the constants, and for the tests a list of them all.
macro_rules! constants {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $value:expr;)*) => {
        $($(#[$doc])* pub const $name: $type = $value;)*

        #[cfg(test)]
        pub(crate) const ALL: &[(&str, i64)] = &[$((stringify!($name), $name as i64)),*];
    };
}

constants! {
    /// The address family: 13, or what the environment variable `AF_IPN` held
    /// when this crate was built (as `make AF_IPN=...` does for the module).
    AF_IPN: u16 = match option_env!("AF_IPN") {
        Some(number) => decimal(number),
        None => 13,
    };
    /// The protocol family, the same number.
    PF_IPN: u16 = AF_IPN;

    /// Protocol: join whatever policy the network has; create a hub.
    IPN_ANY: u32 = 0;
    /// Protocol: each message to every port but its sender.
    IPN_BROADCAST: u32 = 1;
    /// Protocol: the same as [`IPN_BROADCAST`].
    IPN_HUB: u32 = 1;
    /// Protocol: an Ethernet switch that learns addresses.
    IPN_VDESWITCH: u32 = 2;
    /// Protocol: reserved for a layer-3 switch.
    IPN_VDESWITCH_L3: u32 = 3;
    /// The highest protocol number.
    IPN_PROTO_MAX: u32 = 63;

    /// Bit of the options that shape a network before it exists.
    IPN_SO_PREBIND: c_int = 0x80;
    /// Option: before connect the port wanted, afterwards the port held.
    IPN_SO_PORT: c_int = 0;
    /// Option: a text of up to [`IPN_DESCRLEN`] bytes with its NUL.
    IPN_SO_DESCR: c_int = 1;
    /// Option, managers only: another number of ports.
    IPN_SO_CHANGE_NUMNODES: c_int = 2;
    /// Option: receive out-of-band messages.
    IPN_SO_HANDLE_OOB: c_int = 3;
    /// Option: be told when the number of readers or writers changes.
    IPN_SO_WANT_OOB_NUMNODES: c_int = 4;
    /// Option, only read: whether the socket's bind made its network.
    IPN_SO_CREATOR: c_int = 5;
    /// Option: the longest message.
    IPN_SO_MTU: c_int = IPN_SO_PREBIND;
    /// Option: the number of ports.
    IPN_SO_NUMNODES: c_int = IPN_SO_PREBIND | 1;
    /// Option: the number of messages the network holds.
    IPN_SO_MSGPOOLSIZE: c_int = IPN_SO_PREBIND | 2;
    /// Option: the `IPN_FLAG_` bits.
    IPN_SO_FLAGS: c_int = IPN_SO_PREBIND | 3;
    /// Option: the mode bits of the socket file.
    IPN_SO_MODE: c_int = IPN_SO_PREBIND | 4;

    /// [`IPN_SO_PORT`]: any free port.
    IPN_PORTNO_ANY: c_int = -1;
    /// Size of [`IPN_SO_DESCR`] with its NUL.
    IPN_DESCRLEN: usize = 128;

    /// Least [`IPN_SO_MTU`].
    IPN_MTU_MIN: c_int = 1;
    /// [`IPN_SO_MTU`] of a network that is told no other.
    IPN_MTU_DEFAULT: c_int = 1514;
    /// Greatest [`IPN_SO_MTU`].
    IPN_MTU_MAX: c_int = 65535;
    /// Least [`IPN_SO_NUMNODES`].
    IPN_NUMNODES_MIN: c_int = 1;
    /// [`IPN_SO_NUMNODES`] of a network that is told no other.
    IPN_NUMNODES_DEFAULT: c_int = 64;
    /// Greatest [`IPN_SO_NUMNODES`], unless the module parameter `max_ports` changes it.
    IPN_NUMNODES_MAX: c_int = 4096;
    /// Least [`IPN_SO_MSGPOOLSIZE`].
    IPN_MSGPOOLSIZE_MIN: c_int = 1;
    /// [`IPN_SO_MSGPOOLSIZE`] of a network that is told no other.
    IPN_MSGPOOLSIZE_DEFAULT: c_int = 256;
    /// Greatest [`IPN_SO_MSGPOOLSIZE`].
    IPN_MSGPOOLSIZE_MAX: c_int = 65536;
    /// [`IPN_SO_MODE`] of a network that is told no other.
    IPN_MODE_DEFAULT: c_int = 0o700;

    /// Flag: a sender waits for the slowest reader.
    IPN_FLAG_LOSSLESS: c_int = 1;
    /// Flag: one manager; bind never joins.
    IPN_FLAG_EXCL: c_int = 2;
    /// Flag: devices may change the MTU.
    IPN_FLAG_FLEXMTU: c_int = 4;
    /// Flag, only read: the network has ended.
    IPN_FLAG_TERMINATED: c_int = 0x1000;

    /// Port that is an interface which the network creates.
    IPN_NODEFLAG_TAP: c_int = 0x10;
    /// Port that is an existing interface which the network takes.
    IPN_NODEFLAG_GRAB: c_int = 0x20;

    /// Offset at which a port maps its network's ring.
    IPN_MAP_RING: u64 = 0;
    /// Offset at which a port maps its cursor.
    IPN_MAP_CURSOR: u64 = 0x10000000000;
    /// What a ring begins with.
    IPN_RING_MAGIC: u32 = 0x49504e72;
    /// The layout of rings and cursors.
    IPN_RING_VERSION: u32 = 1;

    /// Tag of the out-of-band message that counts readers and writers.
    IPN_OOB_NUMNODE_TAG: c_int = 0;

    /// Request, managers only: end the network.
    IPN_TERMINATE: u32 = io(198);
    /// Request: answers with its own number on a socket of this family.
    IPN_CHECK: u32 = io(199);
    /// Request: keep the named network device when no socket serves it.
    IPN_SETPERSIST_NETDEV: u32 = ior(200, IFREQ);
    /// Request: do not; one that no socket serves ends.
    IPN_CLRPERSIST_NETDEV: u32 = ior(201, IFREQ);
    /// Request: take a port that is a network device.
    IPN_CONN_NETDEV: u32 = ior(202, IFREQ);
    /// Request: serve a network device that was kept.
    IPN_JOIN_NETDEV: u32 = ior(203, IFREQ);
    /// Request: keep this socket's network device, or do not.
    IPN_SETPERSIST: u32 = ior(204, IFREQ);
    /// Request: register a character device.
    IPN_REGISTER_CHRDEV: u32 = iowr(301, CHRDEVREQ);
    /// Request: unregister a character device.
    IPN_UNREGISTER_CHRDEV: u32 = io(302);
    /// Request: join a character device to this network.
    IPN_JOIN_CHRDEV: u32 = ior(303, CHRDEVREQ);
    /// Request: make a character device persistent.
    IPN_CHRDEV_PERSIST: u32 = ior(304, size_of::<c_int>());
}

/// Bytes of a network device's name, its NUL included.
pub(crate) const IFNAMSIZ: usize = libc::IFNAMSIZ;

/// Size of `struct ifreq`.
const IFREQ: usize = size_of::<libc::ifreq>();
/// Size of `struct chrdevreq`: two `unsigned int`, an `int` and 64 bytes.
const CHRDEVREQ: usize = 3 * size_of::<c_int>() + 64;

/// `_IO('I', number)`; numbers over 255 spill into the type byte, as in C, which
/// is why the functions of `libc` that check for that are of no use here.
const fn io(number: u32) -> u32 {
    ((b'I' as u32) << 8) | number
}

/// `_IOR('I', number, size)`.
const fn ior(number: u32, size: usize) -> u32 {
    (2 << 30) | ((size as u32) << 16) | io(number)
}

/// `_IOWR('I', number, size)`.
const fn iowr(number: u32, size: usize) -> u32 {
    (1 << 30) | ior(number, size)
}

/// The value of a decimal number, at build time.
const fn decimal(text: &str) -> u16 {
    match u16::from_str_radix(text, 10) {
        Ok(number) => number,
        Err(_) => panic!("the environment variable AF_IPN is not a number"),
    }
}

#[cfg(test)]
#[path = "abi_tests.rs"]
mod tests;
