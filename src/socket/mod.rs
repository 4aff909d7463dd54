// SPDX-License-Identifier: GPL-2.0

//! A socket of the family: what it is, and how it sends, receives and sleeps. How it comes to a network
//! and leaves it is in `calls`.

pub(crate) mod backlog;
mod besides;
pub(crate) mod description;
pub(crate) mod endpoint;
mod gaps;
mod holder;
pub(crate) mod mapping;
mod news;
pub(crate) mod poll;
pub(crate) mod reading;
mod records;
pub(crate) mod recv;
pub(crate) mod report;
pub(crate) mod rights;
pub(crate) mod send;
pub(crate) mod slot;
pub(crate) mod state;
pub(crate) mod statistics;

pub(crate) use endpoint::{Endpoint, IpnSock, Network};
