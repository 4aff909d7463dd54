// SPDX-License-Identifier: GPL-2.0

//! Sockets that manage a network and have no port of it: who to wake when it ends.

use crate::rust::net::socket::{Sock, SockRef};
use kernel::{
    prelude::*,
    rbtree::{RBTree, RBTreeNode},
};

/// Managers without a port, by [`key`]; guarded by the network's lock.
pub(crate) type Managers<H> = RBTree<usize, SockRef<H>>;

/// A place among the managers, allocated ahead of the lock.
pub(crate) type Manager<H> = RBTreeNode<usize, SockRef<H>>;

/// A place for a socket. No memory: `ENOMEM`.
pub(crate) fn manager<H>(sock: SockRef<H>) -> Result<Manager<H>> {
    RBTreeNode::new(key(&sock), sock, GFP_KERNEL_ACCOUNT)
}

/// By what a socket is found.
pub(crate) fn key<H>(sock: &Sock<H>) -> usize {
    sock.as_ptr() as usize
}
