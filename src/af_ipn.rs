// SPDX-License-Identifier: GPL-2.0

//! Inter Process Networking: the socket family `AF_IPN`.
//!
//! A network is a bus with a file name. Processes that may open the name join it, and what one
//! sends the others get, as the network's delivery policy decides.
//!
//! Three rings of code: `rust/` wraps what the kernel crate lacks, and is the only place for
//! `unsafe`; the files here are safe logic; and of those, what decides takes no kernel types and is
//! tested on the host as well.
//!
//! - [`ring`]: the messages and who reads them; [`policy`]: who gets them
//! - [`network`]: a bus, its ports, the lock order and the proof of teardown
//! - [`wakeup`], [`delivery`], [`membership`]: who is woken, how a message is sent, who has a port
//! - [`socket`]: a socket; [`registry`]: networks by name; [`device`]: a port that is a network device
//! - [`calls`]: system calls; [`procfs`], [`sysfs`]: files; [`listing`]: who is on which network
//!
//! `Documentation/design.md` has the order of these layers.

#![deny(unsafe_code)]
#![deny(missing_docs)]
#![deny(clippy::undocumented_unsafe_blocks)]
#![deny(unsafe_op_in_unsafe_fn)]
#![deny(
    clippy::panic,
    clippy::unreachable,
    clippy::unwrap_used,
    clippy::expect_used
)]
#![deny(clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![deny(clippy::missing_docs_in_private_items)]

// The wrappers of kernel interfaces.
#[allow(unsafe_code)]
#[path = "../rust/mod.rs"]
mod rust;

mod abi;
mod calls;
mod delivery;
mod device;
mod listing;
mod membership;
mod network;
mod policy;
mod procfs;
mod registry;
mod ring;
mod socket;
mod sysfs;
mod text;
mod wakeup;

use kernel::prelude::*;
use rust::{
    fs::proc,
    glue::{netdev, netlink, sysfs as directories},
    net::registration::Registration,
    task::workers::Workers,
};

module! {
    type: IpnModule,
    name: "af_ipn",
    authors: ["AF_IPN contributors"],
    description: "Inter Process Networking: a bus between processes",
    license: "GPL",
}

/// What is undone when the module goes, in this order.
struct IpnModule {
    /// The family: no new sockets.
    _family: Registration<socket::Endpoint>,
    /// `/proc/net/ipn`.
    _listing: proc::ProcFile<procfs::Listing>,
    /// The netlink family.
    _teller: netlink::Teller,
    /// Notifiers of network devices.
    _devices: netdev::DeviceSupport,
    /// `/sys/kernel/ipn`.
    _directories: directories::Root,
    /// Threads that work for networks.
    _workers: Workers,
}

impl kernel::Module for IpnModule {
    fn init(module: &'static ThisModule) -> Result<Self> {
        let workers = Workers::new()?;
        let listing = proc::ProcFile::new()?;
        let teller = netlink::Teller::new()?;
        let devices = netdev::DeviceSupport::new()?;
        let root = directories::Root::new(&sysfs::files())?;
        Ok(Self {
            _devices: devices,
            _family: Registration::new(module)?,
            _listing: listing,
            _teller: teller,
            _directories: root,
            _workers: workers,
        })
    }
}
