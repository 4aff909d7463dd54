// SPDX-License-Identifier: GPL-2.0

//! The network device that a port is, if it is one.

use crate::{
    ring::port::Flag,
    rust::{
        glue::netdev::NetDevice,
        sync::{
            atomic::AtomicU32,
            lock::{new_spinlock_bh, SpinLockBh},
        },
    },
};
use kernel::prelude::*;

/// A port's device, if it is one.
#[pin_data]
pub(crate) struct DeviceSlot {
    /// Whether it is, or was.
    pub(crate) there: Flag,
    /// It is one that the network has taken, not a tap.
    pub(crate) grabbed: Flag,
    /// It stays when its socket is closed.
    pub(crate) persistent: Flag,
    /// A socket serves it: that of its making, or one that joined it.
    pub(crate) served: Flag,
    /// The port was given back when the device went; the use of the network is not yet.
    pub(crate) leaving: Flag,
    /// Packets that it has sent and that wait to enter the network, or are on their way.
    pub(crate) waiting: AtomicU32,
    /// Nothing is called with this lock that could come back here.
    #[pin]
    pub(crate) device: SpinLockBh<Slot>,
}

/// What there is of a device.
pub(crate) enum Slot {
    /// Not yet.
    Empty,
    /// It is there.
    Device(NetDevice),
    /// It went by itself.
    Gone,
}

impl DeviceSlot {
    /// No device.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            there: Flag::new(),
            grabbed: Flag::new(),
            persistent: Flag::new(),
            served: Flag::new(),
            leaving: Flag::new(),
            waiting: AtomicU32::new(0),
            device <- new_spinlock_bh!(Slot::Empty, "ipn_endpoint::device"),
        })
    }

    /// Whether the port is a device.
    pub(crate) fn is_there(&self) -> bool {
        self.there.is_up()
    }

    /// Does something with the device, if it is there.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&NetDevice) -> R) -> Option<R> {
        match &*self.device.lock() {
            Slot::Device(device) => Some(act(device)),
            Slot::Empty | Slot::Gone => None,
        }
    }

    /// Puts a device there that was just made. It may have gone already: `ENODEV`.
    pub(crate) fn put(&self, device: NetDevice) -> Result {
        let mut slot = self.device.lock();
        if matches!(*slot, Slot::Gone) {
            drop(slot);
            // The device is let go of without the lock.
            drop(device);
            return Err(ENODEV);
        }
        *slot = Slot::Device(device);
        drop(slot);
        self.there.raise();
        self.served.raise();
        Ok(())
    }

    /// Takes the device away, if it is there: whoever does so ends it.
    pub(crate) fn take(&self) -> Option<NetDevice> {
        let mut slot = self.device.lock();
        if !matches!(*slot, Slot::Device(_)) {
            return None;
        }
        match core::mem::replace(&mut *slot, Slot::Empty) {
            Slot::Device(device) => Some(device),
            Slot::Empty | Slot::Gone => None,
        }
    }
}
