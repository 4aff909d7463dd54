// SPDX-License-Identifier: GPL-2.0

//! `rust/glue/arrival.rs`: packets of devices are bytes.

use crate::abi::errno::{Errno, Result};
use crate::rust::net::{family::Family, message::Payload, socket::Sock};
use std::borrow::Cow;

/// `NAPI_POLL_WEIGHT`.
const PLACES: usize = 64;

/// A packet that comes from a device.
pub(crate) struct Arrival<'a>(Cow<'a, [u8]>);

impl<'a> Arrival<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes.into())
    }
}

impl Payload for Arrival<'_> {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn more_follows(&self) -> bool {
        false
    }

    fn read_atomic(&mut self, to: &mut [u8]) -> bool {
        let room = to.get_mut(..self.0.len());
        room.map(|to| to.copy_from_slice(&self.0)).is_some()
    }

    fn read_part(&mut self, from: usize, to: &mut [u8]) -> bool {
        to.copy_from_slice(&self.0[from..][..to.len()]);
        true
    }
}

/// The packets of a device that wait.
pub(crate) struct Backlog<'a, T: Family>(&'a Sock<T>);

impl<'a, T: Family> Backlog<'a, T> {
    pub(crate) fn of(sock: &'a Sock<T>) -> Self {
        Self(sock)
    }

    pub(crate) fn push(&self, packet: &Arrival<'_>, tried: bool) -> Result {
        let mut backlog = self.0.backlog.lock().unwrap();
        if backlog.len() == PLACES {
            return Err(Errno::AGAIN);
        }
        backlog.push_back(Waiting {
            bytes: packet.0.to_vec(),
            tried,
        });
        Ok(())
    }

    pub(crate) fn take(&self) -> Option<Waiting> {
        self.0.backlog.lock().unwrap().pop_front()
    }

    pub(crate) fn put_back(&self, packet: Waiting) {
        let tried = Waiting {
            tried: true,
            ..packet
        };
        self.0.backlog.lock().unwrap().push_front(tried);
    }
}

/// A packet that has waited.
pub(crate) struct Waiting {
    bytes: Vec<u8>,
    tried: bool,
}

impl Waiting {
    pub(crate) fn was_tried(&self) -> bool {
        self.tried
    }

    pub(crate) fn arrival(&self) -> Arrival<'_> {
        Arrival::new(&self.bytes)
    }
}
