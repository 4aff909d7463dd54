// SPDX-License-Identifier: GPL-2.0

//! A map that never grows beyond a bound.

use std::collections::HashMap;
use std::hash::Hash;

/// A map of up to so many keys; of more, those that were not used for longest are forgotten.
#[derive(Debug)]
pub struct Table<K, V> {
    entries: HashMap<K, Entry<V>>,
    most: usize,
    uses: u64,
    forgotten: bool,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    used: u64,
}

impl<K: Copy + Eq + Hash, V> Table<K, V> {
    /// An empty one for `most` keys.
    pub fn new(most: usize) -> Self {
        Self {
            entries: HashMap::new(),
            most,
            uses: 0,
            forgotten: false,
        }
    }

    /// Whether anything was ever forgotten.
    pub fn has_forgotten(&self) -> bool {
        self.forgotten
    }

    /// What is there of a key; that is no use of it.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.entries.get(key).map(|entry| &entry.value)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key).map(|entry| &mut entry.value)
    }

    /// What is there of a key, or what `new` makes for it.
    pub fn entry(&mut self, key: K, new: impl FnOnce() -> V) -> &mut V {
        if self.entries.len() >= self.most && !self.entries.contains_key(&key) {
            self.forget_some();
        }
        self.uses += 1;
        let used = self.uses;
        let entry = self
            .entries
            .entry(key)
            .or_insert_with(|| Entry { value: new(), used });
        entry.used = used;
        &mut entry.value
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.entries.iter().map(|(key, entry)| (key, &entry.value))
    }

    /// All of them, to change them; that is no use of any.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.entries
            .iter_mut()
            .map(|(key, entry)| (key, &mut entry.value))
    }

    /// Makes room by a quarter, so that it is seldom done.
    fn forget_some(&mut self) {
        let mut used: Vec<_> = self.entries.values().map(|entry| entry.used).collect();
        let at = used.len() / 4;
        let (_, &mut last, _) = used.select_nth_unstable(at);
        self.entries.retain(|_, entry| entry.used > last);
        self.forgotten = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_what_was_not_used_for_longest() {
        let mut table = Table::new(8);
        for key in 0..8 {
            table.entry(key, || key);
        }
        assert!(!table.has_forgotten());
        table.entry(0, || unreachable!());
        table.entry(8, || 8);
        assert!(table.has_forgotten());
        assert_eq!((table.get(&0), table.get(&1)), (Some(&0), None));
        for key in 9..1000 {
            table.entry(key, || key);
            assert!(table.iter().count() <= 8);
            assert_eq!(table.get(&key), Some(&key));
        }
    }
}
