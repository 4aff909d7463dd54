// SPDX-License-Identifier: GPL-2.0

//! The members of a network: `src/network/members.rs`.

use crate::{
    endpoint::Endpoint,
    ring::{
        port::{Flag, Port},
        tally::Tally,
    },
    rust::sync::atomic::full_barrier,
    src::network::port_set::PortSet,
};
use std::sync::Arc;

#[derive(Clone, Copy)]
pub(crate) enum Event {
    Message,
    Room,
}

pub(crate) struct Members {
    ports: Vec<Option<Arc<Endpoint>>>,
    message_sleepers: PortSet<Vec<u64>>,
    room_sleepers: PortSet<Vec<u64>>,
    untold: u32,
    untold_ports: PortSet<Vec<u64>>,
    pub(crate) tally: Tally<Vec<u32>>,
    /// Each port has a ring of its own.
    pub(crate) forwards: bool,
    pub(crate) managers: Vec<Arc<Endpoint>>,
    /// Who sent what, in the order of publication: what a reader must find.
    pub(crate) log: Vec<(u32, u64)>,
}

impl Members {
    pub(crate) fn new(ports: &[Arc<Endpoint>]) -> Self {
        let words = || vec![0; PortSet::<Vec<u64>>::words(ports.len() as u32)];
        let mut members = Self {
            ports: Vec::new(),
            message_sleepers: PortSet::new(words()),
            room_sleepers: PortSet::new(words()),
            untold: 0,
            untold_ports: PortSet::new(words()),
            tally: Tally::new(vec![0; Tally::<Vec<u32>>::numbers(ports.len() as u32)]),
            forwards: ports.iter().any(|sock| !sock.shares),
            managers: Vec::new(),
            log: Vec::new(),
        };
        ports.iter().for_each(|sock| members.put(sock.clone()));
        members
    }

    fn put(&mut self, sock: Arc<Endpoint>) {
        sock.port.awaits_message.raise();
        self.message_sleepers.insert(sock.number);
        self.ports.push(Some(sock));
    }

    pub(crate) fn len(&self) -> u32 {
        self.ports.len() as u32
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Endpoint>> {
        self.ports.iter().flatten()
    }

    pub(crate) fn get(&self, number: u32) -> Option<&Arc<Endpoint>> {
        self.ports.get(number as usize).and_then(Option::as_ref)
    }

    pub(crate) fn take(&mut self, number: u32) -> Option<Arc<Endpoint>> {
        let gone = self.ports.get_mut(number as usize).and_then(Option::take)?;
        for event in [Event::Message, Event::Room] {
            event.flag(&gone.port).lower();
            self.sleepers(event).remove(number);
        }
        Some(gone)
    }

    pub(crate) fn add_untold(&mut self, targets: &[u32]) -> u32 {
        for &port in targets {
            self.untold_ports.insert(port);
        }
        self.untold += 1;
        self.untold
    }

    pub(crate) fn has_untold(&self) -> bool {
        self.untold != 0
    }

    pub(crate) fn begin_telling(&mut self) {
        self.untold = 0;
    }

    pub(crate) fn next_untold(&mut self, mut from: u32) -> Option<(u32, Arc<Endpoint>)> {
        loop {
            let found = if self.forwards {
                from = self.untold_ports.next(from)?;
                self.untold_ports.remove(from);
                self.sleeper(from, Event::Message)
            } else {
                let (number, sock) = self.next_sleeper(from, Event::Message)?;
                from = number;
                Some(sock)
            };
            match found {
                Some(sock) if sock.has_unread() => return Some((from, sock)),
                _ => from += 1,
            }
        }
    }

    fn sleepers(&mut self, event: Event) -> &mut PortSet<Vec<u64>> {
        match event {
            Event::Message => &mut self.message_sleepers,
            Event::Room => &mut self.room_sleepers,
        }
    }

    pub(crate) fn awaits(&self, event: Event) -> bool {
        match event {
            Event::Message => !self.message_sleepers.is_empty(),
            Event::Room => !self.room_sleepers.is_empty(),
        }
    }

    pub(crate) fn await_event(&mut self, number: u32, event: Event) -> bool {
        let Some(sock) = self.get(number) else {
            return false;
        };
        event.flag(&sock.port).raise();
        self.sleepers(event).insert(number)
    }

    pub(crate) fn next_sleeper(
        &mut self,
        mut from: u32,
        event: Event,
    ) -> Option<(u32, Arc<Endpoint>)> {
        while let Some(number) = self.sleepers(event).next(from) {
            if let Some(sock) = self.sleeper(number, event) {
                return Some((number, sock));
            }
            from = number + 1;
        }
        None
    }

    pub(crate) fn sleeper(&mut self, number: u32, event: Event) -> Option<Arc<Endpoint>> {
        let sock = self.get(number)?;
        let flag = event.flag(&sock.port);
        if !flag.is_up() {
            return None;
        }
        let mut sleeps = sock.queue.has_sleeper();
        if !sleeps {
            flag.lower();
            full_barrier();
            sleeps = sock.queue.has_sleeper();
            if sleeps {
                flag.raise();
            }
        }
        if sleeps {
            return Some(sock.clone());
        }
        self.sleepers(event).remove(number);
        None
    }
}

impl Event {
    pub(crate) fn flag(self, port: &Port) -> &Flag {
        match self {
            Self::Message => &port.awaits_message,
            Self::Room => &port.awaits_room,
        }
    }
}
