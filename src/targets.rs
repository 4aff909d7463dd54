// SPDX-License-Identifier: GPL-2.0

//! Where a message goes: what a policy says of it.

/// The longest prefix: an Ethernet header with two tags is 22 bytes.
pub(crate) const PREFIX_MAX: usize = 32;

/// A port that gets a message, and what it gets of it: a prefix, then all but the first `skip` bytes.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// The port.
    pub(crate) port: u32,
    skip: usize,
    prefix_len: usize,
    prefix: [u8; PREFIX_MAX],
}

impl Target {
    /// A port that gets `prefix`, then all but the first `skip` bytes. A longer prefix: none.
    pub(crate) fn new(port: u32, prefix: &[u8], skip: usize) -> Option<Self> {
        let mut target = Self {
            port,
            skip,
            prefix_len: prefix.len(),
            prefix: [0; PREFIX_MAX],
        };
        target
            .prefix
            .get_mut(..prefix.len())?
            .copy_from_slice(prefix);
        Some(target)
    }

    /// The two parts of what the port gets of `message`.
    pub(crate) fn parts<'a>(&'a self, message: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        (
            self.prefix.get(..self.prefix_len).unwrap_or(&[]),
            message.get(self.skip..).unwrap_or(&[]),
        )
    }
}
