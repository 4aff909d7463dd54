// SPDX-License-Identifier: GPL-2.0

//! The ports of the switch, and which of them are held.

use core::ops::DerefMut;

use super::port::Port;

/// Where the list of held ports ends.
const END: u16 = u16::MAX;

/// The ports of a switch, numbered from 0, in memory given by its owner. Of more than 65,535 the others
/// cannot be held.
///
/// A flood asks each port that is held and no other: they are linked, so that one among 4,096 numbers
/// costs what it does among 64. Taking or leaving a port links them anew, which may take longer.
///
/// # Invariants
///
/// The ports that are `present` are linked by `next` in ascending order, from `first` to `END`.
pub(super) struct Ports<P> {
    ports: P,
    first: u16,
}

impl<P: DerefMut<Target = [Port]>> Ports<P> {
    /// Ports of which none is held, with the settings of a new switch, whatever the memory holds.
    pub(super) fn new(mut ports: P) -> Self {
        for port in ports.iter_mut() {
            port.present = false;
            port.reset();
        }
        // INVARIANT: none is present.
        Self { ports, first: END }
    }

    /// How many there can be.
    pub(super) fn len(&self) -> u16 {
        u16::try_from(self.ports.len()).unwrap_or(u16::MAX)
    }

    /// A port, held or not.
    pub(super) fn get(&self, port: u16) -> Option<&Port> {
        self.ports.get(usize::from(port))
    }

    /// The same, to change its settings.
    pub(super) fn get_mut(&mut self, port: u16) -> Option<&mut Port> {
        self.ports.get_mut(usize::from(port))
    }

    /// A port that is held.
    pub(super) fn present(&self, port: u16) -> Option<&Port> {
        self.get(port).filter(|port| port.present)
    }

    /// The ports that are held, in ascending order.
    pub(super) fn all_present(&self) -> impl Iterator<Item = (u16, &Port)> {
        let mut next = self.first;
        core::iter::from_fn(move || {
            let (number, port) = (next, self.get(next)?);
            next = port.next;
            Some((number, port))
        })
    }

    /// A port is taken. Returns whether it was there to be taken.
    pub(super) fn join(&mut self, port: u16) -> bool {
        let free = port < END && self.get(port).is_some_and(|port| !port.present);
        if free {
            self.set_present(port, true);
        }
        free
    }

    /// A port is left, if it was held.
    pub(super) fn leave(&mut self, port: u16) {
        self.set_present(port, false);
    }

    /// Takes memory for another number of ports, and gives the old memory back. Ports that are no more are
    /// left; new ones have the settings of a new switch.
    pub(super) fn resize(&mut self, ports: P) -> P {
        let mut fresh = Self::new(ports);
        for (new, old) in fresh.ports.iter_mut().zip(self.ports.iter_mut()) {
            core::mem::swap(new, old);
        }
        fresh.link();
        core::mem::replace(self, fresh).ports
    }

    fn set_present(&mut self, port: u16, present: bool) {
        if let Some(port) = self.get_mut(port).filter(|port| port.present != present) {
            port.present = present;
            self.link();
        }
    }

    /// Links the ports that are held.
    fn link(&mut self) {
        let mut next = END;
        for (number, port) in (0..END).zip(self.ports.iter_mut()).rev() {
            if port.present {
                port.next = next;
                next = number;
            }
        }
        // INVARIANT: each that is present was linked to the next higher one that is.
        self.first = next;
    }
}
