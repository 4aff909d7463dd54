// SPDX-License-Identifier: GPL-2.0

//! The numbers of `include/uapi/linux/af_ipn.h`, for code that runs in the kernel and on the host.
//!
//! `rust/bindings/mod.rs` compares them with the header when the module is compiled.

/// Joins whatever policy the network has; creates a hub.
pub(crate) const IPN_ANY: u32 = 0;
/// The hub: every message to every port but its sender.
pub(crate) const IPN_BROADCAST: u32 = 1;
/// The policy of the Ethernet switch.
pub(crate) const IPN_VDESWITCH: u32 = 2;

/// Highest number of a policy.
pub(crate) const IPN_PROTO_MAX: u32 = 63;

/// Before connect: the port wanted; after: the port held.
pub(crate) const IPN_SO_PORT: u32 = 0;
/// A text of the port's owner.
pub(crate) const IPN_SO_DESCR: u32 = 1;
/// Managers: another number of ports.
pub(crate) const IPN_SO_CHANGE_NUMNODES: u32 = 2;
/// Receive out-of-band messages.
pub(crate) const IPN_SO_HANDLE_OOB: u32 = 3;
/// Be told when readers or writers come and go.
pub(crate) const IPN_SO_WANT_OOB_NUMNODES: u32 = 4;
/// Whether the socket's bind made its network; only read.
pub(crate) const IPN_SO_CREATOR: u32 = 5;
/// The numbers of the network's file; only read.
pub(crate) const IPN_SO_FILE: u32 = 6;
/// Several messages a call, each as a record.
pub(crate) const IPN_SO_RECORDS: u32 = 7;
/// What the port has counted; only read.
pub(crate) const IPN_SO_STATISTICS: u32 = 8;
/// Messages come with who sent them.
pub(crate) const IPN_SO_SENDER: u32 = 9;
/// Get what all others send, as none of the readers.
pub(crate) const IPN_SO_OBSERVE: u32 = 10;
/// Begin so many messages before the newest.
pub(crate) const IPN_SO_HISTORY: u32 = 11;
/// Begin with the messages of the last so many milliseconds.
pub(crate) const IPN_SO_SINCE: u32 = 12;
/// Messages come with what a reliable bus keeps of each.
pub(crate) const IPN_SO_SEQUENCE: u32 = 13;
/// Where a message that is sent comes from: a control message.
pub(crate) const IPN_SO_ORIGIN: u32 = 14;
/// Whose messages were missed: a control message.
pub(crate) const IPN_SO_GAPS: u32 = 15;
/// So many messages of the port were lost before they came; only set.
pub(crate) const IPN_SO_SKIP: u32 = 16;
/// The longest message of a network to be.
pub(crate) const IPN_SO_MTU: u32 = 0x80;
/// The number of ports of a network to be.
pub(crate) const IPN_SO_NUMNODES: u32 = 0x81;
/// How many messages a network to be holds.
pub(crate) const IPN_SO_MSGPOOLSIZE: u32 = 0x82;
/// The flags of a network to be.
pub(crate) const IPN_SO_FLAGS: u32 = 0x83;
/// The mode bits of a network to be.
pub(crate) const IPN_SO_MODE: u32 = 0x84;
/// How many bytes of messages a network to be holds.
pub(crate) const IPN_SO_BYTES: u32 = 0x85;
/// How long a message of a reliable bus to be stays.
pub(crate) const IPN_SO_WINDOW: u32 = 0x86;
/// How fast a port of a reliable bus to be may send.
pub(crate) const IPN_SO_RATE: u32 = 0x87;

/// No port in particular.
pub(crate) const IPN_PORTNO_ANY: i32 = -1;
/// Length of a port's text, its NUL included.
pub(crate) const IPN_DESCRLEN: usize = 128;

/// Bounds of the longest message.
pub(crate) const IPN_MTU_MIN: u32 = 1;
/// Bounds of the longest message.
pub(crate) const IPN_MTU_MAX: u32 = 16777216;
/// The same of networks with a policy.
pub(crate) const IPN_MTU_MAX_POLICY: u32 = 65535;
/// The longest message, unless told.
pub(crate) const IPN_MTU_DEFAULT: u32 = 1514;
/// That of a switch: a full frame with the tag of a VLAN.
pub(crate) const IPN_MTU_VDESWITCH: u32 = 1518;
/// Bounds of the number of ports.
pub(crate) const IPN_NUMNODES_MIN: u32 = 1;
/// Number of ports, unless told.
pub(crate) const IPN_NUMNODES_DEFAULT: u32 = 64;
/// Bounds of the number of messages held.
pub(crate) const IPN_MSGPOOLSIZE_MIN: u32 = 1;
/// Bounds of the number of messages held.
pub(crate) const IPN_MSGPOOLSIZE_MAX: u32 = 65536;
/// Bounds of the bytes of messages held.
pub(crate) const IPN_BYTES_MIN: u32 = 16;
/// Bounds of the bytes of messages held.
pub(crate) const IPN_BYTES_MAX: u32 = 1073741824;
/// Bytes of messages held, unless told.
pub(crate) const IPN_BYTES_DEFAULT: u32 = 131072;
/// Milliseconds that a message stays, unless told.
pub(crate) const IPN_WINDOW_DEFAULT: u32 = 1000;
/// Most milliseconds that a message stays for sure.
pub(crate) const IPN_WINDOW_MAX: u32 = 86400000;
/// Most bytes a second that a port may be held to.
pub(crate) const IPN_RATE_MAX: u32 = 2147483647;
/// Mode bits, unless told.
pub(crate) const IPN_MODE_DEFAULT: u32 = 0o700;

/// A sender waits for the slowest reader.
pub(crate) const IPN_FLAG_LOSSLESS: u32 = 1;
/// One manager: bind never joins.
pub(crate) const IPN_FLAG_EXCL: u32 = 2;
/// Devices may change the MTU.
pub(crate) const IPN_FLAG_FLEXMTU: u32 = 4;
/// One port sends, which maps the ring to write.
pub(crate) const IPN_FLAG_ONE_WRITER: u32 = 8;
/// A reliable bus.
pub(crate) const IPN_FLAG_RELIABLE: u32 = 16;
/// A port may begin with what was sent before it came.
pub(crate) const IPN_FLAG_HISTORY: u32 = 32;
/// A reader later than the window finds the end.
pub(crate) const IPN_FLAG_EVICT: u32 = 64;
/// The network has ended.
pub(crate) const IPN_FLAG_TERMINATED: u32 = 0x1000;

/// Offset at which a port's ring is mapped.
pub(crate) const IPN_MAP_RING: u64 = 0;
/// Offset at which a port's cursor is mapped.
pub(crate) const IPN_MAP_CURSOR: u64 = 0x10000000000;
/// Offset at which what the one writer writes is mapped.
pub(crate) const IPN_MAP_WRITER: u64 = 0x20000000000;
/// What the ring begins with: "IPNr" in the machine's order.
pub(crate) const IPN_RING_MAGIC: u32 = 0x49504e72;
/// The layout of ring and cursor.
pub(crate) const IPN_RING_VERSION: u32 = 2;

/// Ports that a gap tells by name.
pub(crate) const IPN_GAPS_MAX: usize = 32;
/// The port of a gap of several.
pub(crate) const IPN_GAP_OTHERS: u32 = 0xffffffff;

/// Tag of the message that tells the number of readers and writers.
pub(crate) const IPN_OOB_NUMNODE_TAG: u32 = 0;

/// Why a message was lost: a reader was too slow for them.
pub(crate) const IPN_DROP_OVERRUN: u32 = 1;
/// Why a message was lost: the socket filter of the port that would have it.
pub(crate) const IPN_DROP_FILTERED: u32 = 2;
/// Why a message was lost: longer than the MTU of the network or device.
pub(crate) const IPN_DROP_TOO_LONG: u32 = 3;
/// Why a message was lost: no memory for it.
pub(crate) const IPN_DROP_NO_MEMORY: u32 = 5;
/// Why a message was lost: the network has ended, or the send side is shut.
pub(crate) const IPN_DROP_SHUT: u32 = 6;
/// It came from a port that is locked: the last of the reasons that have a number here.
pub(crate) const IPN_DROP_LOCKED: u32 = 26;

/// Bytes of a path in a `struct sockaddr_un`, its NUL included.
pub(crate) const UNIX_PATH_MAX: usize = 108;
