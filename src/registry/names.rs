// SPDX-License-Identifier: GPL-2.0

//! The names of networks, and what users have.

use crate::{
    registry::accounts::{Payers, Usage},
    rust::glue::sysfs::Directory,
    socket::Network,
};
use kernel::{rbtree::RBTree, sync::Arc};

/// A network, how many endpoints are bound or connected to it, and what its payers are charged.
pub(super) struct Entry {
    pub(super) network: Arc<Network>,
    pub(super) users: usize,
    pub(super) payers: Payers,
    pub(super) charge: Usage,
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

    /// All networks.
    pub(crate) fn networks(&self) -> impl Iterator<Item = &Network> {
        self.0
            .iter()
            .flat_map(|names| names.networks.values())
            .map(|entry| &*entry.network)
    }
}
