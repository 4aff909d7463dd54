// SPDX-License-Identifier: GPL-2.0

//! The names of networks, and what users have.

use crate::{
    registry::accounts::{Payers, Usage},
    rust::{glue::sysfs::Directory, net::namespace::Namespace},
    socket::Network,
};
use kernel::{
    prelude::*,
    rbtree::{RBTree, RBTreeNode, RBTreeNodeReservation},
    sync::Arc,
};

/// An endpoint that is bound or connected to a network, and whom the network counts for once it has
/// ended and nobody but such is left.
pub(crate) struct User {
    /// What tells sockets apart.
    pub(super) who: usize,
    /// Whether it manages the network.
    pub(super) manages: bool,
    /// The network namespace of its socket.
    pub(super) namespace: Namespace,
    pub(super) payers: Payers,
    /// Accounts to be, one for each payer.
    pub(super) room: KVec<RBTreeNodeReservation<u32, Usage>>,
}

/// A user to be, allocated ahead of the lock.
pub(crate) type NewUser = RBTreeNode<usize, User>;

/// A network, who uses it, and what its payers are charged.
pub(super) struct Entry {
    pub(super) network: Arc<Network>,
    pub(super) users: RBTree<usize, User>,
    /// Its owner is the first.
    pub(super) payers: Payers,
    /// Whether the owner has no bounds.
    pub(super) unbounded: bool,
    pub(super) charge: Usage,
    /// The most bytes that the owner has made it take.
    pub(super) granted: u64,
    /// Made before the entry, and removed after it.
    pub(super) _directory: Directory,
}

/// All networks by identity, and what each user has.
#[derive(Default)]
pub(crate) struct Names {
    pub(super) networks: RBTree<usize, Entry>,
    pub(super) accounts: RBTree<u32, Usage>,
}

/// The names, once there has been one.
pub(crate) struct Registry(Option<Names>);

impl Registry {
    /// No networks.
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// The names, from now on.
    pub(super) fn names(&mut self) -> &mut Names {
        self.0.get_or_insert_with(Names::default)
    }

    /// The first network whose identity is not less than a number.
    pub(super) fn from(&self, identity: usize) -> Option<&Arc<Network>> {
        let networks = &self.0.as_ref()?.networks;
        let cursor = networks.cursor_lower_bound(&identity)?;
        networks.get(cursor.current().0).map(|entry| &entry.network)
    }

    /// All networks.
    pub(crate) fn networks(&self) -> impl Iterator<Item = &Network> {
        self.0
            .iter()
            .flat_map(|names| names.networks.values())
            .map(|entry| &*entry.network)
    }
}
