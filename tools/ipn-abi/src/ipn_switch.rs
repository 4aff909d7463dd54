// SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note

//! The numbers and structures of `<linux/ipn_switch.h>`. Made by generate.py: change the header, and run that.

// The names are C's.
#![allow(non_camel_case_types)]

/// __u64: milliseconds; 0 learns nothing
pub const IPN_SWITCH_AGEING: u32 = 1;
/// struct ipn_switch_limits
pub const IPN_SWITCH_LIMITS: u32 = 2;
/// __u32: 0 transparent, 1 VLANs count
pub const IPN_SWITCH_FILTERING: u32 = 3;
/// __u32: a held port, or IPN_SWITCH_NO_PORT
pub const IPN_SWITCH_MIRROR: u32 = 4;
/// __u32: reserved groups that are forwarded
pub const IPN_SWITCH_GROUP_FWD: u32 = 5;
/// struct ipn_switch_stats; get
pub const IPN_SWITCH_STATS: u32 = 6;
/// struct ipn_switch_port
pub const IPN_SWITCH_PORT: u32 = 7;
/// struct ipn_switch_fdb_chunk; get
pub const IPN_SWITCH_FDB: u32 = 8;
/// struct ipn_switch_fdb; set
pub const IPN_SWITCH_FDB_ADD: u32 = 9;
/// struct ipn_switch_fdb; set
pub const IPN_SWITCH_FDB_DEL: u32 = 10;
/// struct ipn_switch_flush; set
pub const IPN_SWITCH_FDB_FLUSH: u32 = 11;
/// struct ipn_switch_vlan_chunk; get
pub const IPN_SWITCH_VLANS: u32 = 12;
/// struct ipn_switch_vlan; set
pub const IPN_SWITCH_VLAN_ADD: u32 = 13;
/// struct ipn_switch_vlan; set
pub const IPN_SWITCH_VLAN_DEL: u32 = 14;
/// where a port may be meant
pub const IPN_SWITCH_NO_PORT: u32 = 4294967295;
/// sources are learned; on at first
pub const IPN_SWITCH_PORT_LEARNING: u32 = 1;
/// apart from other such ports
pub const IPN_SWITCH_PORT_ISOLATED: u32 = 2;
/// a socket has it; only read
pub const IPN_SWITCH_PORT_HELD: u32 = 4;
/// only static addresses send
pub const IPN_SWITCH_PORT_LOCKED: u32 = 8;
/// gets unknown unicast; on at first
pub const IPN_SWITCH_PORT_FLOOD: u32 = 16;
/// gets multicast; on at first
pub const IPN_SWITCH_PORT_MCAST_FLOOD: u32 = 32;
/// gets broadcast; on at first
pub const IPN_SWITCH_PORT_BCAST_FLOOD: u32 = 64;
/// set by a manager; only read
pub const IPN_SWITCH_FDB_STATIC: u32 = 1;
/// of this port
pub const IPN_SWITCH_FLUSH_PORT: u32 = 1;
/// of this station
pub const IPN_SWITCH_FLUSH_ADDRESS: u32 = 2;
/// of this VLAN
pub const IPN_SWITCH_FLUSH_VLAN: u32 = 4;
/// static addresses as well
pub const IPN_SWITCH_FLUSH_STATIC: u32 = 8;
/// of frames that come untagged
pub const IPN_SWITCH_VLAN_PVID: u16 = 1;
/// frames leave untagged
pub const IPN_SWITCH_VLAN_UNTAGGED: u16 = 2;
/// How many addresses may be learned.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_switch_limits {
    /// of the whole network, at most ipn_switch_stats.capacity
    pub network: u32,
    /// of one port
    pub port: u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_switch_limits"][::core::mem::size_of::<ipn_switch_limits>() - 8usize];
    ["Alignment of ipn_switch_limits"][::core::mem::align_of::<ipn_switch_limits>() - 4usize];
    ["Offset of field: ipn_switch_limits::network"]
        [::core::mem::offset_of!(ipn_switch_limits, network) - 0usize];
    ["Offset of field: ipn_switch_limits::port"]
        [::core::mem::offset_of!(ipn_switch_limits, port) - 4usize];
};
/// A port's settings. They stay when its holder leaves.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_switch_port {
    /// which; also where it is got
    pub port: u32,
    /// IPN_SWITCH_PORT_...
    pub flags: u32,
    /// set: the flags that are meant; got: 0
    pub mask: u32,
    /// how many are learned; only read
    pub addresses: u32,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_switch_port"][::core::mem::size_of::<ipn_switch_port>() - 16usize];
    ["Alignment of ipn_switch_port"][::core::mem::align_of::<ipn_switch_port>() - 4usize];
    ["Offset of field: ipn_switch_port::port"]
        [::core::mem::offset_of!(ipn_switch_port, port) - 0usize];
    ["Offset of field: ipn_switch_port::flags"]
        [::core::mem::offset_of!(ipn_switch_port, flags) - 4usize];
    ["Offset of field: ipn_switch_port::mask"]
        [::core::mem::offset_of!(ipn_switch_port, mask) - 8usize];
    ["Offset of field: ipn_switch_port::addresses"]
        [::core::mem::offset_of!(ipn_switch_port, addresses) - 12usize];
};
/// An address. Added, it is static: it does not age or move, and takes the place
/// of what was known. Deleted, port is where it is or IPN_SWITCH_NO_PORT.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_switch_fdb {
    /// of the station
    pub address: [u8; 6usize],
    /// 0 where the switch does not filter
    pub vlan: u16,
    /// where the station is
    pub port: u32,
    /// IPN_SWITCH_FDB_...; only read
    pub flags: u32,
    /// milliseconds since a frame came from it; only read
    pub age: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_switch_fdb"][::core::mem::size_of::<ipn_switch_fdb>() - 24usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_switch_fdb"][::core::mem::align_of::<ipn_switch_fdb>() - 8usize];
    ["Offset of field: ipn_switch_fdb::address"]
        [::core::mem::offset_of!(ipn_switch_fdb, address) - 0usize];
    ["Offset of field: ipn_switch_fdb::vlan"]
        [::core::mem::offset_of!(ipn_switch_fdb, vlan) - 6usize];
    ["Offset of field: ipn_switch_fdb::port"]
        [::core::mem::offset_of!(ipn_switch_fdb, port) - 8usize];
    ["Offset of field: ipn_switch_fdb::flags"]
        [::core::mem::offset_of!(ipn_switch_fdb, flags) - 12usize];
    ["Offset of field: ipn_switch_fdb::age"]
        [::core::mem::offset_of!(ipn_switch_fdb, age) - 16usize];
};
/// Addresses in no order, as many as the place has room for. A cursor of 0
/// begins; the one that comes back goes on, and 0 says that this was all.
#[repr(C)]
#[derive(Debug, Default)]
pub struct ipn_switch_fdb_chunk {
    /// where to go on
    pub cursor: u32,
    /// got: how many follow
    pub count: u32,
    /// got: they
    pub entries: [ipn_switch_fdb; 0],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_switch_fdb_chunk"][::core::mem::size_of::<ipn_switch_fdb_chunk>() - 8usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_switch_fdb_chunk"][::core::mem::align_of::<ipn_switch_fdb_chunk>() - 8usize];
    ["Offset of field: ipn_switch_fdb_chunk::cursor"]
        [::core::mem::offset_of!(ipn_switch_fdb_chunk, cursor) - 0usize];
    ["Offset of field: ipn_switch_fdb_chunk::count"]
        [::core::mem::offset_of!(ipn_switch_fdb_chunk, count) - 4usize];
    ["Offset of field: ipn_switch_fdb_chunk::entries"]
        [::core::mem::offset_of!(ipn_switch_fdb_chunk, entries) - 8usize];
};
/// Removes the addresses that fit each field named in match; others are 0.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_switch_flush {
    /// IPN_SWITCH_FLUSH_...
    pub match_: u32,
    /// a port
    pub port: u32,
    /// a station
    pub address: [u8; 6usize],
    /// a VLAN
    pub vlan: u16,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_switch_flush"][::core::mem::size_of::<ipn_switch_flush>() - 16usize];
    ["Alignment of ipn_switch_flush"][::core::mem::align_of::<ipn_switch_flush>() - 4usize];
    ["Offset of field: ipn_switch_flush::match_"]
        [::core::mem::offset_of!(ipn_switch_flush, match_) - 0usize];
    ["Offset of field: ipn_switch_flush::port"]
        [::core::mem::offset_of!(ipn_switch_flush, port) - 4usize];
    ["Offset of field: ipn_switch_flush::address"]
        [::core::mem::offset_of!(ipn_switch_flush, address) - 8usize];
    ["Offset of field: ipn_switch_flush::vlan"]
        [::core::mem::offset_of!(ipn_switch_flush, vlan) - 14usize];
};
/// A port's part in a VLAN.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_switch_vlan {
    /// which
    pub port: u32,
    /// 1 to 4094
    pub vlan: u16,
    /// IPN_SWITCH_VLAN_...; to delete: 0
    pub flags: u16,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_switch_vlan"][::core::mem::size_of::<ipn_switch_vlan>() - 8usize];
    ["Alignment of ipn_switch_vlan"][::core::mem::align_of::<ipn_switch_vlan>() - 4usize];
    ["Offset of field: ipn_switch_vlan::port"]
        [::core::mem::offset_of!(ipn_switch_vlan, port) - 0usize];
    ["Offset of field: ipn_switch_vlan::vlan"]
        [::core::mem::offset_of!(ipn_switch_vlan, vlan) - 4usize];
    ["Offset of field: ipn_switch_vlan::flags"]
        [::core::mem::offset_of!(ipn_switch_vlan, flags) - 6usize];
};
/// The VLANs of a port in ascending order, with a cursor as that of addresses.
#[repr(C)]
#[derive(Debug, Default)]
pub struct ipn_switch_vlan_chunk {
    /// which
    pub port: u32,
    /// where to go on
    pub cursor: u32,
    /// got: how many follow
    pub count: u32,
    /// got: 0
    pub reserved: u32,
    /// got: they
    pub entries: [ipn_switch_vlan; 0],
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_switch_vlan_chunk"][::core::mem::size_of::<ipn_switch_vlan_chunk>() - 16usize];
    ["Alignment of ipn_switch_vlan_chunk"]
        [::core::mem::align_of::<ipn_switch_vlan_chunk>() - 4usize];
    ["Offset of field: ipn_switch_vlan_chunk::port"]
        [::core::mem::offset_of!(ipn_switch_vlan_chunk, port) - 0usize];
    ["Offset of field: ipn_switch_vlan_chunk::cursor"]
        [::core::mem::offset_of!(ipn_switch_vlan_chunk, cursor) - 4usize];
    ["Offset of field: ipn_switch_vlan_chunk::count"]
        [::core::mem::offset_of!(ipn_switch_vlan_chunk, count) - 8usize];
    ["Offset of field: ipn_switch_vlan_chunk::reserved"]
        [::core::mem::offset_of!(ipn_switch_vlan_chunk, reserved) - 12usize];
    ["Offset of field: ipn_switch_vlan_chunk::entries"]
        [::core::mem::offset_of!(ipn_switch_vlan_chunk, entries) - 16usize];
};
/// Counters. Each frame is counted once: it is unicast, flooded, or dropped for
/// one reason. The addresses learned now are
/// learned - aged - evicted - flushed. A smaller place gets the first ones.
#[repr(C)]
#[derive(Debug, Default, Copy, Clone)]
pub struct ipn_switch_stats {
    /// to the port of their station
    pub unicast: u64,
    /// to all ports that may have them
    pub flooded: u64,
    /// no whole Ethernet header
    pub drop_too_short: u64,
    /// from a port that no socket holds
    pub drop_no_port: u64,
    /// from a group, or from zero
    pub drop_invalid_source: u64,
    /// for the bridge itself
    pub drop_reserved: u64,
    /// ends within its tag
    pub drop_malformed_tag: u64,
    /// VLAN not at the port it comes from
    pub drop_vlan_ingress: u64,
    /// VLAN not at the port it is for
    pub drop_vlan_egress: u64,
    /// its station is where it comes from
    pub drop_same_port: u64,
    /// between isolated ports
    pub drop_isolated: u64,
    /// for all, and no other port may have it
    pub drop_no_receiver: u64,
    /// addresses learned
    pub learned: u64,
    /// stations that moved
    pub moved: u64,
    /// addresses removed for their age
    pub aged: u64,
    /// not learned: nothing could give way
    pub limited: u64,
    /// not learned: the port's limit
    pub port_limited: u64,
    /// gave way to others, or to a limit
    pub evicted: u64,
    /// flushed, or gone with their port
    pub flushed: u64,
    /// learned now
    pub addresses: u64,
    /// static now
    pub static_addresses: u64,
    /// room for addresses of both kinds
    pub capacity: u64,
    /// source not set at a locked port
    pub drop_locked: u64,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of ipn_switch_stats"][::core::mem::size_of::<ipn_switch_stats>() - 184usize];
    #[cfg(target_pointer_width = "64")]
    ["Alignment of ipn_switch_stats"][::core::mem::align_of::<ipn_switch_stats>() - 8usize];
    ["Offset of field: ipn_switch_stats::unicast"]
        [::core::mem::offset_of!(ipn_switch_stats, unicast) - 0usize];
    ["Offset of field: ipn_switch_stats::flooded"]
        [::core::mem::offset_of!(ipn_switch_stats, flooded) - 8usize];
    ["Offset of field: ipn_switch_stats::drop_too_short"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_too_short) - 16usize];
    ["Offset of field: ipn_switch_stats::drop_no_port"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_no_port) - 24usize];
    ["Offset of field: ipn_switch_stats::drop_invalid_source"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_invalid_source) - 32usize];
    ["Offset of field: ipn_switch_stats::drop_reserved"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_reserved) - 40usize];
    ["Offset of field: ipn_switch_stats::drop_malformed_tag"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_malformed_tag) - 48usize];
    ["Offset of field: ipn_switch_stats::drop_vlan_ingress"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_vlan_ingress) - 56usize];
    ["Offset of field: ipn_switch_stats::drop_vlan_egress"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_vlan_egress) - 64usize];
    ["Offset of field: ipn_switch_stats::drop_same_port"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_same_port) - 72usize];
    ["Offset of field: ipn_switch_stats::drop_isolated"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_isolated) - 80usize];
    ["Offset of field: ipn_switch_stats::drop_no_receiver"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_no_receiver) - 88usize];
    ["Offset of field: ipn_switch_stats::learned"]
        [::core::mem::offset_of!(ipn_switch_stats, learned) - 96usize];
    ["Offset of field: ipn_switch_stats::moved"]
        [::core::mem::offset_of!(ipn_switch_stats, moved) - 104usize];
    ["Offset of field: ipn_switch_stats::aged"]
        [::core::mem::offset_of!(ipn_switch_stats, aged) - 112usize];
    ["Offset of field: ipn_switch_stats::limited"]
        [::core::mem::offset_of!(ipn_switch_stats, limited) - 120usize];
    ["Offset of field: ipn_switch_stats::port_limited"]
        [::core::mem::offset_of!(ipn_switch_stats, port_limited) - 128usize];
    ["Offset of field: ipn_switch_stats::evicted"]
        [::core::mem::offset_of!(ipn_switch_stats, evicted) - 136usize];
    ["Offset of field: ipn_switch_stats::flushed"]
        [::core::mem::offset_of!(ipn_switch_stats, flushed) - 144usize];
    ["Offset of field: ipn_switch_stats::addresses"]
        [::core::mem::offset_of!(ipn_switch_stats, addresses) - 152usize];
    ["Offset of field: ipn_switch_stats::static_addresses"]
        [::core::mem::offset_of!(ipn_switch_stats, static_addresses) - 160usize];
    ["Offset of field: ipn_switch_stats::capacity"]
        [::core::mem::offset_of!(ipn_switch_stats, capacity) - 168usize];
    ["Offset of field: ipn_switch_stats::drop_locked"]
        [::core::mem::offset_of!(ipn_switch_stats, drop_locked) - 176usize];
};
