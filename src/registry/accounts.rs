// SPDX-License-Identifier: GPL-2.0

//! Users' accounts: whom a network counts for, and whether all of them may have it.
//!
//! A network counts for the user who made it and, as the kernel's own limits do (`inc_ucount` in
//! `kernel/ucount.c`), for the owner of each user namespace that this user was in: who has
//! subordinate uids has one account behind all of them. The system's root is left out as an owner:
//! the containers of a service that runs as root would share one bound, and root may exceed all.

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
