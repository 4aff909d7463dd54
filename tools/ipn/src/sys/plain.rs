// SPDX-License-Identifier: GPL-2.0

//! Structures of the interface as the bytes that options hold.

use ipn_abi::*;
use std::slice;

/// A type that is its bytes.
///
/// # Safety
///
/// It has no padding, and any bytes are one.
pub(crate) unsafe trait Plain {}

macro_rules! plain {
    ($($kind:ty),* $(,)?) => {
        // SAFETY: numbers, and structures of the interface of numbers without a gap between or
        // behind them.
        $(unsafe impl Plain for $kind {})*
    };
}

plain!(
    u32,
    u64,
    numnode_oob,
    ipn_file,
    ipn_gap,
    ipn_origin,
    ipn_record,
    ipn_sender,
    ipn_sequence,
    ipn_statistics,
    ipn_switch_fdb,
    ipn_switch_flush,
    ipn_switch_limits,
    ipn_switch_port,
    ipn_switch_stats,
    ipn_switch_vlan,
    AddressChunk,
    VlanChunk,
);

/// Addresses of a switch that are got at once: as many as 16 KiB hold.
#[repr(C)]
pub(crate) struct AddressChunk {
    pub(crate) head: ipn_switch_fdb_chunk,
    pub(crate) entries: [ipn_switch_fdb; 682],
}

impl Default for AddressChunk {
    fn default() -> Self {
        Self {
            head: ipn_switch_fdb_chunk::default(),
            entries: [ipn_switch_fdb::default(); 682],
        }
    }
}

/// VLANs of a port that are got at once: as many as 16 KiB hold.
#[repr(C)]
pub(crate) struct VlanChunk {
    pub(crate) head: ipn_switch_vlan_chunk,
    pub(crate) entries: [ipn_switch_vlan; 2046],
}

impl Default for VlanChunk {
    fn default() -> Self {
        Self {
            head: ipn_switch_vlan_chunk::default(),
            entries: [ipn_switch_vlan::default(); 2046],
        }
    }
}

/// The bytes of a value.
pub(crate) fn bytes<T: Plain>(value: &T) -> &[u8] {
    // SAFETY: a `Plain` type has no padding, so all its bytes are initialized.
    unsafe { slice::from_raw_parts(std::ptr::from_ref(value).cast(), size_of::<T>()) }
}

/// The bytes of a value, to be changed.
pub(crate) fn bytes_mut<T: Plain>(value: &mut T) -> &mut [u8] {
    // SAFETY: as for `bytes`; and whatever is written there, it is a `T`.
    unsafe { slice::from_raw_parts_mut(std::ptr::from_mut(value).cast(), size_of::<T>()) }
}
