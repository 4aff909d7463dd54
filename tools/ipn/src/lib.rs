// SPDX-License-Identifier: GPL-2.0

//! Networks between processes: the `AF_IPN` socket family.
//!
//! A network is a bus named by a socket file. A user who may open the file can join
//! it; a process that has joined holds a [`Port`]. What one port sends, the
//! network's delivery policy hands to the others: on a hub to all of them.
//!
//! ```no_run
//! # fn main() -> Result<(), ipn::Error> {
//! // One process creates the network, and sends.
//! let bus = ipn::Builder::new()
//!     .mode(0o744) // everybody may receive
//!     .replace_stale(true) // what an earlier network has left there
//!     .direction(ipn::Direction::Send)
//!     .bind("/tmp/bus")?
//!     .connect()?;
//! bus.send(b"hello")?;
//!
//! // Others join it by its name.
//! let port = ipn::Builder::new()
//!     .direction(ipn::Direction::Receive)
//!     .connect("/tmp/bus")?;
//! let mut buffer = vec![0; port.network().mtu()?];
//! while let ipn::Content::Message(text) = port.recv(&mut buffer)? {
//!     println!("{}", String::from_utf8_lossy(text));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! * [`Builder`] says what network to create and what port to take.
//! * [`Manager`] is bound: it keeps a network alive and may change or end it.
//! * [`Port`] is connected: it sends and receives.
//! * [`Receiver`] is a port that receives without system calls.
//! * [`Device`] is a port that is a network device: a tap, or one that was taken.
//! * [`Network`] gives the options of the network behind either.
//! * [`networks`] lists those in use.
//! * [`Name`] is a network's name, to be removed as what it was; [`Shown`] shows other people's.
//! * [`switch`] is for networks that are Ethernet switches.
//!
//! Rights come from the file's mode: `r` to receive, `w` to send, `x` to manage.
//! They are checked when a port is taken.
//!
//! With the feature `tokio` there is also an `AsyncPort`; with `smoltcp` there is
//! `phy::Device`, a port as the network device of a TCP/IP stack.

#![deny(unsafe_code)]

pub mod abi;
#[cfg(feature = "tokio")]
mod asynchronous;
mod batch;
mod builder;
mod device;
mod device_name;
mod error;
mod joining;
mod kinds;
mod manager;
mod name;
mod network;
mod oob;
mod operation;
#[cfg(feature = "smoltcp")]
pub mod phy;
mod port;
mod reader;
mod received;
mod receiver;
mod socket;
mod statistics;
pub mod switch;
mod sys;
mod table;
mod text;

#[cfg(feature = "tokio")]
pub use asynchronous::AsyncPort;
pub use batch::Batch;
pub use builder::{is_ipn, Builder};
pub use device::{release_device, Device};
pub use device_name::{BadDeviceName, DeviceName};
pub use error::Error;
pub use kinds::{Direction, Flags, Policy, SocketType};
pub use manager::Manager;
pub use name::Name;
pub use network::Network;
pub use oob::Oob;
pub use operation::Operation;
pub use port::Port;
pub use received::{Content, Kind, Received};
pub use receiver::Receiver;
pub use rustix::io::Errno;
pub use rustix::net::{RecvFlags, SendFlags, Shutdown};
pub use table::{network, networks, parse as parse_table, Entry, TableError, TABLE_PATH};
pub use text::{is_unsafe, Shown};
