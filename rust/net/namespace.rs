// SPDX-License-Identifier: GPL-2.0

//! Network namespaces, by their numbers.
//!
//! C header: [`include/net/net_namespace.h`](srctree/include/net/net_namespace.h)

use crate::rust::{bindings, net::socket::Sock};

/// A network namespace. One that has gone is none that comes later.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Namespace(u64);

impl Namespace {
    /// The first one.
    pub(crate) const INITIAL: Self = Self(0);

    /// That of a socket whose descriptor is open.
    pub(crate) fn of<T>(sock: &Sock<T>) -> Self {
        // SAFETY: The socket is valid, and keeps its namespace while a descriptor of it is open.
        Self(unsafe { bindings::ipn_helper_sk_namespace(sock.as_ptr()) })
    }

    /// That of a number which the kernel's side tells.
    pub(in crate::rust) fn from_raw(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    pub(in crate::rust) fn as_raw(self) -> u64 {
        self.0
    }

    /// Whether it is the first one.
    pub(crate) fn is_initial(self) -> bool {
        self == Self::INITIAL
    }
}
