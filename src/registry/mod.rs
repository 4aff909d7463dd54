// SPDX-License-Identifier: GPL-2.0

//! The networks that are in use, by the file that names them.
//!
//! A network is found by the inode behind the path, so a file that is renamed, linked or mounted
//! elsewhere still names it. The network holds the inode, so no other gets its identity meanwhile.

pub(crate) mod accounts;
pub(crate) mod names;

use crate::{
    abi::errno::{Errno, Result},
    membership,
    network::shape::Quota,
    registry::{
        accounts::{Accounts, Payers, Usage, NESTING_MAX},
        names::Entry,
    },
    rust::{
        glue::{global::registry, parameters, sysfs::Directory},
        task::cred::{current_uid, may_exceed_limits, namespace_owners},
    },
    socket::Network,
};
use kernel::{
    prelude::*,
    rbtree::{RBTree, RBTreeNode, RBTreeNodeReservation},
    sync::Arc,
};

/// What users have, and room for accounts to be.
struct Ledger<'a> {
    accounts: &'a mut RBTree<u32, Usage>,
    room: KVec<RBTreeNodeReservation<u32, Usage>>,
}

impl<'a> Ledger<'a> {
    /// Of users who have accounts.
    fn of(accounts: &'a mut RBTree<u32, Usage>) -> Self {
        let room = KVec::new();
        Self { accounts, room }
    }
}

impl Accounts for Ledger<'_> {
    fn usage(&self, user: u32) -> Usage {
        self.accounts.get(&user).copied().unwrap_or_default()
    }

    fn set(&mut self, user: u32, usage: Usage) {
        if usage == Usage::default() {
            self.accounts.remove(&user);
        } else if let Some(known) = self.accounts.get_mut(&user) {
            *known = usage;
        } else if let Some(room) = self.room.pop() {
            self.accounts.insert(room.into_node(user, usage));
        }
    }
}

/// Whom a network of the caller's counts for: the caller's real user, and the owners of the user
/// namespaces that the caller is in, as the initial one knows them.
pub(crate) fn payers() -> Result<Payers> {
    let mut owners = [0; NESTING_MAX];
    let count = namespace_owners(&mut owners);
    Payers::new(current_uid(), owners.get(..count).ok_or(Errno::NOBUFS)?)
}

/// What the caller may have in all networks together; `None` without a bound.
pub(crate) fn quota() -> Option<Quota> {
    (!may_exceed_limits()).then(parameters::quota)
}

/// Changes the number of a network's ports, and what its payers are charged. Over a used port:
/// `EADDRINUSE`; over a bound: `ENOBUFS`.
pub(crate) fn resize(network: &Network, ports: u32) -> kernel::error::Result {
    membership::resize(network, ports, |bytes, within_quota| {
        let quota = if within_quota { quota() } else { None };
        recharge(network, bytes, quota)
    })
}

/// Adds a new network of `bytes`, which its maker uses, and makes its directory in `/sys/kernel/ipn`.
///
/// More than the quota of any of the payers: `ENOBUFS`. Its file has the numbers of another
/// network's: `EADDRINUSE`. No memory: `ENOMEM`.
pub(crate) fn add(
    network: Arc<Network>,
    payers: Payers,
    bytes: u64,
    quota: Option<Quota>,
) -> kernel::error::Result {
    let identity = network.identity;
    let charge = Usage { networks: 1, bytes };
    let _directory = Directory::new(network.clone(), &network.file)?;
    let entry = Entry {
        network,
        users: 1,
        payers,
        charge,
        _directory,
    };
    let entry = RBTreeNode::new(identity, entry, GFP_KERNEL_ACCOUNT)?;
    let mut room = KVec::with_capacity(payers.users().len(), GFP_KERNEL_ACCOUNT)?;
    for _ in payers.users() {
        let reserved = RBTreeNodeReservation::new(GFP_KERNEL_ACCOUNT)?;
        room.push_within_capacity(reserved).map_err(|_| ENOMEM)?;
    }
    let mut guard = registry();
    let names = guard.names();
    let accounts = &mut names.accounts;
    let mut ledger = Ledger { accounts, room };
    accounts::charge(&mut ledger, &payers, Usage::default(), charge, quota)?;
    // The caller has just made the inode, and holds it: no network has its identity.
    names.networks.insert(entry);
    Ok(())
}

/// Charges a network's payers with `bytes` from now on. More than the quota of any: `ENOBUFS`.
pub(crate) fn recharge(network: &Network, bytes: u64, quota: Option<Quota>) -> Result {
    let mut guard = registry();
    let names = guard.names();
    let entry = names.networks.get_mut(&network.identity);
    // Once it is not in use any more, another may have its identity.
    let entry = entry.filter(|entry| core::ptr::eq(&*entry.network, network));
    let Some(entry) = entry else {
        return Ok(());
    };
    let charge = Usage {
        bytes,
        ..entry.charge
    };
    let mut ledger = Ledger::of(&mut names.accounts);
    accounts::charge(&mut ledger, &entry.payers, entry.charge, charge, quota)?;
    entry.charge = charge;
    Ok(())
}

/// Finds the network of a file, which has one user more from now on.
///
/// None, or one that has ended: `ECONNREFUSED`.
pub(crate) fn enter_by_file(identity: usize) -> Result<Arc<Network>> {
    let mut guard = registry();
    let registry = guard.names();
    let entry = registry
        .networks
        .get_mut(&identity)
        .ok_or(Errno::CONNREFUSED)?;
    if entry.network.is_terminated() {
        return Err(Errno::CONNREFUSED);
    }
    entry.users = entry.users.saturating_add(1);
    Ok(entry.network.clone())
}

/// One user more of a network that has its directory. Whether it is in use at all.
pub(crate) fn enter(network: &Network) -> bool {
    let mut guard = registry();
    match guard.names().networks.get_mut(&network.identity) {
        Some(entry) => {
            entry.users = entry.users.saturating_add(1);
            true
        }
        None => false,
    }
}

/// One user less. The last one ends the hold on the name, and removes the directory.
pub(crate) fn leave(network: &Network) {
    let mut guard = registry();
    let registry = guard.names();
    let Some(entry) = registry.networks.get_mut(&network.identity) else {
        return;
    };
    entry.users = entry.users.saturating_sub(1);
    if entry.users != 0 {
        return;
    }
    let (payers, charge) = (entry.payers, entry.charge);
    let gone = registry.networks.remove_node(&network.identity);
    let mut ledger = Ledger::of(&mut registry.accounts);
    // Without a quota nothing is refused.
    let _ = accounts::charge(&mut ledger, &payers, charge, Usage::default(), None);
    drop(guard);
    // What is left of it is freed here, where no lock is held. The directory goes first: until then
    // it is read.
    drop(gone);
    network.retire();
    let path = network.path.lock().take();
    drop(path);
}
