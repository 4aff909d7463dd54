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
//! * [`Producer`] is a port that sends without system calls, on a network of one writer.
//! * [`RecordPort`] is a port that sends and receives several messages by one.
//! * [`Builder::reliable`] is for buses between lossy and lossless: a reader is told what it missed and of whom
//!   ([`Port::recv_sequenced`]), and may begin with what was sent before it came.
//! * [`Device`] is a port that is a network device: a tap, one that was taken, or one that shows what passes.
//! * [`Network`] gives the options of the network behind either.
//! * [`networks`] lists those in use.
//! * [`Name`] is a network's name, to be removed as what it was; [`Shown`] shows other people's.
//! * [`Mode`], [`Policy`] and [`number`] read what users write.
//! * [`switch`] is for networks that are Ethernet switches.
//!
//! Rights come from the file's mode: `r` to receive, `w` to send, `x` to manage.
//! They are checked when a port is taken.
//!
//! # Features
//!
//! None is on unless asked for. With `tokio` there is also an `AsyncPort`, a port in a tokio runtime;
//! with `smoltcp` there is `phy::Device`, a port as the network device of a TCP/IP stack.
//!
//! # Types of other crates
//!
//! Of these some are part of the interface on purpose, so that a new major version of theirs is one of
//! this crate:
//!
//! * rustix 1: [`Errno`], [`RecvFlags`], [`SendFlags`] and [`Shutdown`], the kernel's numbers under
//!   names that other calls take as well. They are to be had from here.
//! * bitflags 2: the traits of [`Flags`].
//! * ipn-abi, of the same version as this crate: [`abi`], the kernel's headers.
//! * smoltcp 0.12, with the feature of its name: the trait of its that `phy::Device` has.
//!
//! No type of libc or tokio is. Descriptors are the standard library's; an instruction of a filter is
//! an [`Instruction`]. What may get more members or cases one day is `#[non_exhaustive]`.

#![deny(unsafe_code)]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "tokio")]
mod async_record_port;
#[cfg(feature = "tokio")]
mod asynchronous;
mod batch;
mod builder;
mod device;
mod device_name;
mod drop_reason;
mod error;
mod failed;
mod fdb;
mod filter;
mod heard;
mod history;
mod joining;
mod kinds;
mod level;
mod mac_address;
mod manager;
mod mode;
mod name;
mod network;
pub mod number;
mod oob;
mod operation;
#[cfg(feature = "smoltcp")]
#[cfg_attr(docsrs, doc(cfg(feature = "smoltcp")))]
pub mod phy;
mod port;
mod port_statistics;
mod producer;
mod reader;
mod received;
mod receiver;
mod record;
mod record_batch;
mod record_port;
mod reliable;
mod sender;
mod sequence;
mod socket;
mod statistics;
pub mod switch;
mod switch_port;
mod sys;
mod table;
mod text;
mod writer;

#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use async_record_port::AsyncRecordPort;
#[cfg(feature = "tokio")]
#[cfg_attr(docsrs, doc(cfg(feature = "tokio")))]
pub use asynchronous::AsyncPort;
pub use batch::Batch;
pub use builder::{is_ipn, Builder};
pub use device::{release_device, Device, LinkType};
pub use device_name::{BadDeviceName, DeviceName};
pub use drop_reason::DropReason;
pub use error::Error;
pub use failed::Failed;
pub use filter::Instruction;
pub use history::History;
pub use ipn_abi as abi;
pub use kinds::{BadPolicy, Direction, Flags, Policy, SocketType};
pub use manager::Manager;
pub use mode::{BadMode, Mode};
pub use name::{FileNumbers, Name};
pub use network::Network;
pub use oob::Oob;
pub use operation::Operation;
pub use port::Port;
pub use port_statistics::PortStatistics;
pub use producer::Producer;
pub use received::{Content, Kind, Received};
pub use receiver::Receiver;
pub use record::{Record, RecordContent, Records};
pub use record_batch::RecordBatch;
pub use record_port::RecordPort;
pub use rustix::io::Errno;
pub use rustix::net::{RecvFlags, SendFlags, Shutdown};
pub use sender::Sender;
pub use sequence::{Gap, Origin, Sequence, Sequenced};
pub use table::{network, networks, parse as parse_table, unescape, Entry, TableError, TABLE_PATH};
pub use text::{is_unsafe, Shown};
