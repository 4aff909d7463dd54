// SPDX-License-Identifier: GPL-2.0
//! The numbers of `include/uapi/linux/af_ipn.h`, written down a second time on purpose: a number
//! that changes there must fail here, and in the fuzzer, which expects these. The crate `ipn-abi`,
//! made of the header, would change with it.

/// The address family, or that of `make AF_IPN=N`.
pub const AF_IPN: i32 = match option_env!("AF_IPN") {
    Some(number) => match i32::from_str_radix(number, 10) {
        Ok(number) => number,
        Err(_) => panic!("the environment variable AF_IPN is not a number"),
    },
    None => 13,
};

/// Whatever policy the network has.
pub const IPN_ANY: i32 = 0;
/// Every message to every port but its sender.
pub const IPN_BROADCAST: i32 = 1;
/// The Ethernet switch, a module of its own.
pub const IPN_VDESWITCH: i32 = 2;

/// The level of the family's own options.
pub const LEVEL: i32 = IPN_ANY;

/// Port wanted or held.
pub const IPN_SO_PORT: i32 = 0;
/// Description, a text.
pub const IPN_SO_DESCR: i32 = 1;
/// Number of ports of a running network.
pub const IPN_SO_CHANGE_NUMNODES: i32 = 2;
/// Receive out-of-band messages.
pub const IPN_SO_HANDLE_OOB: i32 = 3;
/// Be told when readers or writers change.
pub const IPN_SO_WANT_OOB_NUMNODES: i32 = 4;
/// Option, only read: whether the socket's bind made its network.
pub const IPN_SO_CREATOR: i32 = 5;
/// Option, only read: the numbers of the network's file.
pub const IPN_SO_FILE: i32 = 6;
/// Several messages a call, as records.
pub const IPN_SO_RECORDS: i32 = 7;
/// Option, only read: what the port has counted.
pub const IPN_SO_STATISTICS: i32 = 8;
/// Messages come with who sent them.
pub const IPN_SO_SENDER: i32 = 9;
/// See what all others send, before connect.
pub const IPN_SO_OBSERVE: i32 = 10;
/// Begin so many messages before the newest, before connect.
pub const IPN_SO_HISTORY: i32 = 11;
/// Begin with those of the last so many milliseconds, before connect.
pub const IPN_SO_SINCE: i32 = 12;
/// Messages come with their sequence.
pub const IPN_SO_SEQUENCE: i32 = 13;
/// Control message to send: where a message comes from.
pub const IPN_SO_ORIGIN: i32 = 14;
/// Control message: whose messages were missed.
pub const IPN_SO_GAPS: i32 = 15;
/// Messages of the port were lost before they came; only set.
pub const IPN_SO_SKIP: i32 = 16;
/// How long a message of a reliable bus stays, in milliseconds.
pub const IPN_SO_WINDOW: i32 = 0x86;
/// Bytes a second of each port of a reliable bus.
pub const IPN_SO_RATE: i32 = 0x87;
/// All messages that are left.
pub const IPN_HISTORY_ALL: i32 = i32::MAX;
/// Most milliseconds that a message stays.
pub const IPN_WINDOW_MAX: i32 = 86_400_000;
/// Ports of a gap that are told by name.
pub const IPN_GAPS_MAX: usize = 32;
/// The port of a gap of several.
pub const IPN_GAP_OTHERS: u32 = u32::MAX;
/// The network is a reliable bus.
pub const IPN_FLAG_RELIABLE: i32 = 16;
/// Ports may begin with what was sent before.
pub const IPN_FLAG_HISTORY: i32 = 32;
/// A reader later than the window finds the end.
pub const IPN_FLAG_EVICT: i32 = 64;
/// Longest message.
pub const IPN_SO_MTU: i32 = 0x80;
/// The most of it, on a hub.
pub const IPN_MTU_MAX: i32 = 1 << 24;
/// Longest message that is in one part.
pub const IPN_RING_PART: i32 = 16384;
/// Number of ports.
pub const IPN_SO_NUMNODES: i32 = 0x81;
/// Messages that the network holds.
pub const IPN_SO_MSGPOOLSIZE: i32 = 0x82;
/// `IPN_FLAG_*`.
pub const IPN_SO_FLAGS: i32 = 0x83;
/// Mode bits of the file.
pub const IPN_SO_MODE: i32 = 0x84;
/// Bytes of messages held.
pub const IPN_SO_BYTES: i32 = 0x85;

/// A sender waits for the slowest reader.
pub const IPN_FLAG_LOSSLESS: i32 = 1;
/// One manager only.
pub const IPN_FLAG_EXCL: i32 = 2;
/// Devices may change the MTU.
pub const IPN_FLAG_FLEXMTU: i32 = 4;
/// Of a hub: one port sends, which maps the ring to write.
pub const IPN_FLAG_ONE_WRITER: i32 = 8;
/// Read only: the network has ended.
pub const IPN_FLAG_TERMINATED: i32 = 0x1000;

/// A port that is an interface which the network creates.
pub const IPN_NODEFLAG_TAP: u16 = 0x10;
/// A port that is an interface which is there, and which the network takes.
pub const IPN_NODEFLAG_GRAB: u16 = 0x20;
/// With the former, on a socket that observes: messages need be no frames.
pub const IPN_NODEFLAG_RAW: u16 = 0x40;

/// Offset at which the ring is mapped.
pub const IPN_MAP_RING: i64 = 0;
/// Offset at which the port's cursor is mapped.
pub const IPN_MAP_CURSOR: i64 = 0x100_0000_0000;
/// Offset at which what the one writer writes is mapped.
pub const IPN_MAP_WRITER: i64 = 0x200_0000_0000;

/// Tag of the out-of-band message that counts readers and writers.
pub const IPN_OOB_NUMNODE_TAG: i32 = 0;

/// The number of a request, as `ioctl(2)` takes it here.
pub type Ioctl = libc::Ioctl;

const fn request(direction: Ioctl, number: Ioctl, size: Ioctl) -> Ioctl {
    (direction << 30) | (size << 16) | ((b'I' as Ioctl) << 8) | number
}

const NONE: Ioctl = 0;
const READ: Ioctl = 2;
const READ_WRITE: Ioctl = 3;
/// Bytes of a `struct ifreq`, in which there are pointers.
const IFREQ: Ioctl = match size_of::<usize>() {
    4 => 32,
    _ => 40,
};
const CHRDEVREQ: Ioctl = 76;

/// End the network.
pub const IPN_TERMINATE: Ioctl = request(NONE, 198, 0);
/// Is this an IPN socket.
pub const IPN_CHECK: Ioctl = request(NONE, 199, 0);
/// Keep the named device when its socket is closed.
pub const IPN_SETPERSIST_NETDEV: Ioctl = request(READ, 200, IFREQ);
/// Do not.
pub const IPN_CLRPERSIST_NETDEV: Ioctl = request(READ, 201, IFREQ);
/// Make the port a network device.
pub const IPN_CONN_NETDEV: Ioctl = request(READ, 202, IFREQ);
/// Serve a device that was kept.
pub const IPN_JOIN_NETDEV: Ioctl = request(READ, 203, IFREQ);
/// Keep the device when the socket is closed, or do not.
pub const IPN_SETPERSIST: Ioctl = request(READ, 204, IFREQ);

/// Set the hardware address: the generic number.
pub const SIOCSIFHWADDR: Ioctl = 0x8924;

/// Requests of character devices, which there are not.
pub const CHARACTER_DEVICE_REQUESTS: [(&str, Ioctl); 4] = [
    ("IPN_REGISTER_CHRDEV", request(READ_WRITE, 301, CHRDEVREQ)),
    ("IPN_UNREGISTER_CHRDEV", request(NONE, 302, 0)),
    ("IPN_JOIN_CHRDEV", request(READ, 303, CHRDEVREQ)),
    ("IPN_CHRDEV_PERSIST", request(READ, 304, 4)),
];
