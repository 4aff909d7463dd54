// SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note

//! The numbers and structures of `<linux/af_ipn.h>`. Made by generate.py: change the header, and run that.

// The names are C's.
#![allow(non_camel_case_types)]

/// The address family. Linux never used the number of AF_NETBEUI, so the module takes it; a program
/// that needs another defines it before this header, for the module (make AF_IPN=...) as for the
/// programs.
pub const AF_IPN: u16 = 13;
/// join: whatever it has; create: a hub
pub const IPN_ANY: u32 = 0;
/// each message to every other port
pub const IPN_BROADCAST: u32 = 1;
/// the same
pub const IPN_HUB: u32 = 1;
/// Ethernet switch that learns addresses
pub const IPN_VDESWITCH: u32 = 2;
/// reserved: layer-3 switch
pub const IPN_VDESWITCH_L3: u32 = 3;
/// 4..63 are free for other policies
pub const IPN_PROTO_MAX: u32 = 63;
/// bit of those before bind
pub const IPN_SO_PREBIND: core::ffi::c_int = 128;
/// before connect: wanted; after: held
pub const IPN_SO_PORT: core::ffi::c_int = 0;
/// text, IPN_DESCRLEN with its NUL
pub const IPN_SO_DESCR: core::ffi::c_int = 1;
/// managers: another number of ports; more than the owner made: EPERM
pub const IPN_SO_CHANGE_NUMNODES: core::ffi::c_int = 2;
/// receive out-of-band messages
pub const IPN_SO_HANDLE_OOB: core::ffi::c_int = 3;
/// ... when readers or writers change
pub const IPN_SO_WANT_OOB_NUMNODES: core::ffi::c_int = 4;
/// read only: 1 if bind made the network
pub const IPN_SO_CREATOR: core::ffi::c_int = 5;
/// read only: struct ipn_file; on no network ENOTCONN
pub const IPN_SO_FILE: core::ffi::c_int = 6;
/// 1: send and recv move several messages, each as a struct ipn_record; 2: each as a struct
/// ipn_sequenced_record; 0, unless told: one as it is
pub const IPN_SO_RECORDS: core::ffi::c_int = 7;
/// read only: struct ipn_statistics of the port; on none ENOTCONN
pub const IPN_SO_STATISTICS: core::ffi::c_int = 8;
/// 1: a message comes with a control message of this level and type, a struct ipn_sender; 0, unless
/// told: without
pub const IPN_SO_SENDER: core::ffi::c_int = 9;
/// before connect, 0 or 1: the port gets what every other sends to whomever; no sender waits for
/// it, it counts as no reader and can not send (EPIPE). connect wants r and x (EACCES); after:
/// EISCONN
pub const IPN_SO_OBSERVE: core::ffi::c_int = 10;
/// before connect: begin so many messages before the newest, or with all that are left
/// (IPN_HISTORY_ALL); 0, unless told. Without IPN_FLAG_HISTORY connect says EACCES; after: EISCONN
pub const IPN_SO_HISTORY: core::ffi::c_int = 11;
/// the same: begin with those of the last so many ms. Of the two the one that was set last counts,
/// and the other is 0
pub const IPN_SO_SINCE: core::ffi::c_int = 12;
/// 1: a message comes with a control message of this level and type, a struct ipn_sequence; 0,
/// unless told: without
pub const IPN_SO_SEQUENCE: core::ffi::c_int = 13;
/// a control message only, to send: where the message comes from, a struct ipn_origin
pub const IPN_SO_ORIGIN: core::ffi::c_int = 14;
/// a control message only, which comes with the first message behind a gap: an array of struct
/// ipn_gap
pub const IPN_SO_GAPS: core::ffi::c_int = 15;
/// set only: so many messages of the port, 1 to 2147483647, were lost before they came here. Who
/// reads its next one is told of that gap. EOPNOTSUPP on other networks
pub const IPN_SO_SKIP: core::ffi::c_int = 16;
/// longest message
pub const IPN_SO_MTU: core::ffi::c_int = 128;
/// number of ports
pub const IPN_SO_NUMNODES: core::ffi::c_int = 129;
/// messages of IPN_SO_MTU held
pub const IPN_SO_MSGPOOLSIZE: core::ffi::c_int = 130;
/// IPN_FLAG_*
pub const IPN_SO_FLAGS: core::ffi::c_int = 131;
/// the file's mode bits
pub const IPN_SO_MODE: core::ffi::c_int = 132;
/// the same in bytes, see below
pub const IPN_SO_BYTES: core::ffi::c_int = 133;
/// SOCK_RDM: ms that a message stays for who has not read it
pub const IPN_SO_WINDOW: core::ffi::c_int = 134;
/// SOCK_RDM: bytes a second of each port; 0: as fast as it can
pub const IPN_SO_RATE: core::ffi::c_int = 135;
/// IPN_SO_PORT: any free one; none held
pub const IPN_PORTNO_ANY: core::ffi::c_int = -1;
/// longest IPN_SO_DESCR, with its NUL
pub const IPN_DESCRLEN: usize = 128;
/// bytes of IPN_SO_MTU
pub const IPN_MTU_MIN: core::ffi::c_int = 1;
/// an Ethernet frame
pub const IPN_MTU_DEFAULT: core::ffi::c_int = 1514;
/// of a switch unless told: with a VLAN's tag
pub const IPN_MTU_VDESWITCH: core::ffi::c_int = 1518;
/// of a hub
pub const IPN_MTU_MAX: core::ffi::c_int = 16777216;
/// of any other network
pub const IPN_MTU_MAX_POLICY: core::ffi::c_int = 65535;
/// Bounds of the options, all included, and what a network has unless told.
pub const IPN_NUMNODES_MIN: core::ffi::c_int = 1;
/// Bounds of the options, all included, and what a network has unless told.
pub const IPN_NUMNODES_DEFAULT: core::ffi::c_int = 64;
/// module parameter max_ports changes it
pub const IPN_NUMNODES_MAX: core::ffi::c_int = 4096;
/// Bounds of the options, all included, and what a network has unless told.
pub const IPN_MSGPOOLSIZE_MIN: core::ffi::c_int = 1;
/// Bounds of the options, all included, and what a network has unless told.
pub const IPN_MSGPOOLSIZE_MAX: core::ffi::c_int = 65536;
/// Bounds of the options, all included, and what a network has unless told.
pub const IPN_MODE_DEFAULT: core::ffi::c_int = 448;
/// Bounds of the options, all included, and what a network has unless told.
pub const IPN_BYTES_MIN: u32 = 16;
/// where neither is set; at least four MTUs
pub const IPN_BYTES_DEFAULT: u32 = 131072;
/// Bounds of the options, all included, and what a network has unless told.
pub const IPN_BYTES_MAX: u32 = 1073741824;
/// ms; from 0 on
pub const IPN_WINDOW_DEFAULT: u32 = 1000;
/// Bounds of the options, all included, and what a network has unless told.
pub const IPN_WINDOW_MAX: u32 = 86400000;
/// from 0 on, which is the default
pub const IPN_RATE_MAX: u32 = 2147483647;
/// IPN_SO_HISTORY: all that are left
pub const IPN_HISTORY_ALL: u32 = 2147483647;
/// a sender waits for the slowest reader
pub const IPN_FLAG_LOSSLESS: core::ffi::c_int = 1;
/// one manager: bind never joins
pub const IPN_FLAG_EXCL: core::ffi::c_int = 2;
/// devices may change the MTU
pub const IPN_FLAG_FLEXMTU: core::ffi::c_int = 4;
/// of a hub: no call sends, and no device; one port maps the ring to write (IPN_MAP_WRITER)
pub const IPN_FLAG_ONE_WRITER: core::ffi::c_int = 8;
/// a reliable bus. Only sockets of type SOCK_RDM have it, which always do
pub const IPN_FLAG_RELIABLE: core::ffi::c_int = 16;
/// of a reliable bus: a port may begin with what was sent before it came
pub const IPN_FLAG_HISTORY: core::ffi::c_int = 32;
/// of a reliable bus: a reader later than the window finds the end of the network
pub const IPN_FLAG_EVICT: core::ffi::c_int = 64;
/// read only: the network has ended
pub const IPN_FLAG_TERMINATED: core::ffi::c_int = 4096;
/// a reader was too slow for them
pub const IPN_DROP_OVERRUN: u32 = 1;
/// the socket filter of the port that would have it
pub const IPN_DROP_FILTERED: u32 = 2;
/// longer than the MTU of the network or device
pub const IPN_DROP_TOO_LONG: u32 = 3;
/// no room, and a device can not wait
pub const IPN_DROP_NO_ROOM: u32 = 4;
/// no memory for it
pub const IPN_DROP_NO_MEMORY: u32 = 5;
/// the network has ended, or the send side is shut
pub const IPN_DROP_SHUT: u32 = 6;
/// the device is down, without carrier, or gone
pub const IPN_DROP_DEVICE_DOWN: u32 = 7;
/// a device's packet that is no Ethernet frame
pub const IPN_DROP_NO_FRAME: u32 = 8;
/// shorter than an Ethernet header
pub const IPN_DROP_TOO_SHORT: u32 = 16;
/// from a port that is not held
pub const IPN_DROP_NO_PORT: u32 = 17;
/// its source is a group, or zero
pub const IPN_DROP_INVALID_SOURCE: u32 = 18;
/// for the bridge itself (01:80:C2:00:00:0x)
pub const IPN_DROP_RESERVED: u32 = 19;
/// it ends within its VLAN tag
pub const IPN_DROP_MALFORMED_TAG: u32 = 20;
/// its port is not in its VLAN
pub const IPN_DROP_VLAN_INGRESS: u32 = 21;
/// the port it is for is not in its VLAN
pub const IPN_DROP_VLAN_EGRESS: u32 = 22;
/// its station is where it comes from
pub const IPN_DROP_SAME_PORT: u32 = 23;
/// both ports are isolated
pub const IPN_DROP_ISOLATED: u32 = 24;
/// for all, and no other port may have it
pub const IPN_DROP_NO_RECEIVER: u32 = 25;
/// its port is locked, and its source not set
pub const IPN_DROP_LOCKED: u32 = 26;
/// From here on: of policies of other modules, which are counted as one.
pub const IPN_DROP_POLICY: u32 = 64;
/// of what no call waits on
pub const IPN_NOT_WAITING: u64 = 18446744073709551615;
/// ports that are told by name
pub const IPN_GAPS_MAX: u32 = 32;
/// port: of several
pub const IPN_GAP_OTHERS: u32 = 4294967295;
/// an interface that the network creates
pub const IPN_NODEFLAG_TAP: core::ffi::c_int = 16;
/// an existing interface that it takes
pub const IPN_NODEFLAG_GRAB: core::ffi::c_int = 32;
/// with TAP, of an observer: no frames
pub const IPN_NODEFLAG_RAW: core::ffi::c_int = 64;
/// Out-of-band message, delivered before ordinary ones and with MSG_OOB in msg_flags to those who
/// asked for it: the number of ports that can receive and that can send.
pub const IPN_OOB_NUMNODE_TAG: core::ffi::c_int = 0;
/// offset of the ring
pub const IPN_MAP_RING: u64 = 0;
/// offset of a port's page
pub const IPN_MAP_CURSOR: u64 = 1099511627776;
/// offset of what the one writer writes
pub const IPN_MAP_WRITER: u64 = 2199023255552;
/// what a ring begins with
pub const IPN_RING_MAGIC: u32 = 1229999730;
/// of the structures below
pub const IPN_RING_VERSION: u32 = 2;
/// longest message that is in one piece
pub const IPN_RING_PART: u32 = 16384;
/// managers: end the network
pub const IPN_TERMINATE: u32 = 18886;
/// answers with its own number
pub const IPN_CHECK: u32 = 18887;
/// Keep the named network device when no socket serves it.
#[cfg(target_pointer_width = "64")]
pub const IPN_SETPERSIST_NETDEV: u32 = 2150123976;
/// Keep the named network device when no socket serves it.
#[cfg(target_pointer_width = "32")]
pub const IPN_SETPERSIST_NETDEV: u32 = 2149599688;
/// Do not; one that no socket serves ends.
#[cfg(target_pointer_width = "64")]
pub const IPN_CLRPERSIST_NETDEV: u32 = 2150123977;
/// Do not; one that no socket serves ends.
#[cfg(target_pointer_width = "32")]
pub const IPN_CLRPERSIST_NETDEV: u32 = 2149599689;
/// Take a port that is a network device.
#[cfg(target_pointer_width = "64")]
pub const IPN_CONN_NETDEV: u32 = 2150123978;
/// Take a port that is a network device.
#[cfg(target_pointer_width = "32")]
pub const IPN_CONN_NETDEV: u32 = 2149599690;
/// Serve a network device that was kept.
#[cfg(target_pointer_width = "64")]
pub const IPN_JOIN_NETDEV: u32 = 2150123979;
/// Serve a network device that was kept.
#[cfg(target_pointer_width = "32")]
pub const IPN_JOIN_NETDEV: u32 = 2149599691;
/// Keep this socket's network device, or (argument 0) do not.
#[cfg(target_pointer_width = "64")]
pub const IPN_SETPERSIST: u32 = 2150123980;
/// Keep this socket's network device, or (argument 0) do not.
#[cfg(target_pointer_width = "32")]
pub const IPN_SETPERSIST: u32 = 2149599692;
/// Of character devices: reserved, EOPNOTSUPP.
pub const IPN_REGISTER_CHRDEV: u32 = 3226224941;
/// Of character devices: reserved, EOPNOTSUPP.
pub const IPN_UNREGISTER_CHRDEV: u32 = 18734;
/// Of character devices: reserved, EOPNOTSUPP.
pub const IPN_JOIN_CHRDEV: u32 = 2152483119;
/// Of character devices: reserved, EOPNOTSUPP.
pub const IPN_CHRDEV_PERSIST: u32 = 2147764528;
/// What IPN_SO_FILE tells: the numbers of the network's file, as stat(2) does.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_file {
    /// of the device that it is on
    pub major: u32,
    /// of the same
    pub minor: u32,
    /// number of its inode there
    pub inode: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_file"][::core::mem::size_of::<ipn_file>() - 16usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_file"][::core::mem::align_of::<ipn_file>() - 8usize];
    ["Offset of field: ipn_file::major"][::core::mem::offset_of!(ipn_file, major) - 0usize];
    ["Offset of field: ipn_file::minor"][::core::mem::offset_of!(ipn_file, minor) - 4usize];
    ["Offset of field: ipn_file::inode"][::core::mem::offset_of!(ipn_file, inode) - 8usize];
};
/// What IPN_SO_STATISTICS tells: what a port has counted since it was taken, and
/// where it stands. Later versions may tell more behind it; a shorter place gets
/// the beginning. A mapped reader's messages are received without the kernel,
/// which does not count them.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_statistics {
    /// messages
    pub sent: u64,
    /// bytes of those
    pub sent_bytes: u64,
    /// messages, by calls or by the port's device
    pub received: u64,
    /// bytes of those
    pub received_bytes: u64,
    /// messages: overrun, its own not counted
    pub lost: u64,
    /// messages, by its filter
    pub refused: u64,
    /// messages between it and the newest
    pub lag: u64,
    /// ms since it began to wait in recv, send or
    /// poll; IPN_NOT_WAITING while it does not
    pub waiting: u64,
    /// messages that it sent and that had to wait, for
    /// readers or for its rate
    pub waited: u64,
    /// ms since the oldest message was sent that is left;
    /// 0: none is
    pub window: u64,
    /// bytes that it sent in the last whole second
    pub rate: u64,
    /// ports that were evicted from the network
    pub evicted: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_statistics"][::core::mem::size_of::<ipn_statistics>() - 96usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_statistics"][::core::mem::align_of::<ipn_statistics>() - 8usize];
    ["Offset of field: ipn_statistics::sent"]
        [::core::mem::offset_of!(ipn_statistics, sent) - 0usize];
    ["Offset of field: ipn_statistics::sent_bytes"]
        [::core::mem::offset_of!(ipn_statistics, sent_bytes) - 8usize];
    ["Offset of field: ipn_statistics::received"]
        [::core::mem::offset_of!(ipn_statistics, received) - 16usize];
    ["Offset of field: ipn_statistics::received_bytes"]
        [::core::mem::offset_of!(ipn_statistics, received_bytes) - 24usize];
    ["Offset of field: ipn_statistics::lost"]
        [::core::mem::offset_of!(ipn_statistics, lost) - 32usize];
    ["Offset of field: ipn_statistics::refused"]
        [::core::mem::offset_of!(ipn_statistics, refused) - 40usize];
    ["Offset of field: ipn_statistics::lag"]
        [::core::mem::offset_of!(ipn_statistics, lag) - 48usize];
    ["Offset of field: ipn_statistics::waiting"]
        [::core::mem::offset_of!(ipn_statistics, waiting) - 56usize];
    ["Offset of field: ipn_statistics::waited"]
        [::core::mem::offset_of!(ipn_statistics, waited) - 64usize];
    ["Offset of field: ipn_statistics::window"]
        [::core::mem::offset_of!(ipn_statistics, window) - 72usize];
    ["Offset of field: ipn_statistics::rate"]
        [::core::mem::offset_of!(ipn_statistics, rate) - 80usize];
    ["Offset of field: ipn_statistics::evicted"]
        [::core::mem::offset_of!(ipn_statistics, evicted) - 88usize];
};
/// Where a message comes from that a cable has brought from another bus, as the
/// cable says; the kernel looks at none of it.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_origin {
    /// the bus where it was sent; 0: this one
    pub bus: u64,
    /// its sequence there
    pub sequence: u64,
    /// its sender's port there
    pub port: u32,
    /// cables on its way
    pub hops: u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_origin"][::core::mem::size_of::<ipn_origin>() - 24usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_origin"][::core::mem::align_of::<ipn_origin>() - 8usize];
    ["Offset of field: ipn_origin::bus"][::core::mem::offset_of!(ipn_origin, bus) - 0usize];
    ["Offset of field: ipn_origin::sequence"]
        [::core::mem::offset_of!(ipn_origin, sequence) - 8usize];
    ["Offset of field: ipn_origin::port"][::core::mem::offset_of!(ipn_origin, port) - 16usize];
    ["Offset of field: ipn_origin::hops"][::core::mem::offset_of!(ipn_origin, hops) - 20usize];
};
/// What a reliable bus keeps of each message besides; where it is mapped too.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_sequence {
    /// which message of its port it is, from 1 on; of a
    /// part, or on other networks: 0
    pub sequence: u64,
    /// when, in ns of CLOCK_MONOTONIC_COARSE
    pub sent: u64,
    /// messages of the port right before it that were lost
    /// before they came here (IPN_SO_SKIP)
    pub skipped: u64,
    /// all 0: it was sent here
    pub origin: ipn_origin,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_sequence"][::core::mem::size_of::<ipn_sequence>() - 48usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_sequence"][::core::mem::align_of::<ipn_sequence>() - 8usize];
    ["Offset of field: ipn_sequence::sequence"]
        [::core::mem::offset_of!(ipn_sequence, sequence) - 0usize];
    ["Offset of field: ipn_sequence::sent"][::core::mem::offset_of!(ipn_sequence, sent) - 8usize];
    ["Offset of field: ipn_sequence::skipped"]
        [::core::mem::offset_of!(ipn_sequence, skipped) - 16usize];
    ["Offset of field: ipn_sequence::origin"]
        [::core::mem::offset_of!(ipn_sequence, origin) - 24usize];
};
/// Messages that a reader has missed: as many of a port.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_gap {
    /// how many
    pub lost: u64,
    /// of which port; IPN_GAP_OTHERS: of others, where there
    /// are more than IPN_GAPS_MAX
    pub port: u32,
    /// 0
    pub zero: u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_gap"][::core::mem::size_of::<ipn_gap>() - 16usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_gap"][::core::mem::align_of::<ipn_gap>() - 8usize];
    ["Offset of field: ipn_gap::lost"][::core::mem::offset_of!(ipn_gap, lost) - 0usize];
    ["Offset of field: ipn_gap::port"][::core::mem::offset_of!(ipn_gap, port) - 8usize];
    ["Offset of field: ipn_gap::zero"][::core::mem::offset_of!(ipn_gap, zero) - 12usize];
};
/// Who sent a message, where IPN_SO_SENDER is 1: the process that took the port,
/// as the kernel saw it then, whoever has the port by now.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_sender {
    /// its number
    pub port: u32,
    /// in the reader's pid namespace; 0: not there
    pub pid: u32,
    /// real user, in the reader's user namespace
    pub uid: u32,
    /// real group, the same
    pub gid: u32,
    /// when the port was taken, in ns of
    /// CLOCK_BOOTTIME: tells one holder of it from
    /// the next
    pub since: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_sender"][::core::mem::size_of::<ipn_sender>() - 24usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_sender"][::core::mem::align_of::<ipn_sender>() - 8usize];
    ["Offset of field: ipn_sender::port"][::core::mem::offset_of!(ipn_sender, port) - 0usize];
    ["Offset of field: ipn_sender::pid"][::core::mem::offset_of!(ipn_sender, pid) - 4usize];
    ["Offset of field: ipn_sender::uid"][::core::mem::offset_of!(ipn_sender, uid) - 8usize];
    ["Offset of field: ipn_sender::gid"][::core::mem::offset_of!(ipn_sender, gid) - 12usize];
    ["Offset of field: ipn_sender::since"][::core::mem::offset_of!(ipn_sender, since) - 16usize];
};
/// What stands before each message where IPN_SO_RECORDS is 1 (struct ipn_record) or 2
/// (struct ipn_sequenced_record). The first record is
/// at the beginning of the buffer, each other at the next multiple of 8 bytes
/// behind the end of the message before it; what is between are zeroes. send()
/// looks at nothing here but len.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_record {
    /// bytes of the message, which follow
    pub len: u32,
    /// the port that sent it
    pub from: u32,
    /// of the message on its ring, from 0: what is
    /// between two was lost, or not for the port
    pub number: u64,
    /// when it was sent, in ns since 1970; 0 where
    /// no port asked
    pub stamp: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_record"][::core::mem::size_of::<ipn_record>() - 24usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_record"][::core::mem::align_of::<ipn_record>() - 8usize];
    ["Offset of field: ipn_record::len"][::core::mem::offset_of!(ipn_record, len) - 0usize];
    ["Offset of field: ipn_record::from"][::core::mem::offset_of!(ipn_record, from) - 4usize];
    ["Offset of field: ipn_record::number"][::core::mem::offset_of!(ipn_record, number) - 8usize];
    ["Offset of field: ipn_record::stamp"][::core::mem::offset_of!(ipn_record, stamp) - 16usize];
};
/// The same with whose message it is.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_sequenced_record {
    /// as in struct ipn_record
    pub len: u32,
    /// the same
    pub from: u32,
    /// the same
    pub number: u64,
    /// the same
    pub stamp: u64,
    /// which message of its port, as in struct
    /// ipn_sequence
    pub sequence: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_sequenced_record"][::core::mem::size_of::<ipn_sequenced_record>() - 32usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_sequenced_record"][::core::mem::align_of::<ipn_sequenced_record>() - 8usize];
    ["Offset of field: ipn_sequenced_record::len"]
        [::core::mem::offset_of!(ipn_sequenced_record, len) - 0usize];
    ["Offset of field: ipn_sequenced_record::from"]
        [::core::mem::offset_of!(ipn_sequenced_record, from) - 4usize];
    ["Offset of field: ipn_sequenced_record::number"]
        [::core::mem::offset_of!(ipn_sequenced_record, number) - 8usize];
    ["Offset of field: ipn_sequenced_record::stamp"]
        [::core::mem::offset_of!(ipn_sequenced_record, stamp) - 16usize];
    ["Offset of field: ipn_sequenced_record::sequence"]
        [::core::mem::offset_of!(ipn_sequenced_record, sequence) - 24usize];
};
/// What such a message holds.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct numnode_oob {
    /// IPN_ANY
    pub level: ::core::ffi::c_int,
    /// IPN_OOB_NUMNODE_TAG
    pub tag: ::core::ffi::c_int,
    /// ports that can receive
    pub numreaders: ::core::ffi::c_int,
    /// ports that can send
    pub numwriters: ::core::ffi::c_int,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of numnode_oob"][::core::mem::size_of::<numnode_oob>() - 16usize];
    ["Alignment of numnode_oob"][::core::mem::align_of::<numnode_oob>() - 4usize];
    ["Offset of field: numnode_oob::level"][::core::mem::offset_of!(numnode_oob, level) - 0usize];
    ["Offset of field: numnode_oob::tag"][::core::mem::offset_of!(numnode_oob, tag) - 4usize];
    ["Offset of field: numnode_oob::numreaders"]
        [::core::mem::offset_of!(numnode_oob, numreaders) - 8usize];
    ["Offset of field: numnode_oob::numwriters"]
        [::core::mem::offset_of!(numnode_oob, numwriters) - 12usize];
};
/// The beginning of the ring, in the machine's byte order.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_ring {
    /// IPN_RING_MAGIC
    pub magic: u32,
    /// IPN_RING_VERSION; another: do not read on
    pub version: u32,
    /// descriptors in the index
    pub messages: u32,
    /// bytes from here to the index
    pub index_at: u32,
    /// bytes that messages may take
    pub bytes: u32,
    /// bytes from here to those
    pub bytes_at: u32,
    /// IPN_SO_MTU
    pub mtu: u32,
    /// of IPN_SO_FLAGS: _LOSSLESS, _ONE_WRITER, _RELIABLE
    pub flags: u32,
    /// bytes from here to struct ipn_written; 0: there
    /// is none
    pub written_at: u32,
    /// bytes from here to a struct ipn_sequence for each
    /// descriptor, to be read and believed as that is;
    /// 0: there are none
    pub sequences_at: u32,
    /// 0
    pub zero1: [u32; 6usize],
    /// the oldest message that can be read
    pub oldest: u64,
    /// messages ever begun
    pub published: u64,
    /// where the bytes of the newest end, of 16 each
    pub head: u32,
    /// 0
    pub zero2: [u32; 11usize],
    /// not 0: a sender waits for room
    pub awaiting_room: u32,
    /// not 0: somebody may sleep until a message comes
    pub awaiting_message: u32,
    /// with IPN_FLAG_ONE_WRITER and IPN_FLAG_LOSSLESS: the
    /// messages before it are read by all
    pub slowest: u64,
    /// not 0: a port has asked for time stamps
    pub stamped: u32,
    /// 0
    pub zero3: [u32; 11usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_ring"][::core::mem::size_of::<ipn_ring>() - 192usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_ring"][::core::mem::align_of::<ipn_ring>() - 8usize];
    ["Offset of field: ipn_ring::magic"][::core::mem::offset_of!(ipn_ring, magic) - 0usize];
    ["Offset of field: ipn_ring::version"][::core::mem::offset_of!(ipn_ring, version) - 4usize];
    ["Offset of field: ipn_ring::messages"][::core::mem::offset_of!(ipn_ring, messages) - 8usize];
    ["Offset of field: ipn_ring::index_at"][::core::mem::offset_of!(ipn_ring, index_at) - 12usize];
    ["Offset of field: ipn_ring::bytes"][::core::mem::offset_of!(ipn_ring, bytes) - 16usize];
    ["Offset of field: ipn_ring::bytes_at"][::core::mem::offset_of!(ipn_ring, bytes_at) - 20usize];
    ["Offset of field: ipn_ring::mtu"][::core::mem::offset_of!(ipn_ring, mtu) - 24usize];
    ["Offset of field: ipn_ring::flags"][::core::mem::offset_of!(ipn_ring, flags) - 28usize];
    ["Offset of field: ipn_ring::written_at"]
        [::core::mem::offset_of!(ipn_ring, written_at) - 32usize];
    ["Offset of field: ipn_ring::sequences_at"]
        [::core::mem::offset_of!(ipn_ring, sequences_at) - 36usize];
    ["Offset of field: ipn_ring::zero1"][::core::mem::offset_of!(ipn_ring, zero1) - 40usize];
    ["Offset of field: ipn_ring::oldest"][::core::mem::offset_of!(ipn_ring, oldest) - 64usize];
    ["Offset of field: ipn_ring::published"]
        [::core::mem::offset_of!(ipn_ring, published) - 72usize];
    ["Offset of field: ipn_ring::head"][::core::mem::offset_of!(ipn_ring, head) - 80usize];
    ["Offset of field: ipn_ring::zero2"][::core::mem::offset_of!(ipn_ring, zero2) - 84usize];
    ["Offset of field: ipn_ring::awaiting_room"]
        [::core::mem::offset_of!(ipn_ring, awaiting_room) - 128usize];
    ["Offset of field: ipn_ring::awaiting_message"]
        [::core::mem::offset_of!(ipn_ring, awaiting_message) - 132usize];
    ["Offset of field: ipn_ring::slowest"][::core::mem::offset_of!(ipn_ring, slowest) - 136usize];
    ["Offset of field: ipn_ring::stamped"][::core::mem::offset_of!(ipn_ring, stamped) - 144usize];
    ["Offset of field: ipn_ring::zero3"][::core::mem::offset_of!(ipn_ring, zero3) - 148usize];
};
/// What the one writer says of the ring, in the page behind struct ipn_ring's.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_written {
    /// as in struct ipn_ring
    pub oldest: u64,
    /// the same; what is there is whole
    pub published: u64,
    /// the same
    pub head: u32,
    /// 0
    pub zero: [u32; 11usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_written"][::core::mem::size_of::<ipn_written>() - 64usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_written"][::core::mem::align_of::<ipn_written>() - 8usize];
    ["Offset of field: ipn_written::oldest"][::core::mem::offset_of!(ipn_written, oldest) - 0usize];
    ["Offset of field: ipn_written::published"]
        [::core::mem::offset_of!(ipn_written, published) - 8usize];
    ["Offset of field: ipn_written::head"][::core::mem::offset_of!(ipn_written, head) - 16usize];
    ["Offset of field: ipn_written::zero"][::core::mem::offset_of!(ipn_written, zero) - 20usize];
};
/// What the index says of a message, whose bytes lie in one piece.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_descriptor {
    /// IPN_RING_READY(number): it can be read;
    /// IPN_RING_VOID(number): there is none
    pub state: u64,
    /// when, in ns since 1970; 0: no port asked. Of a
    /// part: the number of the next
    pub stamp: u64,
    /// bytes of the message, or part
    pub len: u32,
    /// the port that sent it
    pub from: u32,
    /// where they are: bytes from bytes_at on
    pub at: u32,
    /// 0; not 0, of one that can be read: it is in
    /// parts, the first so many messages before it
    pub back: u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_descriptor"][::core::mem::size_of::<ipn_descriptor>() - 32usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_descriptor"][::core::mem::align_of::<ipn_descriptor>() - 8usize];
    ["Offset of field: ipn_descriptor::state"]
        [::core::mem::offset_of!(ipn_descriptor, state) - 0usize];
    ["Offset of field: ipn_descriptor::stamp"]
        [::core::mem::offset_of!(ipn_descriptor, stamp) - 8usize];
    ["Offset of field: ipn_descriptor::len"]
        [::core::mem::offset_of!(ipn_descriptor, len) - 16usize];
    ["Offset of field: ipn_descriptor::from"]
        [::core::mem::offset_of!(ipn_descriptor, from) - 20usize];
    ["Offset of field: ipn_descriptor::at"][::core::mem::offset_of!(ipn_descriptor, at) - 24usize];
    ["Offset of field: ipn_descriptor::back"]
        [::core::mem::offset_of!(ipn_descriptor, back) - 28usize];
};
/// The beginning of a port's page.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_cursor {
    /// the message to read next
    pub position: u64,
    /// messages that were none for it, as it passed them
    pub own: u64,
    /// messages that the port has lost
    pub lost: u64,
    /// the first message after the port came: those before
    /// it that have its number are another's
    pub since: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_cursor"][::core::mem::size_of::<ipn_cursor>() - 32usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_cursor"][::core::mem::align_of::<ipn_cursor>() - 8usize];
    ["Offset of field: ipn_cursor::position"]
        [::core::mem::offset_of!(ipn_cursor, position) - 0usize];
    ["Offset of field: ipn_cursor::own"][::core::mem::offset_of!(ipn_cursor, own) - 8usize];
    ["Offset of field: ipn_cursor::lost"][::core::mem::offset_of!(ipn_cursor, lost) - 16usize];
    ["Offset of field: ipn_cursor::since"][::core::mem::offset_of!(ipn_cursor, since) - 24usize];
};
/// Character devices: reserved, EOPNOTSUPP.
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct chrdevreq {
    /// number of the driver
    pub major: ::core::ffi::c_uint,
    /// number of the first device
    pub minor: ::core::ffi::c_uint,
    /// devices
    pub count: ::core::ffi::c_int,
    /// of the driver
    pub name: [::core::ffi::c_char; 64usize],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of chrdevreq"][::core::mem::size_of::<chrdevreq>() - 76usize];
    ["Alignment of chrdevreq"][::core::mem::align_of::<chrdevreq>() - 4usize];
    ["Offset of field: chrdevreq::major"][::core::mem::offset_of!(chrdevreq, major) - 0usize];
    ["Offset of field: chrdevreq::minor"][::core::mem::offset_of!(chrdevreq, minor) - 4usize];
    ["Offset of field: chrdevreq::count"][::core::mem::offset_of!(chrdevreq, count) - 8usize];
    ["Offset of field: chrdevreq::name"][::core::mem::offset_of!(chrdevreq, name) - 12usize];
};
