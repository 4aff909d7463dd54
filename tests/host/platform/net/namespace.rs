// SPDX-License-Identifier: GPL-2.0

//! `rust/net/namespace.rs`: that of the task that calls, by a number.

use crate::rust::{net::socket::Sock, task::current as task};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Namespace(pub(crate) u32);

impl Namespace {
    pub(crate) const INITIAL: Self = Self(0);

    pub(crate) fn of<T>(_sock: &Sock<T>) -> Self {
        Self(task::with(|task| task.namespace.get()))
    }

    pub(crate) fn is_initial(self) -> bool {
        self == Self::INITIAL
    }
}
