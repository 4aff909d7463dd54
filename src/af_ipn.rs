// SPDX-License-Identifier: GPL-2.0

//! Inter Process Networking: the socket family `AF_IPN`.
//!
//! A network is a bus with a file name. Processes that may open the name join it, and what one
//! sends the others get, as the network's delivery policy decides.
//!
//! Three rings of code: `rust/` wraps what the kernel crate lacks, and is the only place for
//! `unsafe`; the files here are safe logic; and of those, what decides (`ring`, `options`, `rights`,
//! `address`, `oob`, `policy`) takes no kernel types and is tested on the host as well.
//!
//! - [`endpoint`]: a socket; [`control`] and [`transfer`]: its calls
//! - [`network`]: a bus, its ports, the lock order and the proof of teardown; [`registry`]: by name
//! - [`ring`]: the messages; [`policy`]: who gets them; [`port`], [`cursor`], [`reader`]: who reads
//!   them; [`mapping`]: who does so without system calls

#![deny(unsafe_code)]
#![deny(missing_docs)]
#![deny(clippy::undocumented_unsafe_blocks)]
#![deny(unsafe_op_in_unsafe_fn)]

// The wrappers of kernel interfaces.
#[allow(unsafe_code)]
#[path = "../rust/after_call.rs"]
mod after_call;
#[allow(unsafe_code)]
#[path = "../rust/allocated.rs"]
mod allocated;
#[allow(unsafe_code)]
#[path = "../rust/atomic.rs"]
mod atomic;
#[allow(unsafe_code)]
#[path = "../rust/bindings.rs"]
mod bindings;
#[allow(unsafe_code)]
#[path = "../rust/cred.rs"]
mod cred;
#[allow(unsafe_code)]
#[path = "../rust/cursor_page.rs"]
mod cursor_page;
#[allow(unsafe_code)]
#[path = "../rust/family.rs"]
mod family;
#[allow(unsafe_code)]
#[path = "../rust/filter.rs"]
mod filter;
#[allow(unsafe_code)]
#[path = "../rust/global.rs"]
mod global;
#[path = "../rust/errno.rs"]
mod kernel_errno;
#[allow(unsafe_code)]
#[path = "../rust/kernel_socket.rs"]
mod kernel_socket;
#[allow(unsafe_code)]
#[path = "../rust/sysfs.rs"]
mod kernel_sysfs;
#[cfg(CONFIG_KUNIT = "y")]
#[allow(unsafe_code)]
#[path = "../rust/kunit.rs"]
mod kunit;
#[cfg(CONFIG_KUNIT = "y")]
#[allow(unsafe_code)]
#[path = "../rust/kunit_memory.rs"]
mod kunit_memory;
#[allow(unsafe_code)]
#[path = "../rust/lock.rs"]
mod lock;
#[allow(unsafe_code)]
#[path = "../rust/message.rs"]
mod message;
#[allow(unsafe_code)]
#[path = "../rust/mmap.rs"]
mod mmap;
#[allow(unsafe_code)]
#[path = "../rust/netdev.rs"]
mod netdev;
#[allow(unsafe_code)]
#[path = "../rust/packet.rs"]
mod packet;
#[allow(unsafe_code)]
#[path = "../rust/parameters.rs"]
mod parameters;
#[allow(unsafe_code)]
#[path = "../rust/path.rs"]
mod path;
#[allow(unsafe_code)]
#[path = "../rust/policy_module.rs"]
mod policy_module;
#[allow(unsafe_code)]
#[path = "../rust/proc.rs"]
mod proc;
#[allow(unsafe_code)]
#[path = "../rust/ring_memory.rs"]
mod ring_memory;
#[allow(unsafe_code)]
#[path = "../rust/shared_memory.rs"]
mod shared_memory;
#[allow(unsafe_code)]
#[path = "../rust/socket.rs"]
mod socket;
#[allow(unsafe_code)]
#[path = "../rust/sockopt.rs"]
mod sockopt;

// What decides.
mod accounts;
mod address;
mod cache_line;
mod cursor;
mod device_command;
mod errno;
mod frame;
mod oob;
mod options;
mod policy;
mod port_set;
mod rights;
mod ring;
mod tally;
mod targets;
mod text;
mod uapi;

// What acts.
mod control;
mod delivery;
mod device;
mod endpoint;
mod forwarding;
mod listing;
mod managers;
mod mapping;
mod members;
mod network;
mod port;
mod reader;
mod registry;
mod sysfs;
mod transfer;
mod wakeup;

use kernel::prelude::*;

module! {
    type: IpnModule,
    name: "af_ipn",
    authors: ["AF_IPN contributors"],
    description: "Inter Process Networking: a bus between processes",
    license: "GPL",
}

/// What is undone when the module goes, in this order.
struct IpnModule {
    _family: family::Registration<endpoint::Endpoint>,
    _listing: proc::ProcFile<listing::Listing>,
    _devices: netdev::DeviceSupport,
    _directories: kernel_sysfs::Root,
}

impl kernel::Module for IpnModule {
    fn init(module: &'static ThisModule) -> Result<Self> {
        global::init(module);
        policy_module::init(module);
        let listing = proc::ProcFile::new()?;
        let devices = netdev::DeviceSupport::new()?;
        let directories = kernel_sysfs::Root::new()?;
        Ok(Self {
            _devices: devices,
            _family: family::Registration::new(module)?,
            _listing: listing,
            _directories: directories,
        })
    }
}
