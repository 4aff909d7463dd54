// SPDX-License-Identifier: GPL-2.0

//! Users' accounts, against a list of all networks that is added up for every question.

use crate::{
    abi::errno::Errno,
    network::shape::Quota,
    registry::accounts::{charge, heir, Accounts, Means, Payers, Usage, NESTING_MAX},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Accounts that are kept; one with nothing is none.
#[derive(Clone, Default, PartialEq, Debug)]
struct Books(BTreeMap<u32, Usage>);

impl Accounts for Books {
    fn usage(&self, user: u32) -> Usage {
        self.0.get(&user).copied().unwrap_or_default()
    }

    fn set(&mut self, user: u32, usage: Usage) {
        if usage == Usage::default() {
            self.0.remove(&user);
        } else {
            self.0.insert(user, usage);
        }
    }
}

fn one(bytes: u64) -> Usage {
    Usage { networks: 1, bytes }
}

const NOTHING: Usage = Usage {
    networks: 0,
    bytes: 0,
};

fn payers(maker: u32, owners: &[u32]) -> Vec<u32> {
    let payers = Payers::new(maker, owners).expect("few namespaces");
    payers.users().to_vec()
}

#[test]
fn maker_and_owners_pay_once_each_and_root_only_for_itself() {
    assert_eq!(payers(1000, &[]), [1000]);
    assert_eq!(payers(1000, &[1000, 1000]), [1000]);
    assert_eq!(payers(100_001, &[1000]), [100_001, 1000]);
    assert_eq!(payers(7, &[100_001, 1000, 100_001, 7]), [7, 100_001, 1000]);
    assert_eq!(payers(100_001, &[0]), [100_001]);
    assert_eq!(payers(100_001, &[0, 1000, 0]), [100_001, 1000]);
    assert_eq!(payers(0, &[]), [0]);
    assert_eq!(payers(0, &[0, 1000]), [0, 1000]);
}

#[test]
fn as_many_namespaces_as_the_kernel_nests() {
    let owners: Vec<u32> = (1..=NESTING_MAX as u32).collect();
    assert_eq!(payers(1000, &owners).len(), NESTING_MAX + 1);
    let more: Vec<u32> = (1..=NESTING_MAX as u32 + 1).collect();
    assert_eq!(Payers::new(1000, &more).err(), Some(Errno::NOBUFS));
}

#[test]
fn each_bound_is_included_and_both_count() {
    let most = [0, 1, 4096, u32::MAX];
    for networks in most {
        for bytes in most.map(u64::from).into_iter().chain([u64::MAX]) {
            let quota = Quota { networks, bytes };
            for (asked, size) in [
                (0, 0),
                (networks, bytes),
                (networks.saturating_add(1), bytes),
                (networks, bytes.saturating_add(1)),
                (networks / 2, bytes / 2),
                (u32::MAX, u64::MAX),
            ] {
                let usage = Usage {
                    networks: asked,
                    bytes: size,
                };
                let payers = Payers::new(1, &[]).expect("no namespace");
                let mut books = Books::default();
                let charged = charge(&mut books, &payers, NOTHING, usage, Some(quota));
                let covered = asked <= networks && size <= bytes;
                assert_eq!(charged.is_ok(), covered, "{quota:?} {asked} {size}");
                assert_eq!(books.usage(1), if covered { usage } else { NOTHING });
            }
        }
    }
}

#[test]
fn what_shrinks_or_stays_is_not_refused_by_a_bound_that_was_lowered() {
    let payers = Payers::new(1, &[2]).expect("one namespace");
    let mut books = Books::default();
    assert_eq!(charge(&mut books, &payers, NOTHING, one(100), None), Ok(()));
    let lowered = Some(Quota {
        networks: 0,
        bytes: 10,
    });
    for (old, new, fits) in [(100, 101, false), (100, 100, true), (100, 50, true)] {
        let charged = charge(&mut books, &payers, one(old), one(new), lowered);
        assert_eq!(charged.is_ok(), fits, "{old} {new}");
    }
    assert_eq!(books.usage(2), one(50));
}

/// Something that happens to networks.
#[derive(Clone, Debug)]
enum Event {
    Make(u32, Vec<u32>, u64),
    Resize(usize, u64),
    End(usize),
}

fn event() -> impl Strategy<Value = Event> {
    let user = || 0..5_u32;
    prop_oneof![
        3 => (user(), prop::collection::vec(user(), 0..4), 1..60_u64)
            .prop_map(|(maker, owners, bytes)| Event::Make(maker, owners, bytes)),
        1 => (0..10_usize, 1..60_u64).prop_map(|(which, bytes)| Event::Resize(which, bytes)),
        1 => (0..10_usize).prop_map(Event::End),
    ]
}

/// A network, and its payers as the naive oracle has them.
#[derive(Clone)]
struct Made {
    users: BTreeSet<u32>,
    payers: Payers,
    bytes: u64,
}

impl Made {
    fn new(maker: u32, owners: &[u32], bytes: u64) -> Self {
        let users = owners.iter().copied().filter(|owner| *owner != 0);
        Self {
            users: users.chain([maker]).collect(),
            payers: Payers::new(maker, owners).expect("few namespaces"),
            bytes,
        }
    }
}

/// What all networks of a user come to.
fn total(networks: &[Made], user: u32) -> Usage {
    let own = networks.iter().filter(|made| made.users.contains(&user));
    Usage {
        networks: own.clone().count() as u32,
        bytes: own.map(|made| made.bytes).sum(),
    }
}

/// Whether everybody whom a network counts for is within the quota.
fn all_within(networks: &[Made], made: &Made, quota: Option<Quota>) -> bool {
    made.users.iter().all(|user| {
        let usage = total(networks, *user);
        quota.is_none_or(|most| usage.networks <= most.networks && usage.bytes <= most.bytes)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn accounts_are_what_the_networks_come_to(
        events in prop::collection::vec((event(), prop::bool::weighted(0.9)), 0..60),
        networks in 0..5_u32,
        bytes in 0..200_u64,
    ) {
        let mut books = Books::default();
        let mut all: Vec<Made> = Vec::new();
        for (event, bound) in events {
            let quota = bound.then_some(Quota { networks, bytes });
            let before = books.clone();
            let mut then = all.clone();
            let (result, fits) = match event {
                Event::Make(maker, owners, bytes) => {
                    let made = Made::new(maker, &owners, bytes);
                    then.push(made.clone());
                    (
                        charge(&mut books, &made.payers, NOTHING, one(bytes), quota),
                        all_within(&then, &made, quota),
                    )
                }
                Event::Resize(which, bytes) => {
                    let Some(made) = then.get_mut(which) else { continue };
                    let old = core::mem::replace(&mut made.bytes, bytes);
                    let made = made.clone();
                    // The number of networks stays, and may be over a bound that did not count then.
                    let quota_of_bytes = quota.map(|most| Quota { networks: u32::MAX, ..most });
                    (
                        charge(&mut books, &made.payers, one(old), one(bytes), quota),
                        bytes <= old || all_within(&then, &made, quota_of_bytes),
                    )
                }
                Event::End(which) if which < then.len() => {
                    let made = then.remove(which);
                    (charge(&mut books, &made.payers, one(made.bytes), NOTHING, quota), true)
                }
                Event::End(_) => continue,
            };
            prop_assert_eq!(result.is_ok(), fits);
            if fits {
                all = then;
            } else {
                prop_assert_eq!(&books, &before);
            }
            for user in 0..5 {
                prop_assert_eq!(books.usage(user), total(&all, user));
            }
        }
        for made in all {
            let ended = charge(&mut books, &made.payers, one(made.bytes), NOTHING, None);
            prop_assert_eq!(ended, Ok(()));
        }
        prop_assert!(books.0.is_empty());
    }
}

fn behind(maker: u32, owners: &[u32]) -> Payers {
    Payers::new(maker, owners).unwrap()
}

#[test]
fn a_network_that_has_ended_counts_for_its_owner_as_long_as_one_uses_it_whom_that_is_behind() {
    let (user, owner) = (100_001, 1000);
    let made = behind(owner, &[]);
    let heir_of = |users: &[Payers]| heir(&made, (7..).zip(users));
    // It itself, and one who lives in a namespace of its.
    assert_eq!(heir_of(&[behind(1, &[]), behind(owner, &[])]), None);
    assert_eq!(heir_of(&[behind(1, &[]), behind(user, &[owner])]), None);
    // Others, the first of them.
    assert_eq!(heir_of(&[behind(1, &[2]), behind(3, &[])]), Some(7));
    assert_eq!(heir_of(&[]), None);
    // One who made it in a namespace: whoever is outside is another, and has the same user behind it.
    let made = behind(user, &[owner]);
    let outside = behind(owner, &[]);
    assert_eq!(heir(&made, [(9, &outside)].into_iter()), Some(9));
}

#[test]
fn a_network_grows_by_its_owner_s_right() {
    let means = |most, granted| Means { most, granted };
    // The owner, within its bound or without one.
    assert_eq!(means(Some(100), None).allow(100), Ok(()));
    assert_eq!(means(Some(100), None).allow(101), Err(Errno::NOBUFS));
    assert_eq!(means(None, None).allow(u64::MAX), Ok(()));
    // Another, up to what the owner made of it.
    assert_eq!(means(Some(100), Some(50)).allow(50), Ok(()));
    assert_eq!(means(Some(100), Some(50)).allow(51), Err(Errno::PERM));
    assert_eq!(means(None, Some(50)).allow(51), Err(Errno::PERM));
    assert_eq!(means(Some(40), Some(50)).allow(41), Err(Errno::NOBUFS));
}
