// SPDX-License-Identifier: GPL-2.0

//! Where a message goes: what a policy says of it.

/// The longest prefix: an Ethernet header with two tags is 22 bytes.
pub(crate) const PREFIX_MAX: usize = 32;

/// A port that gets a message.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// The port.
    pub(crate) port: u32,
    /// What it gets, if not all of the message as it is.
    edit: Option<Edit>,
}

/// A prefix, then all but the first `skip` bytes of a message.
#[derive(Clone, Copy)]
struct Edit {
    skip: u32,
    prefix_len: u32,
    prefix: [u8; PREFIX_MAX],
}

impl Target {
    /// A port that gets the message as it is.
    pub(crate) const fn whole(port: u32) -> Self {
        Self { port, edit: None }
    }

    /// A port that gets `prefix`, then all but the first `skip` bytes. A longer prefix: none.
    pub(crate) fn edited(port: u32, prefix: &[u8], skip: u32) -> Option<Self> {
        let mut edit = Edit {
            skip,
            prefix_len: prefix.len() as u32,
            prefix: [0; PREFIX_MAX],
        };
        edit.prefix.get_mut(..prefix.len())?.copy_from_slice(prefix);
        Some(Self {
            port,
            edit: Some(edit),
        })
    }

    /// The two parts of what the port gets of `message`.
    pub(crate) fn parts<'a>(&'a self, message: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        match &self.edit {
            None => (&[], message),
            Some(edit) => (
                edit.prefix.get(..edit.prefix_len as usize).unwrap_or(&[]),
                message.get(edit.skip as usize..).unwrap_or(&[]),
            ),
        }
    }
}
