// SPDX-License-Identifier: GPL-2.0

//! A network: a bus with its ports, its ring, and those who sleep on it.
//!
//! # Lock order
//!
//! 1. [`Endpoint::control`](crate::socket::Endpoint): one call at a time shapes a descriptor.
//! 2. The directory of a name that is being made (VFS); [`Network::resizing`].
//! 3. The network's directory in `/sys/kernel/ipn`: its removal waits for those who are in there.
//! 4. The registry: names, and who uses a network.
//! 5. [`Network::members`]: the ports, and the turn to write to the ring. A spinlock with bottom
//!    halves off: nothing under it sleeps or touches user memory that is not there.
//! 6. [`Lane::flows`](lane::Lane::flows): where a port's messages go; then [`Lane::inbox`](lane::Lane::inbox): the
//!    turn to write to a port's own ring.
//! 7. [`Endpoint::oob`](crate::socket::Endpoint): the port's out-of-band messages; or [`Network::alarm`], under which a
//!    timer is stopped: what that does when it goes off takes no lock of ours.
//!
//! The kernel's lock of all network devices (RTNL) is taken with 1 to 3, and with it only 5 to 7: what
//! else a port's end takes sleeps, and comes after it (`device::end_use`). The lock of a port's device
//! (`device.rs`), and that of who serves it ([`Endpoint::server`](crate::socket::Endpoint)), are taken with none
//! of the spinlocks here, and nothing of ours with them.
//!
//! Two mutexes are leaves below 4: [`Network::path`], and the table of policies
//! (`rust/glue/policy_module.rs`).
//!
//! # No task reaches a port after it is gone
//!
//! A port is part of its socket, and a network's table holds a counted reference to the socket. Who
//! can reach it:
//!
//! - *A call on the descriptor*: the kernel releases a socket after the last call has returned.
//! - *Another port's call* that finds it in the table: it does so under `members`, and what it keeps
//!   afterwards (to wake it) is a reference of its own. `release` takes the socket out of the table
//!   under the same lock, so from then on no task finds it.
//! - *The end of the network* finds a manager without a port in a tree of those, which is kept as the
//!   table is: under `members`, by `bind`, and by whatever gives it a port or closes it.
//! - *A sender along a flow* (`flows.rs`) finds it without the table, by a counted reference, with the lock of its own
//!   lane. Whoever takes a port out of the table has taken it out of all lanes before, and so waited for those.
//! - *A sleeper in `poll`* waits on the socket's queue, which the kernel keeps until its last poller
//!   is gone, and never on anything of the network.
//! - *A device*: it holds a counted reference to the socket. Before that is given back the device has
//!   been taken from its port, no longer sends (a tap is unregistered, a grabbed device has lost its
//!   handler, both waited for), and its reader, a NAPI, has been disabled, which waits for it.
//! - *The end of a system call* in which a wake-up was put off (`rust/task/after_call.rs`): that holds a counted
//!   reference to the caller's socket, and finds others in the table, as any call does.
//!
//! - *A worker* that looks through filtered ports (`wakeup/refused.rs`): it finds them in the table, as
//!   any call does. It holds a counted reference to the network, and the module waits for it when it ends.
//!
//! The network itself lives as long as an endpoint points to it, for each holds a counted
//! reference; its *use* ends when the last of them is released (`registry.rs`), and with it the hold
//! on its name. The table's references and the endpoints' are a cycle that `release` cuts, as
//! it does those of a device's socket and of the one that serves it.
//!
//! # No task is in a network's directory after it is gone
//!
//! The directory has a counted reference to the network. The last user removes it with none of the
//! network's locks held, but perhaps with 1 and 2, and only then takes the network apart
//! (`registry::leave`): a task in there finds it whole, and comes too late afterwards (`ENODEV`).
//!
//! - *Who reads* takes only what is below 4, so the removal waits but for a moment.
//! - *Who writes* ([`crate::sysfs::run_command`]) makes a socket, and has it use the network: until then it
//!   takes nothing but the registry. From then on there is a user, so no task removes the directory, and
//!   the write may take 1 and 2. That socket is closed once the write has returned
//!   (`rust/glue/kernel_socket.rs`), when nobody waits for it any more; so it may be the last user too.
//!
//! Lockdep knows of no users and would take 3 before 1 and 2 for a fault: that file is hidden from it
//! (`rust/glue/sysfs.c`). The `control` of such a socket is taken within a write to a file, that of others
//! around the making of one: they are two classes.
//!
//! The directory's files call into the module. The task that removes it holds the module by a socket, and
//! waits for those calls to return; a write holds the module by its own socket until it has returned.

pub(crate) mod address;
pub(crate) mod alarm;
pub(crate) mod departed;
pub(crate) mod flows;
pub(crate) mod forwarding;
pub(crate) mod history;
pub(crate) mod holder;
pub(crate) mod lane;
pub(crate) mod managers;
pub(crate) mod members;
pub(crate) mod oob;
pub(crate) mod port_set;
mod reliable;
pub(crate) mod rings;
pub(crate) mod seat;
pub(crate) mod shape;
pub(crate) mod window;
pub(crate) mod writing;

use crate::{
    abi::{
        cache_line::CacheLine,
        errno::{Errno, Result},
        uapi::IPN_FLAG_TERMINATED,
    },
    network::{
        address::Address,
        alarm::Alarm,
        departed::{Departed, Search},
        forwarding::Forwarding,
        holder::Holder,
        members::{Delivery, Event, Members, Storage},
        oob::Counts,
        rings::{check_bytes, counted, new_ring, ring_bytes},
        shape::Shape,
        window::Window,
        writing::Writing,
    },
    policy::{Layout, Policy},
    ring::{drops::Drops, port::Port},
    rust::{
        fs::path::{FileNumbers, HeldPath, MAY_EXEC},
        glue::{
            policy_module::{PolicyModule, PolicyState},
            trace,
        },
        mm::allocated,
        net::message::real_time,
        sync::{
            atomic::{AtomicU32, AtomicU64, Counter},
            lock::{new_spinlock_bh, SpinLockBh},
            wait_queue::{new_wait_queue, WaitQueue},
        },
        task::{clock::tick_ns, cred::current_uid, identity::Identity},
    },
};
use kernel::{
    impl_has_hr_timer,
    prelude::*,
    sync::{new_mutex, Arc, Mutex},
    time::{
        hrtimer::{HrTimer, RelativeMode},
        Monotonic,
    },
    workqueue::{impl_has_work, new_work, Work},
};

/// A bus, whose ports sockets of type `H` hold. What is done with it is in the layers above: waking
/// (`wakeup`), sending (`delivery`), taking ports and ending (`membership`).
///
/// What every message looks at and few change comes first; what senders write, and what readers
/// write, is in cache lines of its own.
#[pin_data]
#[repr(C)]
pub(crate) struct Network<H> {
    /// What it was made of.
    pub(crate) shape: Shape,
    /// Number of its policy.
    pub(crate) protocol: u32,
    /// Its name when it was made.
    pub(crate) address: Address,
    /// Number of its file as long as it is in use; see [`HeldPath::identity`].
    pub(crate) identity: usize,
    /// Numbers of its file that others know it by.
    pub(crate) file: FileNumbers,
    /// The real user who made it, as the initial user namespace knows it.
    pub(crate) maker: u32,
    /// Its file, as long as it is in use.
    #[pin]
    pub(crate) path: Mutex<Option<HeldPath>>,
    /// Which rings there are.
    pub(crate) layout: Layout,
    /// Messages of any length that a ring holds.
    pub(crate) pool: u32,
    /// Not 0 while a sender waits for room; written under `members`, read without.
    pub(crate) awaiting_room: AtomicU32,
    /// Not 0 once a port has asked for time stamps.
    pub(crate) stamped: AtomicU32,
    /// Not 0 once it has ended; written under `members`, read without.
    pub(crate) terminated: AtomicU32,
    /// Not 0 if it has ended, or is about to, as its one writer wrote what can not be.
    pub(crate) spoilt: AtomicU32,
    /// One change of the number of ports at a time.
    #[pin]
    pub(crate) resizing: Mutex<()>,
    /// Threads that sleep in `send` until there is room.
    #[pin]
    pub(crate) room_queue: WaitQueue,
    /// Looks for room where filters may make some: `wakeup/refused.rs`.
    #[pin]
    worker: Work<Self>,
    /// Of a reliable bus, how long a message stays.
    pub(crate) window: Option<Window>,
    /// Has the worker look when who waits may go on, though no reader does.
    #[pin]
    timer: HrTimer<Self>,
    /// When that is.
    #[pin]
    alarm: Alarm<Self>,
    by_readers: CacheLine,
    /// Counts the times that a reader of a full ring has made room.
    pub(crate) room_made: AtomicU64,
    /// Messages that readers lost.
    pub(crate) dropped: AtomicU64,
    /// When a loss was told last, in monotonic milliseconds.
    pub(crate) loss_told: Counter,
    /// Messages that were dropped for other reasons than a slow reader or a filter.
    pub(crate) drops: Drops,
    /// Ports that were evicted.
    pub(crate) evicted: Counter,
    by_senders: CacheLine,
    /// A lower bound of all readers' positions; written under `members`.
    pub(crate) slowest: AtomicU64,
    /// The ports, and the turn to send.
    #[pin]
    pub(crate) members: SpinLockBh<Members<H>>,
}

impl_has_work! {
    impl{H: Holder} HasWork<Self> for Network<H> { self.worker }
}

impl_has_hr_timer! {
    impl{H} HasHrTimer<Self> for Network<H> {
        mode: RelativeMode<Monotonic>, field: self.timer
    }
}

impl<H> Network<H> {
    // Who writes for every message, and who only looks, do not share a line. What stands for the kernel
    // on the host has other sizes.
    #[cfg(MODULE)]
    const LINES_ARE_APART: () = {
        macro_rules! line_of {
            ($structure:ty, $field:ident) => {
                core::mem::offset_of!($structure, $field) / align_of::<CacheLine>()
            };
        }
        let readers = line_of!(Self, room_made);
        let senders = line_of!(Self, slowest);
        assert!(readers == line_of!(Self, dropped) && readers < senders);
        assert!(senders <= line_of!(Self, members));
        macro_rules! for_all {
            ($($field:ident)*) => { $(assert!(line_of!(Self, $field) < readers);)* };
        }
        for_all!(shape layout pool awaiting_room stamped terminated);
        let looked_at = line_of!(Port, awaits_message);
        assert!(line_of!(Port, cursor) < looked_at && looked_at < line_of!(Port, sent));
        assert!(looked_at == line_of!(Port, awaits_room) && looked_at == line_of!(Port, left));
        assert!(line_of!(Port, sent) == line_of!(Port, received));
        assert!(line_of!(Port, sent) == line_of!(Port, sent_bytes));
        assert!(line_of!(Port, sent) == line_of!(Port, received_bytes));
    };
}

/// What a network is made of, before it has a name: the most of its memory, which may take long to be had.
pub(crate) struct Parts<H> {
    shape: Shape,
    protocol: u32,
    layout: Layout,
    members: Members<H>,
}

impl<H: Holder> Parts<H> {
    /// Takes memory that the caller is charged with.
    ///
    /// No memory: `ENOMEM`, `ENOBUFS` for the ring; rings larger than the caller may have: `ENOBUFS`.
    pub(crate) fn new(shape: Shape, policy: Policy) -> kernel::error::Result<Self> {
        let protocol = policy.protocol();
        let layout = match policy.layout() {
            Layout::Shared if shape.has_one_writer() => Layout::Written,
            Layout::Shared if shape.is_reliable() => Layout::Reliable,
            layout => layout,
        };
        // The most of it, before memory is taken.
        check_bytes(ring_bytes::<H>(&shape, layout, shape.ports))?;
        let delivery = match policy {
            Policy::Hub if layout == Layout::Written => {
                Delivery::Written(Writing::new(new_ring(&shape, layout)?))
            }
            Policy::Hub => Delivery::Shared(new_ring(&shape, layout)?),
            Policy::Module(module) => Delivery::PerPort(Forwarding::new(module, &shape)?),
        };
        // Whose messages may be read at the same time.
        let extent = shape.extent();
        let senders = extent.messages.wrapping_sub(extent.ahead);
        let mut places = KVVec::with_capacity(senders as usize, GFP_KERNEL_ACCOUNT)?;
        for _ in 0..senders {
            places.push_within_capacity(None).map_err(|_| ENOMEM)?;
        }
        let departed = Departed::new(places);
        let storage = Storage::new(shape.ports, shape.is_reliable())?;
        let members = Members::new(storage, departed, delivery);
        Ok(Self {
            shape,
            protocol,
            layout,
            members,
        })
    }
}

/// What a network tells of itself.
pub(crate) struct Figures {
    /// Number of ports.
    pub(crate) ports: u32,
    /// Ports that are taken.
    pub(crate) used: u32,
    /// Readers and writers.
    pub(crate) counts: Counts,
    /// Messages sent.
    pub(crate) sent: u64,
    /// Bytes of those.
    pub(crate) sent_bytes: u64,
    /// Messages that readers lost, or that a policy made too long for them.
    pub(crate) dropped: u64,
}

impl<H: Holder> Network<H> {
    /// A network with a name. No memory: `ENOMEM`.
    pub(crate) fn new(
        parts: Parts<H>,
        address: Address,
        path: HeldPath,
    ) -> kernel::error::Result<Arc<Self>> {
        #[cfg(MODULE)]
        let () = Self::LINES_ARE_APART;
        let file = path.numbers()?;
        let Parts {
            shape,
            protocol,
            layout,
            members,
        } = parts;
        let window = Window::of(&shape, tick_ns());
        Arc::pin_init(
            pin_init!(Self {
                shape,
                protocol,
                address,
                identity: path.identity(),
                file,
                maker: current_uid(),
                path <- new_mutex!(Some(path), "ipn_network::path"),
                layout,
                pool: shape.pool(),
                awaiting_room: AtomicU32::new(0),
                stamped: AtomicU32::new(0),
                terminated: AtomicU32::new(0),
                spoilt: AtomicU32::new(0),
                resizing <- new_mutex!((), "ipn_network::resizing"),
                room_queue <- new_wait_queue!("ipn_network::room_queue"),
                worker <- new_work!("ipn_network::worker"),
                window,
                timer <- HrTimer::new(),
                alarm <- Alarm::new(),
                by_readers: CacheLine,
                room_made: AtomicU64::new(0),
                dropped: AtomicU64::new(0),
                loss_told: Counter::new(0),
                drops: Drops::new(),
                evicted: Counter::new(0),
                by_senders: CacheLine,
                slowest: AtomicU64::new(0),
                members <- new_spinlock_bh!(members, "ipn_network::members"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// What it is made of now.
    pub(crate) fn shape(&self) -> Shape {
        let mut shape = self.shape;
        shape.ports = self.members.lock().len();
        if self.is_terminated() {
            shape.flags |= IPN_FLAG_TERMINATED;
        }
        shape
    }

    /// Longest message.
    pub(crate) fn mtu(&self) -> usize {
        self.shape.mtu as usize
    }

    /// The time stamp of a message that is being sent: the time if anybody cares.
    pub(crate) fn stamp(&self) -> u64 {
        if self.stamped.load() != 0 {
            real_time()
        } else {
            0
        }
    }

    /// Whether a sender waits for the slowest reader.
    pub(crate) fn is_lossless(&self) -> bool {
        self.shape.is_lossless()
    }

    /// Whether it is a reliable bus.
    #[inline]
    pub(crate) fn is_reliable(&self) -> bool {
        self.shape.is_reliable()
    }

    /// Whether a sender waits, if only for the window.
    #[inline]
    pub(crate) fn waits(&self) -> bool {
        self.shape.waits()
    }

    /// Whether only its creator may manage it.
    pub(crate) fn is_exclusive(&self) -> bool {
        self.shape.is_exclusive()
    }

    /// Whether it has ended.
    pub(crate) fn is_terminated(&self) -> bool {
        self.terminated.load_acquire() != 0
    }

    /// Whether the caller may manage it by its file, as one who binds to it. Not: `EACCES`; it is no
    /// longer in use: `EADDRNOTAVAIL`.
    pub(crate) fn may_manage(&self) -> kernel::error::Result {
        // A file system may take its time, so it is asked without the lock.
        let path = self.path.lock().clone();
        path.ok_or(Errno::ADDRNOTAVAIL)?.permission(MAY_EXEC)
    }

    /// What it tells of itself.
    pub(crate) fn figures(&self) -> Figures {
        let mut members = self.members.lock();
        members.forget_flows();
        let (sent, sent_bytes, too_long) = match &members.delivery {
            Delivery::Shared(ring) => {
                let sent = ring.published().wrapping_sub(members.tally.voids());
                (sent, members.sent_bytes, 0)
            }
            Delivery::Written(writing) => (writing.ring.seen(), 0, 0),
            Delivery::PerPort(forwarding) => {
                (forwarding.sent, forwarding.sent_bytes, forwarding.too_long)
            }
            Delivery::Retired => (0, 0, 0),
        };
        Figures {
            ports: members.len(),
            used: members.used(),
            counts: members.counts(),
            sent,
            sent_bytes,
            dropped: self.dropped.load().wrapping_add(too_long),
        }
    }

    /// Who held port `port` when it sent message `message` of the network, and to before which message it was
    /// held. Who left long ago is not known any more.
    pub(crate) fn sender(&self, port: u32, message: u64) -> Option<Sender> {
        let mut from = None;
        loop {
            let members = self.members.lock();
            let held = members.get(port).and_then(|sock| sock.held());
            if let Some((who, _)) = held.filter(|(_, first)| *first <= message) {
                let (who, end) = (who.clone(), u64::MAX);
                return Some(Sender { port, who, end });
            }
            match members.departed.search(port, message, from) {
                Search::Found(held) => {
                    let (who, end) = (held.who.clone(), held.end);
                    return Some(Sender { port, who, end });
                }
                Search::GoOn(next) => from = Some(next),
                Search::Unknown => return None,
            }
        }
    }

    /// So many messages of port `number`, or for it, were dropped for a reason (`IPN_DROP_*`) that is neither
    /// a slow reader nor a filter. It may be called anywhere.
    #[cold]
    pub(crate) fn drop_messages(&self, port: &Port, number: u32, count: u64, reason: u32) {
        port.drops.add(count, reason);
        self.drops.add(count, reason);
        trace::dropped(&self.file, number, count, reason);
    }

    /// Frees what the policy keeps of the network, once no socket uses it any more.
    pub(crate) fn retire(&self) {
        let delivery = core::mem::replace(&mut self.members.lock().delivery, Delivery::Retired);
        // A policy may sleep when it frees its state.
        drop(delivery);
        self.alarm.end();
    }

    /// Calls the policy's own code, under the lock.
    pub(crate) fn with_policy<R>(
        &self,
        call: impl FnOnce(&mut PolicyState) -> kernel::error::Result<R>,
    ) -> kernel::error::Result<R> {
        let mut members = self.members.lock();
        members.forget_flows();
        match &mut members.delivery {
            Delivery::PerPort(forwarding) => call(&mut forwarding.policy),
            Delivery::Shared(_) | Delivery::Written(_) | Delivery::Retired => {
                Err(Errno::NOPROTOOPT.into())
            }
        }
    }

    /// Bytes that it takes with all its ports taken. More than the caller may have of one network:
    /// `ENOBUFS`.
    pub(crate) fn checked_bytes(&self) -> Result<u64> {
        let bytes = self.bytes();
        check_bytes(bytes).map(|()| bytes)
    }

    /// The same, whatever the caller may have.
    pub(crate) fn bytes(&self) -> u64 {
        let members = self.members.lock();
        let shape = Shape {
            ports: members.len(),
            ..self.shape
        };
        own_bytes::<H>()
            .saturating_add(ring_bytes::<H>(
                &shape,
                self.layout,
                members.sequences.ports(),
            ))
            .saturating_add(members.bytes())
    }

    /// The module of its policy. The hub: `EPROTONOSUPPORT`.
    pub(crate) fn policy_module(&self) -> Result<PolicyModule> {
        PolicyModule::find(self.protocol).ok_or(Errno::PROTONOSUPPORT)
    }

    /// Shows readers whether a sender waits for room; after every change, under the lock.
    pub(crate) fn count_room_sleepers(&self, members: &Members<H>) {
        let awaited = members.awaits(Event::Room);
        self.awaiting_room.store(awaited.into());
        if let Some(ring) = members.ring_of_all() {
            ring.announce(awaited);
        }
    }
}

/// Who sent a message.
pub(crate) struct Sender {
    /// The number of the port.
    pub(crate) port: u32,
    /// Who held it.
    pub(crate) who: Arc<Identity>,
    /// The message of the network to before which it was held.
    pub(crate) end: u64,
}

/// Bytes of a network's directory in sysfs, and of its entry in the registry.
const ENTRY_BYTES: u64 = 5 << 10;

/// Bytes of a network without its rings and tables.
pub(crate) fn own_bytes<H>() -> u64 {
    allocated::of_size(counted::<Network<H>>()).saturating_add(ENTRY_BYTES)
}
