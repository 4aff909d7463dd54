// SPDX-License-Identifier: GPL-2.0

//! A network: a bus with its ports, its ring, and those who sleep on it.
//!
//! # Lock order
//!
//! 1. [`Endpoint::control`](crate::endpoint::Endpoint): one call at a time shapes a descriptor.
//! 2. The directory of a name that is being made (VFS).
//! 3. The registry: names, and who uses a network.
//! 4. [`Endpoint::reading`](crate::endpoint::Endpoint): one reader at a time on a port. It may sleep in
//!    a page fault with it.
//! 5. [`Network::members`]: the ports, and the turn to write to the ring. A spinlock with bottom
//!    halves off: nothing under it sleeps or touches user memory that is not there.
//! 6. [`Endpoint::oob`](crate::endpoint::Endpoint): the port's out-of-band messages.
//!
//! # Nobody reaches a port after it is gone
//!
//! A port is part of its socket, and a network's table holds a counted reference to the socket. Who
//! can reach it:
//!
//! - *A call on the descriptor*: the kernel releases a socket after the last call has returned.
//! - *Another port's call* that finds it in the table: it does so under `members`, and what it keeps
//!   afterwards (to wake it) is a reference of its own. `release` takes the socket out of the table
//!   under the same lock, so from then on nobody finds it.
//! - *A sleeper in `poll`* waits on the socket's queue, which the kernel keeps until its last poller
//!   is gone, and never on anything of the network.
//!
//! The network itself lives as long as an endpoint points to it, for each holds a counted
//! reference; its *use* ends when the last of them is released (`registry.rs`), and with it the hold
//! on its name. The table's references and the endpoints' are a cycle that `release` cuts.

use crate::{
    address::Address,
    atomic::{full_barrier, AtomicU32, AtomicU64},
    endpoint::Endpoint,
    errno::{Errno, Result},
    lock::{new_spinlock_bh, SpinLockBh, SpinLockBhGuard},
    message::{real_time, Outgoing},
    oob::Census,
    options::Shape,
    path::HeldPath,
    policy::{Layout, Policy, Route},
    rights::{BOTH_SHUT, RECEIVE_SHUT, SEND_SHUT},
    ring::{Meta, Ring},
    ring_memory::RingMemory,
    socket::SockRef,
    uapi::{IPN_FLAG_TERMINATED, IPN_PORTNO_ANY},
};
use kernel::{
    prelude::*,
    sync::{new_mutex, Arc, Mutex},
};

/// How many sleepers are woken at a time.
const WOKEN_AT_ONCE: usize = 16;

/// A bus.
#[pin_data]
pub(crate) struct Network {
    /// What it was made of.
    shape: Shape,
    /// Who gets what.
    pub(crate) policy: &'static dyn Policy,
    /// The user who made it, and is charged.
    pub(crate) owner: u32,
    /// Its name when it was made.
    pub(crate) address: Address,
    /// Number of its file as long as it is in use; see [`HeldPath::identity`].
    pub(crate) identity: usize,
    /// Its file, as long as it is in use.
    #[pin]
    pub(crate) path: Mutex<Option<HeldPath>>,
    ring: Ring<RingMemory>,
    /// A lower bound of all readers' positions.
    slowest: AtomicU64,
    /// Ports that wait for room; written under `members`.
    awaiting_room: AtomicU32,
    /// Ports that want time stamps; written under `members`.
    pub(crate) stamped: AtomicU32,
    terminated: AtomicU32,
    /// Messages that readers lost.
    dropped: AtomicU64,
    #[pin]
    members: SpinLockBh<Members>,
}

/// The ports of a network.
struct Members {
    /// By number. The length is the number of ports.
    ports: KVVec<Option<SockRef<Endpoint>>>,
    used: u32,
    census: Census,
    /// Ports whose `awaits_message` is up.
    awaiting_message: u32,
}

/// What a network tells of itself.
pub(crate) struct Figures {
    /// Number of ports.
    pub(crate) ports: usize,
    /// Ports that are taken.
    pub(crate) used: u32,
    /// Readers and writers.
    pub(crate) census: Census,
    /// Messages sent.
    pub(crate) sent: u64,
    /// Messages that readers lost.
    pub(crate) dropped: u64,
}

/// What became of an attempt to send.
enum Attempt {
    Sent,
    /// The slowest reader has to read first.
    Full,
    /// The sender's memory is not there just now.
    Fault,
}

/// Sockets that are to be woken once the lock is released.
struct Wakeups([Option<SockRef<Endpoint>>; WOKEN_AT_ONCE]);

impl Network {
    /// A network in memory that its maker is charged with.
    ///
    /// No memory: `ENOMEM`, `ENOBUFS` for the ring.
    pub(crate) fn new(
        shape: Shape,
        policy: &'static dyn Policy,
        owner: u32,
        address: Address,
        path: HeldPath,
    ) -> kernel::error::Result<Arc<Self>> {
        let ring = match policy.layout() {
            Layout::Shared => {
                let memory = RingMemory::new(Ring::<RingMemory>::slots(shape.pool), shape.mtu)?;
                Ring::new(memory, shape.pool)
            }
        };
        let ports = empty_ports(shape.ports)?;
        Arc::pin_init(
            pin_init!(Self {
                shape,
                policy,
                owner,
                address,
                identity: path.identity(),
                path <- new_mutex!(Some(path), "ipn_network::path"),
                ring,
                slowest: AtomicU64::new(0),
                awaiting_room: AtomicU32::new(0),
                stamped: AtomicU32::new(0),
                terminated: AtomicU32::new(0),
                dropped: AtomicU64::new(0),
                members <- new_spinlock_bh!(
                    Members { ports, used: 0, census: Census::default(), awaiting_message: 0 },
                    "ipn_network::members"
                ),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// What it is made of now.
    pub(crate) fn shape(&self) -> Shape {
        let mut shape = self.shape;
        shape.ports = self.members.lock().ports.len() as u32;
        if self.is_terminated() {
            shape.flags |= IPN_FLAG_TERMINATED;
        }
        shape
    }

    /// Longest message.
    pub(crate) fn mtu(&self) -> usize {
        self.shape.mtu as usize
    }

    /// Whether a sender waits for the slowest reader.
    pub(crate) fn is_lossless(&self) -> bool {
        self.shape.is_lossless()
    }

    /// Whether only its creator may manage it.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.shape.is_exclusive()
    }

    /// Its messages.
    pub(crate) fn ring(&self) -> &Ring<RingMemory> {
        &self.ring
    }

    /// Whether it has ended.
    pub(crate) fn is_terminated(&self) -> bool {
        self.terminated.load_acquire() != 0
    }

    /// What it tells of itself.
    pub(crate) fn figures(&self) -> Figures {
        let members = self.members.lock();
        Figures {
            ports: members.ports.len(),
            used: members.used,
            census: members.census,
            sent: self.ring.published(),
            dropped: self.dropped.load(),
        }
    }

    /// Gives `sock` a port: number `wanted`, or the first that is free with `IPN_PORTNO_ANY`.
    ///
    /// Taken: `EADDRINUSE`; none free or no such port: `EADDRNOTAVAIL`; ended: `ECONNREFUSED`.
    pub(crate) fn join(&self, sock: SockRef<Endpoint>, wanted: i32, shut: u32) -> Result<u32> {
        let mut members = self.members.lock();
        if self.is_terminated() {
            return Err(Errno::CONNREFUSED);
        }
        let number = if wanted == IPN_PORTNO_ANY {
            members
                .ports
                .iter()
                .position(Option::is_none)
                .ok_or(Errno::ADDRNOTAVAIL)?
        } else {
            usize::try_from(wanted).map_err(|_| Errno::ADDRNOTAVAIL)?
        };
        match members.ports.get_mut(number) {
            None => return Err(Errno::ADDRNOTAVAIL),
            Some(Some(_)) => return Err(Errno::ADDRINUSE),
            Some(place) => {
                sock.port.set_shut(shut);
                sock.port.cursor.set(self.ring.published());
                if sock.wants_stamp() {
                    self.stamped.add(1);
                }
                *place = Some(sock);
            }
        }
        members.used = members.used.saturating_add(1);
        self.change_census(&mut members, !shut & BOTH_SHUT, true);
        self.wake_told(members);
        Ok(number as u32)
    }

    /// Takes port `number` from its holder. The hold on lossless senders ends.
    pub(crate) fn leave(&self, number: u32) {
        let mut members = self.members.lock();
        let gone = members
            .ports
            .get_mut(number as usize)
            .and_then(Option::take);
        if let Some(sock) = &gone {
            members.used = members.used.saturating_sub(1);
            members.forget_sleeper(&sock.port);
            self.forget_waiter(&sock.port);
            self.change_census(&mut members, !sock.port.shut() & BOTH_SHUT, false);
        }
        self.wake_told(members);
        self.wake_senders();
        // The reference goes when no lock is held.
        drop(gone);
    }

    /// Shuts directions of a port that is in the table.
    pub(crate) fn shut(&self, sock: &SockRef<Endpoint>, directions: u32) {
        let mut members = self.members.lock();
        let newly = directions & !sock.port.shut();
        sock.port.set_shut(directions);
        self.change_census(&mut members, newly, false);
        self.wake_told(members);
        if newly & RECEIVE_SHUT != 0 {
            self.wake_senders();
        }
    }

    /// Counts ports that come or go, and tells those who asked.
    fn change_census(&self, members: &mut Members, directions: u32, come: bool) {
        let census = &mut members.census;
        for (direction, count) in [
            (RECEIVE_SHUT, &mut census.readers),
            (SEND_SHUT, &mut census.writers),
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
            let census = members.census;
            members
                .ports
                .iter()
                .flatten()
                .for_each(|sock| sock.tell(census));
        }
    }

    /// Changes the number of ports. Over a used one: `EADDRINUSE`.
    pub(crate) fn resize(&self, ports: u32) -> kernel::error::Result {
        let mut table = empty_ports(ports)?;
        let mut members = self.members.lock();
        if members
            .ports
            .iter()
            .skip(ports as usize)
            .any(Option::is_some)
        {
            drop(members);
            return Err(Errno::ADDRINUSE.into());
        }
        for (to, from) in table.iter_mut().zip(members.ports.iter_mut()) {
            *to = from.take();
        }
        core::mem::swap(&mut members.ports, &mut table);
        drop(members);
        // The old table is freed here, where no lock is held.
        drop(table);
        Ok(())
    }

    /// Ends the network: nobody can send any more, and readers find the end when they come to it.
    pub(crate) fn terminate(&self) {
        let members = self.members.lock();
        self.terminated.store_release(1);
        self.wake_each(members, |_, _| true, |sock| sock.wake_all());
    }

    /// Sends a message of port `number`, which `sock` holds; waits where it must, and may.
    ///
    /// The errors of `send(2)` on this family, but those of the port itself.
    pub(crate) fn send(
        &self,
        sock: &SockRef<Endpoint>,
        number: u32,
        message: &mut Outgoing<'_>,
    ) -> kernel::error::Result {
        let mut fetched = None;
        let mut timeout = sock.send_timeout(message.flags().dont_wait());
        loop {
            match self.attempt(sock, number, message, fetched.as_deref())? {
                Attempt::Sent => return Ok(()),
                Attempt::Fault => fetched = Some(message.fetch()?),
                Attempt::Full if timeout == 0 => return Err(EAGAIN),
                Attempt::Full => sock.wait(&mut timeout, || {
                    !sock.port.sends() || self.is_terminated() || self.room(Some(sock))
                })?,
            }
        }
    }

    /// One turn at the ring.
    fn attempt(
        &self,
        sock: &SockRef<Endpoint>,
        number: u32,
        message: &mut Outgoing<'_>,
        fetched: Option<&[u8]>,
    ) -> Result<Attempt> {
        let members = self.members.lock();
        if self.is_terminated() || !sock.port.sends() {
            return Err(Errno::PIPE);
        }
        let Route::All = self.policy.route(number);
        if self.is_lossless() && !self.has_room(&members) {
            return Ok(Attempt::Full);
        }
        let claim = self.ring.reserve();
        let memory = self.ring.memory();
        match fetched {
            Some(bytes) => memory.fill_from(claim.slot, bytes),
            None if memory.fill(claim.slot, message) => {}
            None => return Ok(Attempt::Fault),
        }
        let stamp = if self.stamped.load() != 0 {
            real_time()
        } else {
            0
        };
        let meta = Meta {
            len: message.len() as u32,
            from: number,
            stamp,
        };
        self.ring.publish(claim, meta);

        let port = &sock.port;
        port.sent.store(port.sent.load().wrapping_add(1));
        if port.cursor.pass(claim.number) {
            port.own_passed.add(1);
        }
        if members.awaiting_message != 0 {
            self.wake_receivers(members);
        }
        Ok(Attempt::Sent)
    }

    /// Whether the slowest reader leaves room for one more message. Under the lock the answer stays.
    fn has_room(&self, members: &Members) -> bool {
        if self.ring.has_room(self.slowest.load()) {
            return true;
        }
        let published = self.ring.published();
        let slowest = members
            .ports
            .iter()
            .flatten()
            .filter(|sock| sock.port.receives())
            .map(|sock| sock.port.cursor.position())
            .min()
            .unwrap_or(published);
        self.slowest.store(slowest);
        self.ring.has_room(slowest)
    }

    /// Whether a message could be sent now. When not, `waiter` is woken once it can.
    pub(crate) fn room(&self, waiter: Option<&SockRef<Endpoint>>) -> bool {
        if !self.is_lossless() || self.ring.has_room(self.slowest.load()) {
            return true;
        }
        let members = self.members.lock();
        if let Some(sock) = waiter {
            if sock.port.awaits_room.raise() {
                self.awaiting_room.add(1);
            }
            // A reader moves on, then looks whether anybody waits; so the other way round here.
            full_barrier();
        }
        self.has_room(&members)
    }

    /// A reader has gone on from message `number`: wakes senders if that may have made room.
    #[inline]
    pub(crate) fn read_past(&self, number: u64) {
        if self.is_lossless() {
            full_barrier();
            if self.awaiting_room.load() != 0 && !self.ring.has_room(number) {
                self.wake_senders();
            }
        }
    }

    /// Has `sock` woken when a message comes.
    pub(crate) fn await_message(&self, sock: &SockRef<Endpoint>) {
        if !sock.port.awaits_message.is_up() {
            let mut members = self.members.lock();
            if sock.port.awaits_message.raise() {
                members.awaiting_message = members.awaiting_message.saturating_add(1);
            }
        }
    }

    /// The reader of port `number` was lapped: moves it to the oldest message that is left.
    ///
    /// Returns how many it lost, its own messages not counted.
    pub(crate) fn catch_up(&self, sock: &SockRef<Endpoint>, number: u32) -> u64 {
        let _writers_wait = self.members.lock();
        let port = &sock.port;
        let position = port.cursor.position();
        let oldest = self.ring.oldest(self.ring.published());
        if oldest <= position {
            return 0;
        }
        // Its own among them: those it has not gone past, but for those that still can be read.
        let own = port.sent.load().wrapping_sub(port.own_passed.load());
        let own_lost = match own {
            0 => 0,
            own => own.saturating_sub(self.ring.count_from(number)),
        };
        port.own_passed.add(own_lost);
        port.cursor.set(oldest);
        let lost = oldest.wrapping_sub(position).saturating_sub(own_lost);
        self.dropped.add(lost);
        lost
    }

    /// Wakes the ports that wait for a message.
    fn wake_receivers(&self, members: SpinLockBhGuard<'_, Members>) {
        self.wake_each(members, Self::still_awaits_message, |sock| {
            sock.wake_receivers()
        });
    }

    /// Wakes the ports that wait for a message and were told something out of band.
    fn wake_told(&self, members: SpinLockBhGuard<'_, Members>) {
        if members.awaiting_message != 0 {
            let told = |members: &mut Members, sock: &SockRef<Endpoint>| {
                sock.was_told() && Self::still_awaits_message(members, sock)
            };
            self.wake_each(members, told, |sock| sock.wake_receivers());
        }
    }

    /// Wakes the ports that wait for room, if there is some.
    fn wake_senders(&self) {
        let members = self.members.lock();
        if self.awaiting_room.load() != 0 && self.has_room(&members) {
            let waits = |_: &mut Members, sock: &SockRef<Endpoint>| {
                if sock.port.awaits_room.is_up() && !sock.has_sleeper() {
                    self.forget_waiter(&sock.port);
                    full_barrier();
                    if sock.has_sleeper() && sock.port.awaits_room.raise() {
                        self.awaiting_room.add(1);
                    }
                }
                sock.port.awaits_room.is_up()
            };
            self.wake_each(members, waits, |sock| sock.wake_senders());
        }
    }

    /// Whether somebody sleeps on `sock` until a message comes.
    ///
    /// Where nobody does any more, the flag is taken down. Whoever comes to sleep joins the queue
    /// first and looks at the flag then; so after taking it down the queue is looked at again.
    fn still_awaits_message(members: &mut Members, sock: &SockRef<Endpoint>) -> bool {
        if sock.port.awaits_message.is_up() && !sock.has_sleeper() {
            members.forget_sleeper(&sock.port);
            full_barrier();
            if sock.has_sleeper() && sock.port.awaits_message.raise() {
                members.awaiting_message = members.awaiting_message.saturating_add(1);
            }
        }
        sock.port.awaits_message.is_up()
    }

    fn forget_waiter(&self, port: &crate::port::Port) {
        if port.awaits_room.lower() {
            self.awaiting_room.add(1u32.wrapping_neg());
        }
    }

    /// Calls `wake` for the ports that `chosen` picks, without the lock.
    fn wake_each<'a>(
        &'a self,
        mut members: SpinLockBhGuard<'a, Members>,
        mut chosen: impl FnMut(&mut Members, &SockRef<Endpoint>) -> bool,
        wake: impl Fn(&SockRef<Endpoint>),
    ) {
        let mut next = 0;
        loop {
            let mut wakeups = Wakeups([const { None }; WOKEN_AT_ONCE]);
            let mut places = wakeups.0.iter_mut();
            let mut place = places.next();
            while let Some(empty) = place.as_mut() {
                let Some(entry) = members.ports.get(next) else {
                    break;
                };
                next += 1;
                if let Some(sock) = entry.clone() {
                    if chosen(&mut members, &sock) {
                        **empty = Some(sock);
                        place = places.next();
                    } else {
                        // The table holds another reference: this one is not the last.
                        drop(sock);
                    }
                }
            }
            let done = next >= members.ports.len();
            drop(members);
            wakeups.0.iter().flatten().for_each(&wake);
            if done {
                return;
            }
            members = self.members.lock();
        }
    }
}

impl Members {
    fn forget_sleeper(&mut self, port: &crate::port::Port) {
        if port.awaits_message.lower() {
            self.awaiting_message = self.awaiting_message.saturating_sub(1);
        }
    }
}

/// A table of ports that nobody has taken.
fn empty_ports(ports: u32) -> kernel::error::Result<KVVec<Option<SockRef<Endpoint>>>> {
    let mut table = KVVec::with_capacity(ports as usize, GFP_KERNEL_ACCOUNT)?;
    for _ in 0..ports {
        table.push_within_capacity(None).map_err(|_| ENOMEM)?;
    }
    Ok(table)
}
