// SPDX-License-Identifier: GPL-2.0

//! Where a message goes: what a policy says of it.

use core::{num::NonZeroU32, ops::DerefMut};

/// The longest prefix: an Ethernet header with two tags is 22 bytes.
pub(crate) const PREFIX_MAX: usize = 32;

/// The most bytes of a message that say where it goes, for the next to go there too.
pub(crate) const HEAD_MAX: usize = 24;

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

    /// Whether the port gets the message as it is.
    pub(crate) fn is_whole(&self) -> bool {
        self.edit.is_none()
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

/// The ports that get the message that is being routed, each once.
pub(crate) struct Targets<L, N> {
    list: L,
    len: usize,
    /// For each port, in which turn it was named last.
    named: N,
    /// Counts messages.
    turn: u64,
    /// Why no port gets it.
    drop_reason: Option<NonZeroU32>,
    /// How many bytes of the message say where it goes, if that is to be remembered.
    head: Option<NonZeroU32>,
    /// Whether what was remembered does not hold any more.
    forgets: bool,
}

impl<L, N> Targets<L, N>
where
    L: DerefMut<Target = [Target]>,
    N: DerefMut<Target = [u64]>,
{
    /// None, in memory for as many targets and turns as there are ports, whatever it holds.
    pub(crate) fn new(list: L, mut named: N) -> Self {
        named.fill(0);
        Self {
            list,
            len: 0,
            named,
            turn: 1,
            drop_reason: None,
            head: None,
            forgets: false,
        }
    }

    /// Begins with another message.
    pub(crate) fn clear(&mut self) {
        self.turn = self.turn.wrapping_add(1);
        self.len = 0;
        self.drop_reason = None;
        self.head = None;
        self.forgets = false;
    }

    /// No port gets it, for this reason; 0: none that is known.
    pub(crate) fn drop_for(&mut self, reason: u32) {
        self.drop_reason = NonZeroU32::new(reason);
    }

    /// Why no port gets it, if that was said.
    pub(crate) fn drop_reason(&self) -> Option<NonZeroU32> {
        self.drop_reason
    }

    /// Messages that begin with the same `len` bytes go where this one goes. More than [`HEAD_MAX`], or none: not so.
    pub(crate) fn remember(&mut self, len: u32) {
        let head = NonZeroU32::new(len);
        self.head = head.filter(|len| len.get() <= HEAD_MAX as u32);
    }

    /// Where those go that begin with so many bytes of it, if that is to be remembered: to one port.
    pub(crate) fn remembered(&self) -> Option<(usize, Target)> {
        match self.as_slice() {
            [target] => Some((self.head?.get() as usize, *target)),
            _ => None,
        }
    }

    /// What was remembered does not hold any more.
    pub(crate) fn forget(&mut self) {
        self.forgets = true;
    }

    /// Whether that was said.
    pub(crate) fn forgets(&self) -> bool {
        self.forgets
    }

    /// Adds a port, unless it was named before. One beyond the ports is left out.
    pub(crate) fn add(&mut self, target: Target) {
        match self.named.get_mut(target.port as usize) {
            Some(turn) if *turn != self.turn => *turn = self.turn,
            _ => return,
        }
        if let Some(place) = self.list.get_mut(self.len) {
            *place = target;
            self.len = self.len.wrapping_add(1);
        }
    }

    /// What was said.
    pub(crate) fn as_slice(&self) -> &[Target] {
        self.list.get(..self.len).unwrap_or(&[])
    }
}
