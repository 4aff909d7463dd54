// SPDX-License-Identifier: GPL-2.0

//! The networks that are in use, by the file that names them.
//!
//! A network is found by the inode behind the path, so a file that is renamed, linked or mounted
//! elsewhere still names it. The network holds the inode, so no other gets its identity meanwhile.

use crate::{
    errno::{Errno, Result},
    global::REGISTRY,
    kernel_sysfs::Directory,
    network::Network,
    options,
};
use kernel::{
    prelude::*,
    rbtree::{RBTree, RBTreeNode},
    sync::Arc,
};

/// A network, how many endpoints are bound or connected to it, and what its owner is charged.
struct Entry {
    network: Arc<Network>,
    users: usize,
    bytes: u64,
    /// Made before the entry, and removed after it.
    _directory: Directory,
}

/// What a user has.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Usage {
    networks: u32,
    bytes: u64,
}

/// What a user may have. `None`: anything.
pub(crate) type Quota = Option<options::Quota>;

/// All networks by identity, and what each user has.
#[derive(Default)]
pub(crate) struct Names {
    networks: RBTree<usize, Entry>,
    owners: RBTree<u32, Usage>,
}

/// The names, once there has been one.
pub(crate) struct Registry(Option<Names>);

impl Registry {
    /// No networks.
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    fn names(&mut self) -> &mut Names {
        self.0.get_or_insert_with(Names::default)
    }

    /// All networks.
    pub(crate) fn networks(&self) -> impl Iterator<Item = &Network> {
        self.0
            .iter()
            .flat_map(|names| names.networks.values())
            .map(|entry| &*entry.network)
    }
}

/// Adds a new network of `bytes`, which its maker uses, and makes its directory in `/sys/kernel/ipn`.
///
/// More than the owner's quota: `ENOBUFS`. Its file has the numbers of another network's:
/// `EADDRINUSE`. No memory: `ENOMEM`.
pub(crate) fn add(network: Arc<Network>, bytes: u64, quota: Quota) -> kernel::error::Result {
    let (identity, owner) = (network.identity, network.owner);
    let users = 1;
    let _directory = Directory::new(network.clone(), &network.file)?;
    let entry = Entry {
        network,
        users,
        bytes,
        _directory,
    };
    let entry = RBTreeNode::new(identity, entry, GFP_KERNEL_ACCOUNT)?;
    let first = RBTreeNode::new(owner, Usage::default(), GFP_KERNEL_ACCOUNT)?;
    let mut guard = REGISTRY.lock();
    let names = guard.names();
    let usage = names.owners.get(&owner).copied().unwrap_or_default();
    let usage = usage.with(1, 0, bytes, quota)?;
    match names.owners.get_mut(&owner) {
        Some(known) => *known = usage,
        None => {
            names.owners.insert(first);
            if let Some(new) = names.owners.get_mut(&owner) {
                *new = usage;
            }
        }
    }
    // The caller has just made the inode, and holds it: no network has its identity.
    names.networks.insert(entry);
    Ok(())
}

/// Charges a network's owner with `bytes` from now on. More than its quota: `ENOBUFS`.
pub(crate) fn recharge(network: &Network, bytes: u64, quota: Quota) -> Result {
    let mut guard = REGISTRY.lock();
    let names = guard.names();
    let entry = names.networks.get_mut(&network.identity);
    // Once it is not in use any more, another may have its identity.
    let entry = entry.filter(|entry| core::ptr::eq(&*entry.network, network));
    let usage = names.owners.get_mut(&network.owner);
    if let (Some(entry), Some(usage)) = (entry, usage) {
        *usage = usage.with(0, entry.bytes, bytes, quota)?;
        entry.bytes = bytes;
    }
    Ok(())
}

impl Usage {
    /// With so many networks more and `new` bytes instead of `old`. Over the quota: `ENOBUFS`.
    fn with(self, networks: u32, old: u64, new: u64, quota: Quota) -> Result<Self> {
        let usage = Self {
            networks: self.networks.saturating_add(networks),
            bytes: self.bytes.saturating_sub(old).saturating_add(new),
        };
        let grows = networks != 0 || new > old;
        match quota {
            Some(quota) if grows && !quota.covers(usage.networks, usage.bytes) => {
                Err(Errno::NOBUFS)
            }
            _ => Ok(usage),
        }
    }
}

/// Finds the network of a file, which has one user more from now on.
///
/// None, or one that has ended: `ECONNREFUSED`.
pub(crate) fn join(identity: usize) -> Result<Arc<Network>> {
    let mut guard = REGISTRY.lock();
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
    let mut guard = REGISTRY.lock();
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
    let mut guard = REGISTRY.lock();
    let registry = guard.names();
    let Some(entry) = registry.networks.get_mut(&network.identity) else {
        return;
    };
    entry.users = entry.users.saturating_sub(1);
    if entry.users != 0 {
        return;
    }
    let bytes = entry.bytes;
    let gone = registry.networks.remove_node(&network.identity);
    let mut owner = None;
    if let Some(usage) = registry.owners.get_mut(&network.owner) {
        usage.networks = usage.networks.saturating_sub(1);
        usage.bytes = usage.bytes.saturating_sub(bytes);
        if *usage == Usage::default() {
            owner = registry.owners.remove_node(&network.owner);
        }
    }
    drop(guard);
    // What is left of them is freed here, where no lock is held. The directory goes first: until
    // then it is read.
    drop((gone, owner));
    network.retire();
    let path = network.path.lock().take();
    drop(path);
}
