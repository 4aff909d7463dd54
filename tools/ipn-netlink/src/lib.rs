// SPDX-License-Identifier: GPL-2.0

//! Who is on AF_IPN networks, and what happens to them: the generic netlink family `ipn`.
//!
//! ```no_run
//! # fn main() -> Result<(), ipn_netlink::Error> {
//! let mut client = ipn_netlink::Client::open()?;
//! for port in client.ports(None)? {
//!     println!("port {}: {}", port.number, port.sent);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! * [`Client`] asks for [`Network`]s and [`Port`]s.
//! * [`Events`] hears of each [`Event`].
//!
//! Root and who may manage a network are told of all its ports, others of their own. What messages
//! mean is read apart from the socket that they come by: [`Network::parse`], [`Port::parse`] and
//! [`Event::parse`] take bytes.
//!
//! netlink's own messages are read and written by the crates of the rust-netlink project, which `ipn`
//! has for interfaces anyway.

#![deny(unsafe_code)]

mod attributes;
mod client;
mod error;
mod event;
mod events;
mod message;
mod network;
mod port;

pub use client::Client;
pub use error::Error;
pub use event::{Event, What};
pub use events::{Events, Heard};
pub use network::Network;
pub use port::{Device, Kind, Port};

#[cfg(test)]
mod bytes_tests;
