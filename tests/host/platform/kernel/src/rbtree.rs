// SPDX-License-Identifier: GPL-2.0

//! `rust/kernel/rbtree.rs`: a map whose nodes are allocated ahead.

use crate::{
    alloc::{attempt, flags::Flags, AllocError},
    error::Result,
};
use std::collections::BTreeMap;

/// A map in the order of its keys.
pub struct RBTree<K, V>(BTreeMap<K, V>);

/// Key and value in memory of their own.
pub struct RBTreeNode<K, V> {
    key: K,
    value: V,
}

/// Memory for a key and a value.
pub struct RBTreeNodeReservation<K, V>(core::marker::PhantomData<(K, V)>);

impl<K, V> RBTreeNode<K, V> {
    /// Takes memory, and puts them there.
    pub fn new(key: K, value: V, _: Flags) -> Result<Self> {
        attempt()?;
        Ok(Self { key, value })
    }
}

impl<K, V> RBTreeNodeReservation<K, V> {
    /// Takes memory.
    pub fn new(_: Flags) -> Result<Self, AllocError> {
        attempt()?;
        Ok(Self(core::marker::PhantomData))
    }

    /// Puts a key and a value there.
    pub fn into_node(self, key: K, value: V) -> RBTreeNode<K, V> {
        RBTreeNode { key, value }
    }
}

impl<K: Ord, V> RBTree<K, V> {
    /// An empty one.
    pub const fn new() -> Self {
        Self(BTreeMap::new())
    }

    /// The value of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.get(key)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.0.get_mut(key)
    }

    /// Adds a node; gives back that whose place it takes.
    pub fn insert(&mut self, node: RBTreeNode<K, V>) -> Option<RBTreeNode<K, V>>
    where
        K: Clone,
    {
        let key = node.key.clone();
        let old = self.0.insert(node.key, node.value);
        old.map(|value| RBTreeNode { key, value })
    }

    /// Takes a value out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.0.remove(key)
    }

    /// Takes a node out.
    pub fn remove_node(&mut self, key: &K) -> Option<RBTreeNode<K, V>> {
        let (key, value) = self.0.remove_entry(key)?;
        Some(RBTreeNode { key, value })
    }

    /// At the first key that is not less than `key`.
    pub fn cursor_lower_bound(&self, key: &K) -> Option<Cursor<'_, K, V>> {
        self.0.range(key..).next().map(Cursor)
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.values()
    }
}

/// A place in a map.
pub struct Cursor<'a, K, V>((&'a K, &'a V));

impl<K, V> Cursor<'_, K, V> {
    /// What is there.
    pub fn current(&self) -> (&K, &V) {
        self.0
    }
}

impl<K: Ord, V> Default for RBTree<K, V> {
    fn default() -> Self {
        Self::new()
    }
}
