// SPDX-License-Identifier: GPL-2.0

//! Sockets that manage a network and have no port of it: who to wake when it ends.

use crate::{
    network::Network,
    registry,
    rust::net::socket::SockRef,
    socket::{Endpoint, IpnSock},
};
use kernel::{
    prelude::*,
    rbtree::{RBTree, RBTreeNode},
};

/// Managers without a port, by [`key`]; guarded by the network's lock.
pub(crate) type Managers = RBTree<usize, SockRef<Endpoint>>;

/// A place among the managers, allocated ahead of the lock.
pub(crate) type Manager = RBTreeNode<usize, SockRef<Endpoint>>;

/// A place for a socket. No memory: `ENOMEM`.
pub(crate) fn manager(sock: SockRef<Endpoint>) -> Result<Manager> {
    RBTreeNode::new(key(&sock), sock, GFP_KERNEL_ACCOUNT)
}

/// By what a socket is found.
pub(crate) fn key(sock: &IpnSock) -> usize {
    sock.as_ptr() as usize
}

/// A socket that is bound and has no port is closed.
pub(crate) fn resign(sock: &IpnSock) {
    if let Some(network) = sock.network() {
        let gone = network.members.lock().managers.remove_node(&key(sock));
        // The reference goes when no lock is held.
        drop(gone);
        registry::leave(network);
    }
}

impl Network {
    /// A manager without a port is there, to be woken when the network ends.
    pub(crate) fn add_manager(&self, manager: Manager) {
        // One that comes too late is woken by itself, and finds the end.
        let other = self.members.lock().managers.insert(manager);
        drop(other);
    }
}
