// SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note

//! The numbers and structures of `<linux/ipn_netlink.h>`. Made by generate.py: change the header, and run that.

// The names are C's.
#![allow(non_camel_case_types)]

/// the family
pub const IPN_GENL_NAME: &[u8; 4] = b"ipn\0";
/// of the family
pub const IPN_GENL_VERSION: u32 = 1;
/// the multicast group
pub const IPN_GENL_EVENTS: &[u8; 7] = b"events\0";
/// the last command
pub const IPN_CMD_MAX: u32 = 8;
/// the last attribute
pub const IPN_A_MAX: u32 = 41;
/// a socket that calls
pub const IPN_PORT_SOCKET: u32 = 0;
/// a socket that has mapped its ring
pub const IPN_PORT_MAPPED: u32 = 1;
/// an interface that the network made
pub const IPN_PORT_TAP: u32 = 2;
/// an interface that it took
pub const IPN_PORT_GRAB: u32 = 3;
/// sees what passes, and is no reader
pub const IPN_PORT_OBSERVER: u32 = 4;
/// messages come to it
pub const IPN_PORT_RECEIVES: u32 = 1;
/// it may send
pub const IPN_PORT_SENDS: u32 = 2;
/// none
pub const IPN_CMD_UNSPEC: u32 = 0;
/// dump: the networks of the namespace
pub const IPN_CMD_NETWORK_GET: u32 = 1;
/// dump: the ports, of one network where IPN_A_INODE (with
/// MAJOR and MINOR) names it
pub const IPN_CMD_PORT_GET: u32 = 2;
/// events, to the group
pub const IPN_CMD_NETWORK_MADE: u32 = 3;
/// events, to the group
pub const IPN_CMD_NETWORK_ENDED: u32 = 4;
/// events, to the group
pub const IPN_CMD_PORT_TAKEN: u32 = 5;
/// events, to the group
pub const IPN_CMD_PORT_LEFT: u32 = 6;
/// a port has lost messages, for IPN_A_REASON; once a
/// second at most for a network
pub const IPN_CMD_LOST: u32 = 7;
/// a port's device has gone by itself
pub const IPN_CMD_DEVICE_GONE: u32 = 8;
/// how many there are
pub const __IPN_CMD_MAX: u32 = 9;
/// none
pub const IPN_A_UNSPEC: u32 = 0;
/// before a u64, to align it; says nothing
pub const IPN_A_PAD: u32 = 1;
/// u32, with the next two: struct ipn_file of the network
pub const IPN_A_MAJOR: u32 = 2;
/// u32
pub const IPN_A_MINOR: u32 = 3;
/// u64
pub const IPN_A_INODE: u32 = 4;
/// string: where it was made, as /proc/net/ipn says it
pub const IPN_A_PATH: u32 = 5;
/// u32: IPN_HUB, IPN_VDESWITCH, ...
pub const IPN_A_POLICY: u32 = 6;
/// u32: IPN_FLAG_*
pub const IPN_A_FLAGS: u32 = 7;
/// u32
pub const IPN_A_MTU: u32 = 8;
/// u32: ports that it can have
pub const IPN_A_NUMNODES: u32 = 9;
/// u32: messages held
pub const IPN_A_POOL: u32 = 10;
/// u32: uid, in the reader's user namespace
pub const IPN_A_OWNER: u32 = 11;
/// u32: ports that are taken
pub const IPN_A_PORTS: u32 = 12;
/// u32: its number
pub const IPN_A_PORT: u32 = 13;
/// u32: IPN_PORT_*
pub const IPN_A_KIND: u32 = 14;
/// u32: of who took it, in the reader's pid namespace; 0: not
/// in that
pub const IPN_A_PID: u32 = 15;
/// u32: as the kernel saw it when the port was taken
pub const IPN_A_UID: u32 = 16;
/// u32
pub const IPN_A_GID: u32 = 17;
/// string: command of who took it
pub const IPN_A_COMM: u32 = 18;
/// u32: IPN_PORT_RECEIVES | IPN_PORT_SENDS
pub const IPN_A_DIRECTION: u32 = 19;
/// string: IPN_SO_DESCR
pub const IPN_A_DESCRIPTION: u32 = 20;
/// u32: of the port's device
pub const IPN_A_IFINDEX: u32 = 21;
/// string
pub const IPN_A_IFNAME: u32 = 22;
/// u64: messages; a network's: of all its ports
pub const IPN_A_SENT: u32 = 23;
/// u64
pub const IPN_A_SENT_BYTES: u32 = 24;
/// u64
pub const IPN_A_RECEIVED: u32 = 25;
/// u64
pub const IPN_A_RECEIVED_BYTES: u32 = 26;
/// u64: overrun, none of its own
pub const IPN_A_LOST: u32 = 27;
/// u64: by its filter
pub const IPN_A_REFUSED: u32 = 28;
/// u64: messages between it and the newest
pub const IPN_A_LAG: u32 = 29;
/// u64: ms since it began to wait in recv, send or poll;
/// absent while it does not
pub const IPN_A_WAITING: u32 = 30;
/// u32: ports that can receive
pub const IPN_A_READERS: u32 = 31;
/// u32: ports that can send
pub const IPN_A_WRITERS: u32 = 32;
/// u64: when the port was taken, in ns of
/// CLOCK_BOOTTIME: with the port's number it
/// tells one holder from the next
pub const IPN_A_SINCE: u32 = 33;
/// nest: messages lost by reason, each a u64 whose
/// number is its IPN_DROP_*; none that is 0. A
/// network's: what its readers have lost and its
/// ports' devices and policy have dropped, without
/// what filters refused
pub const IPN_A_DROPS: u32 = 34;
/// u32: IPN_DROP_*, of an event
pub const IPN_A_REASON: u32 = 35;
/// u32: IPN_SO_WINDOW, in ms
pub const IPN_A_WINDOW: u32 = 36;
/// u32: IPN_SO_RATE, bytes a second of each port
pub const IPN_A_RATE: u32 = 37;
/// u64: ms since the oldest message was sent that is
/// left
pub const IPN_A_AGE: u32 = 38;
/// u64: ports that were evicted
pub const IPN_A_EVICTED: u32 = 39;
/// u64: messages of the port that had to wait
pub const IPN_A_WAITED: u32 = 40;
/// u64: bytes that the port sent in the last whole
/// second
pub const IPN_A_PACE: u32 = 41;
/// how many there are
pub const __IPN_A_MAX: u32 = 42;
