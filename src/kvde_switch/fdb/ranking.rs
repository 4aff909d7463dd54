// SPDX-License-Identifier: GPL-2.0

//! Which port has the most addresses: the ports in descending order of how many are learned there.
//!
//! A count changes by one at a time. So a port keeps the order by changing places with the first, or
//! the last, of those that have as many, which a binary search finds: it takes twelve steps with 4096
//! ports. Place number n is kept in entry number n, beside the addresses of port number n, with which
//! it has nothing to do.
//!
//! # Invariants
//!
//! The counts of the ports at ascending places descend. A port's `place` is the one that has it as its
//! `ranked`.

use super::slot::PortAddresses;

/// Ranks ports that are not all ranked yet: first those of an `order` that are there, then the others,
/// at which nothing is learned.
pub(super) fn rank(ports: &mut [PortAddresses], order: &[PortAddresses]) {
    let count = |ports: &[PortAddresses]| u16::try_from(ports.len()).unwrap_or(u16::MAX);
    let (known, all) = (count(order), count(ports));
    let stay = (order.iter().take(known.into()))
        .map(|place| place.ranked)
        .filter(|port| *port < all);
    for (place, port) in (0..all).zip(stay.chain(known..all)) {
        put(ports, place, port);
    }
}

/// The port with the most addresses.
pub(super) fn first(ports: &[PortAddresses]) -> Option<u16> {
    ports.first().map(|place| place.ranked)
}

/// One more address is learned at a port.
pub(super) fn count_up(ports: &mut [PortAddresses], port: u16) {
    let count = count_of(ports, port);
    let first = ports.partition_point(|place| count_of(ports, place.ranked) > count);
    exchange(ports, port, first);
    if let Some(port) = ports.get_mut(usize::from(port)) {
        port.count = count.saturating_add(1);
    }
}

/// One address less is learned at a port.
pub(super) fn count_down(ports: &mut [PortAddresses], port: u16) {
    let count = count_of(ports, port);
    let behind = ports.partition_point(|place| count_of(ports, place.ranked) >= count);
    exchange(ports, port, behind.saturating_sub(1));
    if let Some(port) = ports.get_mut(usize::from(port)) {
        port.count = count.saturating_sub(1);
    }
}

fn count_of(ports: &[PortAddresses], port: u16) -> u32 {
    ports.get(usize::from(port)).map_or(0, |port| port.count)
}

/// A port takes a place, and the one that was there takes the port's.
fn exchange(ports: &mut [PortAddresses], port: u16, place: usize) {
    let left = ports.get(usize::from(port)).map(|port| port.place);
    let other = ports.get(place).map(|place| place.ranked);
    if let (Some(left), Some(other), Ok(place)) = (left, other, u16::try_from(place)) {
        put(ports, left, other);
        put(ports, place, port);
    }
}

fn put(ports: &mut [PortAddresses], place: u16, port: u16) {
    if let Some(entry) = ports.get_mut(usize::from(place)) {
        entry.ranked = port;
    }
    if let Some(entry) = ports.get_mut(usize::from(port)) {
        entry.place = place;
    }
}
