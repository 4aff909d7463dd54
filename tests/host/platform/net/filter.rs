// SPDX-License-Identifier: GPL-2.0

//! `rust/net/filter.rs`.

use crate::rust::net::socket::Sock;

pub(crate) fn is_attached<T>(sock: &Sock<T>) -> bool {
    sock.filter().is_some()
}
