// SPDX-License-Identifier: GPL-2.0

//! Sockets.

mod after_call;
mod control;
pub(crate) mod family;
pub(crate) mod fdinfo;
pub(crate) mod filter;
pub(crate) mod message;
pub(crate) mod namespace;
pub(crate) mod registration;
pub(crate) mod socket;
pub(crate) mod sockopt;
