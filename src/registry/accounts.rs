// SPDX-License-Identifier: GPL-2.0

//! Users' accounts: whom a network counts for, and whether all of them may have it.
//!
//! A network counts for the user who made it and, as the kernel's own limits do (`inc_ucount` in
//! `kernel/ucount.c`), for the owner of each user namespace that this user was in: who has
//! subordinate uids has one account behind all of them. The system's root is left out as an owner:
//! the containers of a service that runs as root would share one bound, and root may exceed all.
//!
//! Who is charged is the network's owner: who made it, and has the right that it had then. Once the
//! network has ended and nobody uses it whom its owner is behind, one of those who still do is.

use crate::{
    abi::errno::{Errno, Result},
    network::shape::Quota,
};

/// Most user namespaces around a process, the initial one left out: `create_user_ns` in
/// `kernel/user_namespace.c` refuses more.
pub(crate) const NESTING_MAX: usize = 33;

/// The system's root.
const ROOT: u32 = 0;

/// What a user has, or a network adds to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Networks.
    pub(crate) networks: u32,
    /// Their bytes.
    pub(crate) bytes: u64,
}

impl Usage {
    /// With `new` instead of `old`. What grows over the quota: `ENOBUFS`.
    fn exchange(self, old: Self, new: Self, quota: Option<Quota>) -> Result<Self> {
        let networks = self.networks.saturating_sub(old.networks);
        let bytes = self.bytes.saturating_sub(old.bytes);
        let after = Self {
            networks: networks.saturating_add(new.networks),
            bytes: bytes.saturating_add(new.bytes),
        };
        match quota {
            Some(most) if new.networks > old.networks && after.networks > most.networks => {
                Err(Errno::NOBUFS)
            }
            Some(most) if new.bytes > old.bytes && after.bytes > most.bytes => Err(Errno::NOBUFS),
            _ => Ok(after),
        }
    }
}

/// The users whom a network counts for.
///
/// # Invariants
///
/// The first `len` users are different from each other; `len` is at least 1 and at most the length.
#[derive(Clone, Copy)]
pub(crate) struct Payers {
    users: [u32; NESTING_MAX + 1],
    len: usize,
}

impl Payers {
    /// The user who makes a network, and the owners of the user namespaces around it. More than
    /// [`NESTING_MAX`] of these: `ENOBUFS`.
    pub(crate) fn new(maker: u32, owners: &[u32]) -> Result<Self> {
        if owners.len() > NESTING_MAX {
            return Err(Errno::NOBUFS);
        }
        // INVARIANT: One user.
        let mut payers = Self {
            users: [maker; NESTING_MAX + 1],
            len: 1,
        };
        for &owner in owners {
            if owner == ROOT || payers.users().contains(&owner) {
                continue;
            }
            if let Some(place) = payers.users.get_mut(payers.len) {
                // INVARIANT: One user more, who was not there before.
                *place = owner;
                payers.len = payers.len.saturating_add(1);
            }
        }
        Ok(payers)
    }

    /// Each of them once, the maker first.
    pub(crate) fn users(&self) -> &[u32] {
        self.users.get(..self.len).unwrap_or(&[])
    }
}

/// Who is charged for a network that has ended, instead of `payers`: the first of its users, unless
/// one of them is the owner, or one whom the owner is behind.
pub(crate) fn heir<'a>(
    payers: &Payers,
    users: impl Iterator<Item = (usize, &'a Payers)>,
) -> Option<usize> {
    let owner = payers.users().first()?;
    let mut heir = None;
    for (who, user) in users {
        if user.users().contains(owner) {
            return None;
        }
        heir = heir.or(Some(who));
    }
    heir
}

/// What a change of a network's size may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Means {
    /// The most bytes of one network; none for an owner without bounds.
    pub(crate) most: Option<u64>,
    /// The most bytes that the owner has made it take; none for the owner itself.
    pub(crate) granted: Option<u64>,
}

impl Means {
    /// Whether the network may come to take so many bytes. More than the owner has granted: `EPERM`;
    /// more than the owner may have of one network: `ENOBUFS`.
    pub(crate) fn allow(&self, bytes: u64) -> Result {
        if self.granted.is_some_and(|granted| bytes > granted) {
            return Err(Errno::PERM);
        }
        if self.most.is_some_and(|most| bytes > most) {
            return Err(Errno::NOBUFS);
        }
        Ok(())
    }
}

/// What each user has.
pub(crate) trait Accounts {
    /// What a user has: nothing, for one who has no account.
    fn usage(&self, user: u32) -> Usage;

    /// From now on a user has this. With nothing the account ends.
    fn set(&mut self, user: u32, usage: Usage);
}

/// Charges all payers of a network with `new` instead of `old`, or none: if any of them would have
/// more than the quota, `ENOBUFS`.
pub(crate) fn charge(
    accounts: &mut impl Accounts,
    payers: &Payers,
    old: Usage,
    new: Usage,
    quota: Option<Quota>,
) -> Result {
    let after = |usage: Usage| usage.exchange(old, new, quota);
    for &user in payers.users() {
        after(accounts.usage(user))?;
    }
    for &user in payers.users() {
        accounts.set(user, after(accounts.usage(user))?);
    }
    Ok(())
}
