// SPDX-License-Identifier: GPL-2.0

//! `rust/netdev.rs`: there are no devices here.

use crate::{
    abi::errno::Errno,
    rust::{
        fs::path::FileNumbers,
        glue::ring_memory::RingMemory,
        net::{
            namespace::Namespace,
            socket::{Sock, SockRef},
        },
        task::current as task,
    },
};
use kernel::prelude::*;
use std::sync::Mutex;

pub(crate) const NAME_LEN: usize = 16;

pub(crate) struct DeviceName;

impl DeviceName {
    pub(crate) fn parse(_given: &[u8]) -> Result<Self> {
        Ok(Self)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Member,
    Observer,
    RawObserver,
}

#[derive(Clone, Copy)]
pub(crate) struct ShownDevice;

/// A device that keeps what it is handed. Requests make none.
#[derive(Default)]
pub(crate) struct NetDevice {
    packets: Mutex<Vec<Vec<u8>>>,
    wakes: Mutex<u32>,
}

impl NetDevice {
    pub(crate) fn tap<T>(
        _sock: &Sock<T>,
        _name: &DeviceName,
        _file: &FileNumbers,
        _frame_max: u32,
        _purpose: Use,
    ) -> Result<Self> {
        Err(Errno::OPNOTSUPP.into())
    }

    pub(crate) fn grab<T>(
        _sock: &Sock<T>,
        _name: &DeviceName,
        _file: &FileNumbers,
    ) -> Result<Self> {
        Err(Errno::OPNOTSUPP.into())
    }

    pub(crate) fn release(self) {}

    pub(crate) fn schedule(&self) {}

    pub(crate) fn has_room(&self) -> bool {
        true
    }

    pub(crate) fn packet(
        &self,
        _len: usize,
        fill: impl FnOnce(&mut Packet) -> bool,
    ) -> Option<Packet> {
        let mut packet = Packet(Vec::new());
        fill(&mut packet);
        Some(packet)
    }

    pub(crate) fn send(&self, packet: Packet) -> bool {
        self.packets.lock().unwrap().push(packet.0);
        true
    }

    pub(crate) fn count_drops(&self, _count: u64) {}

    pub(crate) fn count_unsent(&self) {}

    pub(crate) fn wake(&self) {
        *self.wakes.lock().unwrap() += 1;
    }

    /// How often it was told that there is room.
    pub(crate) fn wakes(&self) -> u32 {
        *self.wakes.lock().unwrap()
    }

    pub(crate) fn carrier_off(&self) {}

    pub(crate) fn set_port(&self, _number: u32) {}

    pub(crate) fn name(&self) -> [u8; NAME_LEN] {
        [0; NAME_LEN]
    }

    pub(crate) fn shown(&self, _to: Namespace) -> Option<ShownDevice> {
        None
    }

    pub(crate) fn interface(&self) -> Option<Interface> {
        None
    }

    /// What it was handed.
    pub(crate) fn packets(&self) -> Vec<Vec<u8>> {
        self.packets.lock().unwrap().clone()
    }
}

pub(crate) struct Packet(Vec<u8>);

impl Packet {
    pub(crate) fn add(&mut self, memory: &RingMemory, at: u32, len: usize) -> bool {
        self.0.extend(memory.read(at, len));
        true
    }
}

pub(crate) enum Interface {}

impl Interface {
    pub(crate) fn set_address(&self, _address: &[u8; 16]) -> Result {
        match *self {}
    }
}

/// The turn of a device's NAPI.
pub(crate) struct Turn<'a, T>(&'a Sock<T>, NetDevice);

impl<'a, T> Turn<'a, T> {
    pub(crate) fn new(sock: &'a Sock<T>) -> Self {
        Self(sock, NetDevice::default())
    }

    pub(crate) fn sock(&self) -> &'a Sock<T> {
        self.0
    }

    pub(crate) fn device(&self) -> &NetDevice {
        &self.1
    }
}

pub(crate) fn await_turns() {
    task::with(|task| task.turns.set(task.turns.get() + 1));
}

pub(crate) fn find<T>(_sock: &Sock<T>, _name: &DeviceName) -> Option<SockRef<T>> {
    None
}

pub(crate) fn show<T>(_sock: &Sock<T>, _name: &DeviceName) {}

pub(crate) fn may_change_devices<T>(_sock: &Sock<T>) -> bool {
    false
}
