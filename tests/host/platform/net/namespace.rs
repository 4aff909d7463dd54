// SPDX-License-Identifier: GPL-2.0

//! `rust/net/namespace.rs`: there is one.

use crate::rust::net::socket::Sock;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Namespace;

impl Namespace {
    pub(crate) const INITIAL: Self = Self;

    pub(crate) fn of<T>(_sock: &Sock<T>) -> Self {
        Self
    }

    pub(crate) fn is_initial(self) -> bool {
        true
    }
}
