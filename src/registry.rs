// SPDX-License-Identifier: GPL-2.0

//! The networks that are in use, by the file that names them.
//!
//! A network is found by the inode behind the path, so a file that is renamed, linked or mounted
//! elsewhere still names it. The network holds the inode, so no other gets its identity meanwhile.

use crate::{
    errno::{Errno, Result},
    global::REGISTRY,
    network::Network,
};
use kernel::{
    prelude::*,
    rbtree::{RBTree, RBTreeNode},
    sync::Arc,
};

/// A network and how many endpoints are bound or connected to it.
struct Entry {
    network: Arc<Network>,
    users: usize,
}

/// All networks by identity, and how many each user made.
#[derive(Default)]
pub(crate) struct Names {
    networks: RBTree<usize, Entry>,
    owners: RBTree<u32, u32>,
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

/// Adds a new network, which its maker uses.
///
/// More than `most` of one owner: `ENOBUFS`. No memory: `ENOMEM`.
pub(crate) fn add(network: Arc<Network>, most: Option<u32>) -> kernel::error::Result {
    let (identity, owner) = (network.identity, network.owner);
    let entry = RBTreeNode::new(identity, Entry { network, users: 1 }, GFP_KERNEL_ACCOUNT)?;
    let first = RBTreeNode::new(owner, 0, GFP_KERNEL_ACCOUNT)?;
    let mut guard = REGISTRY.lock();
    let registry = guard.names();
    if registry.owners.get(&owner).is_none() {
        registry.owners.insert(first);
    }
    if let Some(made) = registry.owners.get_mut(&owner) {
        if most.is_some_and(|most| *made >= most) {
            return Err(Errno::NOBUFS.into());
        }
        *made = made.saturating_add(1);
    }
    // The caller has just made the inode, and holds it: no network has its identity.
    registry.networks.insert(entry);
    Ok(())
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

/// One user less. The last one ends the hold on the name.
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
    let gone = registry.networks.remove_node(&network.identity);
    let mut owner = None;
    if let Some(made) = registry.owners.get_mut(&network.owner) {
        *made = made.saturating_sub(1);
        if *made == 0 {
            owner = registry.owners.remove_node(&network.owner);
        }
    }
    drop(guard);
    // What is left of them is freed here, where no lock is held.
    network.retire();
    let path = network.path.lock().take();
    drop((path, gone, owner));
}
