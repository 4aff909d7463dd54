// SPDX-License-Identifier: GPL-2.0

//! What several test files share: a naive table, frames, a table and a switch on vectors.

// Each test file uses its part of it.
#![allow(dead_code)]

pub mod frame_oracle;
pub mod lab;
pub mod naive_port;
pub mod naive_switch;
pub mod naive_table;
pub mod option_bytes;
pub mod switch_events;
pub mod table_events;
pub mod vlan_oracle;

use af_ipn_core::kvde_switch::fdb::siphash::HashKey;
use af_ipn_core::kvde_switch::fdb::table::{Limits, MacTable, PortAddresses, Slot};
use af_ipn_core::kvde_switch::frame::MacAddress;

/// A key as good as any: the tests must not depend on it.
pub const KEY: HashKey = HashKey::new([0x0123_4567_89ab_cdef, 0x0f1e_2d3c_4b5a_6978]);

pub type Table = MacTable<Vec<Slot>, Vec<PortAddresses>>;

/// A table of that many slots and ports.
pub fn table(slots: usize, ports: usize, limits: Limits) -> Table {
    table_with_key(slots, ports, limits, KEY)
}

pub fn table_with_key(slots: usize, ports: usize, limits: Limits, key: HashKey) -> Table {
    MacTable::new(
        vec![Slot::EMPTY; slots],
        vec![PortAddresses::EMPTY; ports],
        key,
        limits,
    )
}

/// No limits but the number of slots.
pub const UNLIMITED: Limits = Limits {
    network: u32::MAX,
    port: u32::MAX,
};

/// A station's address with this number in it.
pub const fn station(number: u32) -> MacAddress {
    MacAddress::from_u64(0x0200_0000_0000 | number as u64)
}

/// A generator of numbers that look random and are the same in every run (splitmix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A random address that a station can have.
    pub fn station(&mut self) -> MacAddress {
        loop {
            let address = MacAddress::from_u64(self.next() & 0xfeff_ffff_ffff);
            if address.is_station() {
                return address;
            }
        }
    }
}
