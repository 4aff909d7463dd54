// SPDX-License-Identifier: GPL-2.0

//! The members of a network: its table of ports, and which of them sleep.

use crate::{
    abi::{
        errno::{Errno, Result},
        uapi::IPN_PORTNO_ANY,
    },
    network::{
        departed::{Departed, Held},
        forwarding::{Forwarding, FEW_TARGETS},
        holder::Holder,
        managers::Managers,
        oob::Counts,
        port_set::PortSet,
        writing::Writing,
    },
    policy::targets::Target,
    ring::{
        port::{Flag, Port, RECEIVE_SHUT, SEND_SHUT},
        sequences::Sequences,
        tally::Tally,
        Ring,
    },
    rust::{
        glue::ring_memory::RingMemory, mm::allocated, net::socket::SockRef,
        sync::atomic::full_barrier, task::identity::Identity,
    },
};
use kernel::{prelude::*, sync::Arc};

/// What a task sleeps for.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    /// A message comes.
    Message,
    /// There is room for a message.
    Room,
}

/// Ports that are looked at between two times that others may hold the lock.
const LOOKED_AT: usize = 64;

/// How messages get to ports.
#[allow(
    clippy::large_enum_variant,
    reason = "a network has one, in memory of its own"
)]
pub(crate) enum Delivery {
    /// One ring for all ports: every message to every port but its sender.
    Shared(Arc<Ring<RingMemory>>),
    /// A ring for each port: the policy says which get a message.
    PerPort(Forwarding),
    /// The first, which one port has mapped and writes.
    Written(Writing),
    /// No more: no socket uses the network.
    Retired,
}

/// The ports of a network.
pub(crate) struct Members<H> {
    ports: Table<H>,
    /// Bytes that the table and the sets take.
    storage_bytes: u64,
    used: u32,
    counts: Counts,
    /// Ports whose flag for a message is up.
    message_sleepers: PortSet<KVVec<u64>>,
    /// Ports whose flag for room is up.
    room_sleepers: PortSet<KVVec<u64>>,
    /// Threads that wait for room in `send`, asleep or not: `wakeup::room::Waiting`.
    pub(crate) waiting_senders: u32,
    /// Messages that were sent, and whose sleepers are not woken yet.
    deferred: u32,
    /// Where each port has a ring of its own: ports that such messages went to.
    deferred_ports: PortSet<KVVec<u64>>,
    /// Whose messages the ring of all ports holds, on a lossy network.
    pub(crate) tally: Tally<KVVec<u32>>,
    /// On a reliable bus, which messages of each port were sent, and are gone.
    pub(crate) sequences: Sequences<KVVec<u64>>,
    /// Bytes of all messages that were sent on it.
    pub(crate) sent_bytes: u64,
    /// Ports that were left.
    pub(crate) departed: Departed<History>,
    /// Nothing is sent any more: the network has ended, or is about to.
    pub(crate) ended: bool,
    /// Managers without a port, until the network ends.
    pub(crate) managers: Managers<H>,
    /// How messages get to the ports.
    pub(crate) delivery: Delivery,
}

/// Memory for ports that were left.
pub(crate) type History = KVVec<Option<Held<Arc<Identity>>>>;

/// Ports by number. The length is the number of ports.
type Table<H> = KVVec<Option<SockRef<H>>>;

/// A view of the ports.
pub(crate) struct Ports<'a, H>(&'a Table<H>);

impl<H> Ports<'_, H> {
    /// The holder of a port.
    pub(crate) fn get(&self, number: u32) -> Option<&SockRef<H>> {
        self.0.get(number as usize).and_then(Option::as_ref)
    }
}

/// What a table of some size takes, allocated ahead of a lock or given back after it.
pub(crate) struct Storage<H> {
    ports: Table<H>,
    message_sleepers: KVVec<u64>,
    room_sleepers: KVVec<u64>,
    deferred_ports: KVVec<u64>,
    tally: KVVec<u32>,
    sequences: [KVVec<u64>; 2],
    bytes: u64,
}

impl<H> Storage<H> {
    /// Memory for so many ports, whose messages are numbered or not.
    pub(crate) fn new(ports: u32, numbered: bool) -> kernel::error::Result<Self> {
        let mut table = Table::<H>::with_capacity(ports as usize, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..ports {
            table.push_within_capacity(None).map_err(|_| ENOMEM)?;
        }
        let words = || {
            let len = PortSet::<KVVec<u64>>::words(ports);
            KVVec::from_elem(0, len, GFP_KERNEL_ACCOUNT)
        };
        let (message_sleepers, room_sleepers, deferred_ports) = (words()?, words()?, words()?);
        let tally = KVVec::from_elem(0, Tally::<KVVec<u32>>::numbers(ports), GFP_KERNEL_ACCOUNT)?;
        let numbers = if numbered { ports as usize } else { 0 };
        let numbers = || KVVec::from_elem(0, numbers, GFP_KERNEL_ACCOUNT);
        let sequences = [numbers()?, numbers()?];
        let [sent, gone] = &sequences;
        let bytes = [
            &message_sleepers,
            &room_sleepers,
            &deferred_ports,
            sent,
            gone,
        ]
        .map(allocated::of_vec)
        .into_iter()
        .fold(allocated::of_vec(&table), u64::saturating_add)
        .saturating_add(allocated::of_vec(&tally));
        Ok(Self {
            ports: table,
            message_sleepers,
            room_sleepers,
            deferred_ports,
            tally,
            sequences,
            bytes,
        })
    }

    /// Bytes that it takes.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl<H: Holder> Members<H> {
    /// No member yet.
    pub(crate) fn new(
        storage: Storage<H>,
        departed: Departed<History>,
        delivery: Delivery,
    ) -> Self {
        let [sent, gone] = storage.sequences;
        Self {
            ports: storage.ports,
            storage_bytes: storage.bytes,
            used: 0,
            counts: Counts::default(),
            message_sleepers: PortSet::new(storage.message_sleepers),
            room_sleepers: PortSet::new(storage.room_sleepers),
            waiting_senders: 0,
            deferred: 0,
            deferred_ports: PortSet::new(storage.deferred_ports),
            tally: Tally::new(storage.tally),
            sequences: Sequences::new(sent, gone),
            sent_bytes: 0,
            departed,
            ended: false,
            managers: Managers::new(),
            delivery,
        }
    }

    /// Number of ports.
    pub(crate) fn len(&self) -> u32 {
        self.ports.len() as u32
    }

    /// Bytes that they take, the rings left out.
    pub(crate) fn bytes(&self) -> u64 {
        let forwarding = match &self.delivery {
            Delivery::PerPort(forwarding) => forwarding.bytes(),
            Delivery::Shared(_) | Delivery::Written(_) | Delivery::Retired => 0,
        };
        self.storage_bytes
            .saturating_add(self.departed_bytes())
            .saturating_add(forwarding)
    }

    /// Those of them that another number of ports does not change.
    pub(crate) fn departed_bytes(&self) -> u64 {
        allocated::of_vec(self.departed.places())
    }

    /// Ports that are taken.
    pub(crate) fn used(&self) -> u32 {
        self.used
    }

    /// How many receive and how many send.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Those that are there.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &SockRef<H>> {
        self.ports.iter().flatten()
    }

    /// Which of the 64 numbers from `first` on are taken, a bit for each; none, if all ports come before.
    pub(crate) fn taken(&self, first: u32) -> Option<u64> {
        let ports = self.ports.get(first as usize..)?.chunks(64).next()?;
        let bits = ports.iter().zip(0..).filter(|(port, _)| port.is_some());
        Some(bits.fold(0, |taken, (_, bit)| taken | 1 << bit))
    }

    /// The holder of a port.
    pub(crate) fn get(&self, number: u32) -> Option<&SockRef<H>> {
        self.ports.get(number as usize).and_then(Option::as_ref)
    }

    /// The first port that is taken of the [`LOOKED_AT`] from a number on, if one is, and where to go on; none
    /// if all ports come before.
    pub(crate) fn look_from(&self, first: u32) -> Option<(u32, Option<SockRef<H>>)> {
        let ports = self.ports.get(first as usize..)?.chunks(LOOKED_AT).next()?;
        let found = ports.iter().position(Option::is_some);
        let looked = found.map_or(ports.len(), |at| at.saturating_add(1));
        let holder = found.and_then(|at| ports.get(at)?.clone());
        Some((first.saturating_add(looked as u32), holder))
    }

    /// Number `wanted` if it is free, or the first that is with `IPN_PORTNO_ANY`.
    ///
    /// Taken: `EADDRINUSE`; none free or no such port: `EADDRNOTAVAIL`.
    pub(crate) fn choose(&self, wanted: i32) -> Result<u32> {
        if wanted == IPN_PORTNO_ANY {
            let free = self.ports.iter().position(Option::is_none);
            return free.map(|at| at as u32).ok_or(Errno::ADDRNOTAVAIL);
        }
        let number = u32::try_from(wanted).map_err(|_| Errno::ADDRNOTAVAIL)?;
        match self.ports.get(number as usize) {
            None => Err(Errno::ADDRNOTAVAIL),
            Some(Some(_)) => Err(Errno::ADDRINUSE),
            Some(None) => Ok(number),
        }
    }

    /// Puts a member at a port that was chosen.
    pub(crate) fn put(&mut self, number: u32, sock: SockRef<H>) {
        self.forget_flows();
        if let Some(place) = self.ports.get_mut(number as usize) {
            sock.port().awaits_message.raise();
            let observes = sock.port().observes();
            *place = Some(sock);
            self.message_sleepers.insert(number);
            self.show_sleepers();
            self.used = self.used.saturating_add(1);
            if let Delivery::PerPort(forwarding) = &mut self.delivery {
                forwarding.join(number, observes);
            }
        }
    }

    /// Takes a member out.
    pub(crate) fn take(&mut self, number: u32) -> Option<SockRef<H>> {
        self.forget_flows();
        let gone = self.ports.get_mut(number as usize).and_then(Option::take)?;
        self.used = self.used.saturating_sub(1);
        if let Delivery::PerPort(forwarding) = &mut self.delivery {
            forwarding.leave(number);
        }
        for event in [Event::Message, Event::Room] {
            event.flag(gone.port()).lower();
            self.sleepers(event).remove(number);
        }
        self.show_sleepers();
        Some(gone)
    }

    /// Where messages went is asked anew for each: what ports or the policy are is about to change. And all that
    /// was sent is counted.
    pub(crate) fn forget_flows(&mut self) {
        if let Some((forwarding, ports)) = self.forwarding() {
            forwarding.forget_flows(|port| ports.get(port)?.lane());
        }
    }

    /// The number of the next message of the network.
    pub(crate) fn next_message(&self) -> u64 {
        match &self.delivery {
            Delivery::Shared(ring) => ring.published(),
            Delivery::Written(writing) => writing.ring.published(),
            Delivery::PerPort(forwarding) => forwarding.sent,
            Delivery::Retired => 0,
        }
    }

    /// Notes whose the messages are that the port has sent which `gone` has left, if it has. What is forgotten
    /// for it is to be freed without the lock.
    pub(crate) fn depart(
        &mut self,
        number: u32,
        gone: Option<&SockRef<H>>,
    ) -> Option<Held<Arc<Identity>>> {
        let has_sent = |sock: &&SockRef<H>| sock.port().sent.load() != 0;
        let (who, first) = gone.filter(has_sent)?.held()?;
        let held = Held {
            port: number,
            first,
            end: self.next_message(),
            who: who.clone(),
        };
        self.departed.push(held)
    }

    /// Changes the number of ports; gives the old memory, to be freed without the lock.
    ///
    /// Over a used port: `EADDRINUSE`, and the new memory comes back.
    pub(crate) fn resize(
        &mut self,
        storage: Storage<H>,
        mut fresh: Option<Forwarding>,
    ) -> (Result, (Storage<H>, Option<Forwarding>)) {
        let mut other = storage;
        if self
            .ports
            .iter()
            .skip(other.ports.len())
            .any(Option::is_some)
        {
            return (Err(Errno::ADDRINUSE), (other, fresh));
        }
        self.forget_flows();
        for (to, from) in other.ports.iter_mut().zip(self.ports.iter_mut()) {
            *to = from.take();
        }
        core::mem::swap(&mut self.ports, &mut other.ports);
        core::mem::swap(&mut self.storage_bytes, &mut other.bytes);
        other.message_sleepers = self.message_sleepers.resize(other.message_sleepers);
        other.room_sleepers = self.room_sleepers.resize(other.room_sleepers);
        other.deferred_ports = self.deferred_ports.resize(other.deferred_ports);
        other.tally = self.tally.grow(other.tally);
        let [sent, gone] = other.sequences;
        other.sequences = self.sequences.grow(sent, gone).into();
        if let (Delivery::PerPort(forwarding), Some(fresh)) = (&mut self.delivery, &mut fresh) {
            forwarding.adopt(fresh);
        }
        (Ok(()), (other, fresh))
    }

    /// Counts ports that come or go, and tells those who asked.
    pub(crate) fn change_counts(&mut self, directions: u32, come: bool) {
        let counts = &mut self.counts;
        for (direction, count) in [
            (RECEIVE_SHUT, &mut counts.readers),
            (SEND_SHUT, &mut counts.writers),
        ] {
            if directions & direction != 0 {
                *count = if come {
                    count.saturating_add(1)
                } else {
                    count.saturating_sub(1)
                };
            }
        }
        if directions != 0 {
            let counts = self.counts;
            self.iter().for_each(|sock| sock.tell(counts));
        }
    }

    /// The ring of all ports, if there is one.
    #[inline]
    pub(crate) fn ring_of_all(&self) -> Option<&Arc<Ring<RingMemory>>> {
        match &self.delivery {
            Delivery::Shared(ring) => Some(ring),
            Delivery::Written(writing) => Some(&writing.ring),
            Delivery::PerPort(_) | Delivery::Retired => None,
        }
    }

    /// The ring that one writes, if there is one, and who does.
    pub(crate) fn writing(&mut self) -> Option<&mut Writing> {
        match &mut self.delivery {
            Delivery::Written(writing) => Some(writing),
            _ => None,
        }
    }

    /// Whether port `number` is that writer.
    pub(crate) fn is_writer(&self, number: u32) -> bool {
        match &self.delivery {
            Delivery::Written(writing) => writing.is_writer(number),
            _ => false,
        }
    }

    /// The forwarding and the ports, side by side.
    pub(crate) fn forwarding(&mut self) -> Option<(&mut Forwarding, Ports<'_, H>)> {
        match &mut self.delivery {
            Delivery::PerPort(forwarding) => Some((forwarding, Ports(&self.ports))),
            Delivery::Shared(_) | Delivery::Written(_) | Delivery::Retired => None,
        }
    }

    /// A message was sent whose sleepers are not woken yet. How many such messages there are.
    pub(crate) fn defer(&mut self) -> u32 {
        if let Delivery::PerPort(forwarding) = &self.delivery {
            if forwarding.has_many_targets() {
                // Others among them have nothing to read, and are not woken.
                self.deferred_ports.insert_all(&self.message_sleepers);
            } else {
                for target in forwarding.targets() {
                    self.deferred_ports.insert(target.port);
                }
            }
        }
        self.deferred = self.deferred.saturating_add(1);
        self.deferred
    }

    /// The same of a message that went to one port, which no policy was asked for.
    pub(crate) fn defer_one(&mut self, number: u32) -> u32 {
        self.deferred_ports.insert(number);
        self.deferred = self.deferred.saturating_add(1);
        self.deferred
    }

    /// The same of a message that went to so many ports that all who sleep are looked at.
    pub(crate) fn defer_all(&mut self) {
        self.deferred_ports.insert_all(&self.message_sleepers);
    }

    /// So many messages were sent on a ring of all ports, before another whose sleepers are woken now or later.
    pub(crate) fn defer_more(&mut self, count: u32) {
        self.deferred = self.deferred.saturating_add(count);
    }

    /// Whether there are messages whose sleepers are not woken yet.
    pub(crate) fn has_deferred(&self) -> bool {
        self.deferred != 0
    }

    /// From here on [`Members::next_deferred`] finds those who are to be woken.
    pub(crate) fn begin_flush(&mut self) {
        self.deferred = 0;
    }

    /// The next port from `from` on where a sleeper has something to read, and was not woken for it.
    pub(crate) fn next_deferred(&mut self, mut from: u32) -> Option<(u32, SockRef<H>)> {
        loop {
            let found = if matches!(self.delivery, Delivery::PerPort(_)) {
                from = self.deferred_ports.next(from)?;
                self.deferred_ports.remove(from);
                self.sleeper(from, Event::Message)
            } else {
                let (number, sock) = self.next_sleeper(from, Event::Message)?;
                from = number;
                Some(sock)
            };
            match found {
                Some(sock) if has_unread(&**sock) => return Some((from, sock)),
                _ => from = from.wrapping_add(1),
            }
        }
    }

    /// The next of the few targets of the message just sent, from place `from` in their list on, where
    /// somebody sleeps. `None` also where there are many.
    pub(crate) fn next_target(&mut self, from: u32) -> Option<(u32, SockRef<H>)> {
        let count = self.targets().len() as u32;
        (from..count.min(FEW_TARGETS)).find_map(|place| {
            let target = self.targets().get(place as usize)?.port;
            Some((place, self.sleeper(target, Event::Message)?))
        })
    }

    /// The ports that the message just sent went to, where each has a ring of its own.
    fn targets(&self) -> &[Target] {
        match &self.delivery {
            Delivery::PerPort(forwarding) => forwarding.targets(),
            Delivery::Shared(_) | Delivery::Written(_) | Delivery::Retired => &[],
        }
    }

    fn sleepers(&mut self, event: Event) -> &mut PortSet<KVVec<u64>> {
        match event {
            Event::Message => &mut self.message_sleepers,
            Event::Room => &mut self.room_sleepers,
        }
    }

    /// Whether anybody may sleep for an event.
    #[inline]
    pub(crate) fn awaits(&self, event: Event) -> bool {
        match event {
            Event::Message => !self.message_sleepers.is_empty(),
            Event::Room => !self.room_sleepers.is_empty() || self.waiting_senders != 0,
        }
    }

    /// Has port `number` woken when an event comes; tells whether it was not so before.
    pub(crate) fn await_event(&mut self, number: u32, event: Event) -> bool {
        let Some(sock) = self.get(number) else {
            return false;
        };
        event.flag(sock.port()).raise();
        let is_new = self.sleepers(event).insert(number);
        self.show_sleepers();
        is_new
    }

    /// Tells those who send without the lock whether anybody may sleep until a message comes; after every change. At the
    /// end a writer that has mapped the ring is to ask too.
    pub(crate) fn show_sleepers(&self) {
        if let Some(ring) = self.ring_of_all() {
            ring.set_awaited(self.ended || self.awaits(Event::Message));
        }
    }

    /// The next port from `from` on where somebody sleeps for an event.
    #[inline]
    pub(crate) fn next_sleeper(
        &mut self,
        mut from: u32,
        event: Event,
    ) -> Option<(u32, SockRef<H>)> {
        while let Some(number) = self.sleepers(event).next(from) {
            if let Some(sock) = self.sleeper(number, event) {
                return Some((number, sock));
            }
            from = number.wrapping_add(1);
        }
        None
    }

    /// The holder of port `number`, if somebody sleeps there for an event.
    ///
    /// A port where nobody does any more is forgotten. Whoever comes to sleep joins the socket's queue
    /// first and looks at the flag then; so after the flag is taken down the queue is looked at again.
    #[inline]
    pub(crate) fn sleeper(&mut self, number: u32, event: Event) -> Option<SockRef<H>> {
        let sock = self.get(number)?;
        let flag = event.flag(sock.port());
        if !flag.is_up() {
            return None;
        }
        let mut sleeps = H::sleeps(sock);
        if !sleeps {
            flag.lower();
            full_barrier();
            sleeps = H::sleeps(sock);
            if sleeps {
                flag.raise();
            }
        }
        if sleeps {
            return Some(sock.clone());
        }
        self.sleepers(event).remove(number);
        self.show_sleepers();
        None
    }
}

/// Whether the ring of a port has gone on since it last read.
pub(crate) fn has_unread<H: Holder>(holder: &H) -> bool {
    holder.reader().is_some_and(|reader| reader.has_unread())
}

impl Event {
    /// The flag of a port that says whether it is in the set of sleepers.
    pub(crate) fn flag(self, port: &Port) -> &Flag {
        match self {
            Self::Message => &port.awaits_message,
            Self::Room => &port.awaits_room,
        }
    }
}
