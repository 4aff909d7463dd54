// SPDX-License-Identifier: GPL-2.0

//! A setting of all dimensions, and what the manual says about it.

use crate::dimension::*;
use crate::pairwise::{cover, Row};
use std::fmt;

/// One value of each dimension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What the receiver's port is.
    pub kind: Kind,
    /// Who gets what is sent.
    pub policy: Policy,
    /// `IPN_SO_MSGPOOLSIZE`; unless told the bytes of messages count (`IPN_SO_BYTES`).
    pub pool: Amount,
    /// `IPN_SO_MTU`.
    pub mtu: Amount,
    /// `IPN_SO_NUMNODES`.
    pub ports: Amount,
    /// `IPN_SO_FLAGS`.
    pub flags: Flags,
    /// The receiver's filter.
    pub filter: Filter,
    /// Who the receiver is.
    pub user: User,
}

/// Why a setting does not work, with the error of af_ipn(7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// `bind`: more memory than an ordinary user may have; `ENOBUFS`.
    Memory,
    /// `mmap`: the network is no hub; `EOPNOTSUPP`.
    NoHub,
    /// `mmap`: the port has a filter; `EACCES`.
    FilterOfMapped,
    /// `IPN_CONN_NETDEV`: the socket has a filter; `EACCES`.
    FilterOfDevice,
    /// `IPN_CONN_NETDEV`: the MTU is below 82; `EINVAL`.
    ShortFrames,
    /// `IPN_CONN_NETDEV`: no `CAP_NET_ADMIN`; `EPERM`.
    NoPrivilege,
    /// `bind` of the one who wants a device: no `x` on the file; `EACCES`.
    NoManager,
    /// Not refused, but more than the guest has: it is not tried.
    Guest,
}

/// What the options of a network are in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Numbers {
    /// Messages; 0 where it is not said.
    pub pool: u32,
    /// Bytes.
    pub mtu: u32,
    /// Ports.
    pub ports: u32,
    /// Whether it is a hub's, where long messages go in parts.
    pub is_hub: bool,
}

/// Longest message of a hub in one part.
const PART: u64 = 16384;

/// Most bytes of a network of an ordinary user: `max_network_bytes` unless changed.
pub const USERS_BYTES: u64 = 64 << 20;
/// Bytes of messages that a guest of 1 GiB has place for.
const GUEST_BYTES: u64 = 400 << 20;
/// `max_ports` unless changed.
pub const USERS_PORTS: u32 = 4096;
/// Ports that receive in a test, each with a ring of its own where the policy has that.
const MEMBERS: u64 = 3;
const PAGE: u64 = 4096;
/// Bytes of a port that has been left, of which a network remembers as many as it has places for messages.
const DEPARTED: u64 = 32;
/// Bytes of a message's number on its network, beside it in a ring per port.
const NUMBER: u64 = 8;

impl Numbers {
    /// The bytes that af_ipn(7) says a network of this shape takes, up to some hundredths.
    pub fn bytes(&self, policy: Policy) -> u64 {
        let (places, ports) = (u64::from(self.places()), u64::from(self.ports));
        let (members, most) = (DEPARTED * places, places + places / 32);
        match policy {
            Policy::Hub => members + self.ring() + ports * PAGE,
            Policy::Switch => members + ports * (self.ring() + NUMBER * most) + (256 << 10),
        }
    }

    /// Those of one ring.
    fn ring(&self) -> u64 {
        let places = u64::from(self.places());
        let most = places + places / 32;
        (32 * most + self.room() + PAGE).next_multiple_of(PAGE)
    }

    /// Parts that the longest message is in, 0 where it is in one.
    fn parts(&self) -> u64 {
        match self.is_hub && u64::from(self.mtu) > PART {
            true => u64::from(self.mtu).div_ceil(PART),
            false => 0,
        }
    }

    /// Bytes that the longest message takes.
    fn size(&self) -> u64 {
        let size = u64::from(self.mtu).next_multiple_of(16);
        size + 16 * u64::from(self.parts() != 0)
    }

    /// What `IPN_SO_BYTES` is unless told.
    fn default_room(&self) -> u64 {
        (4 * u64::from(self.mtu).next_multiple_of(16)).max(128 << 10)
    }

    /// Bytes of messages that a ring holds.
    pub fn room(&self) -> u64 {
        match self.pool {
            0 if self.parts() != 0 => self.default_room() + PART + 16,
            0 => self.default_room(),
            pool => (u64::from(pool) + 1) * self.size(),
        }
    }

    /// Places for messages, but for a thirty-second more.
    pub fn places(&self) -> u32 {
        match self.pool {
            0 => {
                let usual = u64::from(self.mtu).next_multiple_of(16).min(128);
                (self.default_room() / usual) as u32
            }
            pool => pool * (self.parts() as u32 + 1),
        }
    }

    /// What `IPN_SO_MSGPOOLSIZE` tells.
    pub fn told_pool(&self) -> u32 {
        let longest = match self.parts() {
            0 => self.size(),
            _ => PART,
        };
        match self.pool {
            0 => ((self.room() + 16 - longest) / self.size()) as u32,
            pool => pool,
        }
    }

    /// Those that are there with the ports that receive in a test.
    fn bytes_in_use(&self, policy: Policy) -> u64 {
        match policy {
            Policy::Hub => self.ring(),
            Policy::Switch => MEMBERS * self.ring(),
        }
    }
}

/// The largest number from `least` to `most`, to `exact`, for which something holds; for the least it does.
pub fn largest(least: u64, most: u64, exact: u64, mut so: impl FnMut(u64) -> bool) -> u64 {
    if so(most) {
        return most;
    }
    let (mut yes, mut no) = (least, most);
    while no.saturating_sub(yes) > exact {
        let middle = yes + (no - yes) / 2;
        *(if so(middle) { &mut yes } else { &mut no }) = middle;
    }
    yes
}

/// Levels of the dimensions, in the order of [`Cell`].
const LEVELS: [usize; 8] = [
    Kind::ALL.len(),
    Policy::ALL.len(),
    Amount::ALL.len(),
    Amount::ALL.len(),
    Amount::ALL.len(),
    Flags::ALL.len(),
    Filter::ALL.len(),
    User::ALL.len(),
];

impl Cell {
    fn of(row: &[usize]) -> Cell {
        Cell {
            kind: Kind::ALL[row[0]],
            policy: Policy::ALL[row[1]],
            pool: Amount::ALL[row[2]],
            mtu: Amount::ALL[row[3]],
            ports: Amount::ALL[row[4]],
            flags: Flags::ALL[row[5]],
            filter: Filter::ALL[row[6]],
            user: User::ALL[row[7]],
        }
    }

    /// Settings that are so, with every two of their values; those with more than one port suffice for all
    /// but the one, as where there is one port there is little else to be seen.
    fn cover(so: impl Fn(&Cell) -> bool) -> Vec<Cell> {
        let in_company = |cell: &Cell| cell.ports != Amount::Least;
        let rows = cover(&LEVELS, Vec::new(), |row| {
            let cell = Cell::of(row);
            in_company(&cell) && so(&cell)
        });
        let rows = cover(&LEVELS, rows, |row| so(&Cell::of(row)));
        rows.iter().map(|row: &Row| Cell::of(row)).collect()
    }

    /// Settings that work.
    pub fn working() -> Vec<Cell> {
        Cell::cover(|cell| cell.reasons().is_empty())
    }

    /// Settings that are refused for one reason.
    pub fn refused() -> Vec<(Cell, Reason)> {
        let only = |cell: &Cell| match cell.reasons()[..] {
            [reason] if reason != Reason::Guest => Some(reason),
            _ => None,
        };
        let cells = Cell::cover(|cell| only(cell).is_some()).into_iter();
        cells
            .filter_map(|cell| Some((cell, only(&cell)?)))
            .collect()
    }

    /// The same with what an ordinary user may have at most being the least there is: where not even
    /// that works, nothing does.
    pub fn numbers(&self) -> Numbers {
        let number = |amount, [default, least, most]: [u32; 3]| match amount {
            Amount::Default => default,
            Amount::Least | Amount::Users => least,
            Amount::Most => most,
        };
        Numbers {
            pool: number(self.pool, [0, 1, 65_536]),
            mtu: match self.policy {
                Policy::Hub => number(self.mtu, [1514, 1, 65_535]),
                // A frame is at least its header.
                Policy::Switch => number(self.mtu, [1518, 14, 65_535]),
            },
            ports: number(self.ports, [64, 1, 65_535]),
            is_hub: self.policy == Policy::Hub,
        }
    }

    /// The numbers with what an ordinary user may have at most, as `fits` tells of each: the MTU first,
    /// then the ports, then the pool, each with the least of those behind it.
    pub fn numbers_of_user(&self, mut fits: impl FnMut(&Numbers) -> bool) -> Numbers {
        type Field = fn(&mut Numbers) -> &mut u32;
        let mut numbers = self.numbers();
        let dimensions: [(Amount, Field, u32); 3] = [
            (self.mtu, |numbers| &mut numbers.mtu, 65_535),
            (self.ports, |numbers| &mut numbers.ports, USERS_PORTS),
            (self.pool, |numbers| &mut numbers.pool, 65_536),
        ];
        for (amount, field, most) in dimensions {
            if amount == Amount::Users {
                let least = *field(&mut numbers);
                let number = largest(least.into(), most.into(), 1, |number| {
                    *field(&mut numbers) = number as u32;
                    fits(&numbers)
                });
                *field(&mut numbers) = number as u32;
            }
        }
        numbers
    }

    /// Whether messages have to be Ethernet frames.
    pub fn is_framed(&self) -> bool {
        self.policy == Policy::Switch || self.kind.is_device()
    }

    /// Why it does not work; nothing if it does.
    pub fn reasons(&self) -> Vec<Reason> {
        let numbers = self.numbers();
        let device = self.kind.is_device();
        let filtered = self.filter != Filter::None;
        let too_large = numbers.bytes(self.policy) > USERS_BYTES;
        let relative = [self.pool, self.mtu, self.ports].contains(&Amount::Users);
        let found = [
            (too_large && self.user.is_bounded(), Reason::Memory),
            // There is no most of a user where the rest is too large for one.
            (
                too_large && !self.user.is_bounded() && relative,
                Reason::Guest,
            ),
            (
                numbers.bytes_in_use(self.policy) > GUEST_BYTES && !self.user.is_bounded(),
                Reason::Guest,
            ),
            (
                self.kind == Kind::Mapped && self.policy != Policy::Hub,
                Reason::NoHub,
            ),
            (
                self.kind == Kind::Mapped && filtered,
                Reason::FilterOfMapped,
            ),
            (device && filtered, Reason::FilterOfDevice),
            (device && self.mtu == Amount::Least, Reason::ShortFrames),
            (device && self.user == User::Owner, Reason::NoPrivilege),
            (
                device && [User::Group, User::Other].contains(&self.user),
                Reason::NoManager,
            ),
        ];
        let found = found.into_iter().filter(|(so, _)| *so);
        found.map(|(_, reason)| reason).collect()
    }
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cell {
            kind,
            policy,
            pool,
            mtu,
            ports,
            flags,
            filter,
            user,
        } = self;
        write!(
            f,
            "{kind:?} on a {policy:?}, pool {pool:?}, MTU {mtu:?}, ports {ports:?}, flags {flags:?}, \
             filter {filter:?}, user {user:?}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pairwise::{all, pairs};
    use std::collections::BTreeSet;

    type Pair = [(usize, usize); 2];

    fn pairs_of<'a>(rows: impl Iterator<Item = &'a Row>) -> BTreeSet<Pair> {
        rows.flat_map(|row| pairs(row).collect::<Vec<_>>())
            .collect()
    }

    fn row(cell: &Cell) -> Row {
        let place = |row: &Row| Cell::of(row) == *cell;
        all(&LEVELS).find(place).unwrap()
    }

    #[test]
    fn every_two_values_that_work_together_do_so_in_a_cell() {
        let working: Vec<Row> = all(&LEVELS)
            .filter(|row| Cell::of(row).reasons().is_empty())
            .collect();
        let chosen: Vec<Row> = Cell::working().iter().map(row).collect();
        assert_eq!(pairs_of(chosen.iter()), pairs_of(working.iter()));
        assert!(chosen.len() <= 50, "{}", chosen.len());
    }

    #[test]
    fn every_value_works_in_a_cell() {
        let chosen: Vec<Row> = Cell::working().iter().map(row).collect();
        for (dimension, &levels) in LEVELS.iter().enumerate() {
            let there: BTreeSet<usize> = chosen.iter().map(|row| row[dimension]).collect();
            assert_eq!(there.len(), levels, "dimension {dimension}");
        }
    }

    #[test]
    fn every_reason_is_in_a_cell_that_is_refused() {
        use Reason::*;
        let refused = Cell::refused();
        let reasons = [
            Memory,
            NoHub,
            FilterOfMapped,
            FilterOfDevice,
            ShortFrames,
            NoPrivilege,
            NoManager,
        ];
        for reason in reasons {
            assert!(
                refused.iter().any(|(_, found)| *found == reason),
                "{reason:?}"
            );
        }
        assert!(refused.len() <= 60, "{}", refused.len());
    }

    #[test]
    fn every_two_values_are_tried_or_need_more_than_one_reason() {
        let mut tried = pairs_of(Cell::working().iter().map(row).collect::<Vec<_>>().iter());
        let refused: Vec<Row> = Cell::refused().iter().map(|(cell, _)| row(cell)).collect();
        tried.extend(pairs_of(refused.iter()));
        for row in all(&LEVELS) {
            let reasons = Cell::of(&row).reasons();
            for pair in pairs(&row).filter(|pair| !tried.contains(pair)) {
                assert!(reasons.len() > 1 || reasons == [Reason::Guest], "{pair:?}");
            }
        }
    }

    #[test]
    fn what_the_manual_says_of_memory_is_clear_for_each() {
        for row in all(&LEVELS) {
            let cell = Cell::of(&row);
            let bytes = cell.numbers().bytes(cell.policy);
            let near = USERS_BYTES * 9 / 10..USERS_BYTES * 11 / 10;
            assert!(!near.contains(&bytes), "{cell}: {bytes}");
        }
    }
}
