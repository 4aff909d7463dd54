// SPDX-License-Identifier: GPL-2.0

//! What a network keeps whose policy chooses the ports that get a message, each with a ring of its own.

use crate::{
    network::{lane::Lane, port_set::PortSet, shape::Shape},
    policy::targets::Target,
    rust::{
        glue::policy_module::{PolicyModule, PolicyState, Targets},
        mm::allocated,
        net::message::Payload,
    },
};
use core::num::NonZeroU32;
use kernel::prelude::*;

/// Of so many targets each is looked at whether it sleeps; of more, each that sleeps whether it is one.
pub(crate) const FEW_TARGETS: u32 = 16;

/// What a network with a ring per port keeps; used under its lock.
pub(crate) struct Forwarding {
    /// The policy's own state.
    pub(crate) policy: PolicyState,
    /// The message that is being sent: `mtu` bytes.
    frame: KVVec<u8>,
    targets: Targets,
    /// Bytes that the targets take.
    targets_bytes: u64,
    /// Ports that get every message, whatever the policy says, which does not know of them.
    observers: PortSet<KVVec<u64>>,
    /// Ports that have flows.
    flowing: PortSet<KVVec<u64>>,
    /// Bytes that these sets take.
    sets_bytes: u64,
    /// Messages that were sent.
    pub(crate) sent: u64,
    /// Bytes of those.
    pub(crate) sent_bytes: u64,
    /// Copies of messages that were too long for a port once edited.
    pub(crate) too_long: u64,
}

impl Forwarding {
    /// What a network of some shape takes. May sleep.
    pub(crate) fn new(policy: PolicyModule, shape: &Shape) -> Result<Self> {
        let mtu = shape.mtu as usize;
        // Whole cache lines: nobody else writes beside it.
        let mut frame = KVVec::with_capacity(mtu.next_multiple_of(64), GFP_KERNEL_ACCOUNT)?;
        frame.resize(mtu, 0, GFP_KERNEL_ACCOUNT)?;
        let (targets, targets_bytes) = Targets::allocate(shape.ports)?;
        let words = PortSet::<KVVec<u64>>::words(shape.ports);
        let observers = KVVec::from_elem(0, words, GFP_KERNEL_ACCOUNT)?;
        let flowing = KVVec::from_elem(0, words, GFP_KERNEL_ACCOUNT)?;
        let sets = [&observers, &flowing].map(allocated::of_vec);
        Ok(Self {
            policy: PolicyState::new(policy, shape.ports)?,
            frame,
            targets,
            targets_bytes,
            sets_bytes: sets.into_iter().fold(0, u64::saturating_add),
            observers: PortSet::new(observers),
            flowing: PortSet::new(flowing),
            sent: 0,
            sent_bytes: 0,
            too_long: 0,
        })
    }

    /// Bytes that it takes, the rings left out.
    pub(crate) fn bytes(&self) -> u64 {
        let frame = allocated::of_vec(&self.frame);
        [self.targets_bytes, self.sets_bytes, self.policy.bytes()]
            .into_iter()
            .fold(frame, u64::saturating_add)
    }

    /// A port was taken; one that observes is none of the policy's.
    pub(crate) fn join(&mut self, port: u32, observes: bool) {
        if observes {
            self.observers.insert(port);
        } else {
            self.policy.join(port);
        }
    }

    /// A port was given back.
    pub(crate) fn leave(&mut self, port: u32) {
        if !self.observers.remove(port) {
            self.policy.leave(port);
        }
    }

    /// Goes on with another number of ports, for which `fresh` was made. No port has flows.
    pub(crate) fn adopt(&mut self, fresh: &mut Self) {
        self.policy.adopt(&mut fresh.policy);
        core::mem::swap(&mut self.targets, &mut fresh.targets);
        core::mem::swap(&mut self.targets_bytes, &mut fresh.targets_bytes);
        fresh.observers.take_all(&self.observers);
        core::mem::swap(&mut self.observers, &mut fresh.observers);
        core::mem::swap(&mut self.flowing, &mut fresh.flowing);
        core::mem::swap(&mut self.sets_bytes, &mut fresh.sets_bytes);
    }

    /// Takes a message in; tells whether it could be read.
    pub(crate) fn take_in(&mut self, message: &mut impl Payload, fetched: Option<&[u8]>) -> bool {
        match fetched {
            None => message.read_atomic(&mut self.frame),
            Some(bytes) => {
                let taken = self.frame.get_mut(..bytes.len());
                taken.map(|to| to.copy_from_slice(bytes)).is_some()
            }
        }
    }

    /// Asks the policy who gets the `len` bytes that were taken in. Observers get them too, as they are.
    pub(crate) fn route(&mut self, len: usize, from: u32, again: bool) {
        let message = self.frame.get(..len).unwrap_or(&[]);
        self.policy.route(message, from, again, &mut self.targets);
        if !self.observers.is_empty() {
            self.add_observers();
        }
    }

    /// Observers are targets of every message.
    #[cold]
    fn add_observers(&mut self) {
        let mut from = 0;
        while let Some(port) = self.observers.next(from) {
            self.targets.add(Target::whole(port));
            from = port.wrapping_add(1);
        }
    }

    /// Where the message that was routed last went, and how many of its first bytes said so, if the next need not be
    /// routed.
    pub(crate) fn remembered(&self) -> Option<(usize, Target)> {
        self.targets.remembered()
    }

    /// Whether the policy has other answers by now than it gave before.
    pub(crate) fn answers_anew(&self) -> bool {
        self.targets.forgets()
    }

    /// Port `number` has a flow.
    pub(crate) fn note_flow(&mut self, number: u32) {
        self.flowing.insert(number);
    }

    /// So many messages of port `from`, and bytes of them, went along its flows.
    pub(crate) fn count(&mut self, from: u32, (messages, bytes): (u64, u64)) {
        if messages != 0 {
            self.sent = self.sent.wrapping_add(messages);
            self.sent_bytes = self.sent_bytes.wrapping_add(bytes);
            self.policy.remembered(from, messages);
        }
    }

    /// Forgets all flows; `lane` finds that of a port.
    pub(crate) fn forget_flows<'a, H: 'a>(&mut self, lane: impl Fn(u32) -> Option<&'a Lane<H>>) {
        let mut from = 0;
        while let Some(port) = self.flowing.next(from) {
            self.flowing.remove(port);
            if let Some(lane) = lane(port) {
                let mut flows = lane.flows.lock();
                flows.forget();
                let counts = flows.take_counts();
                drop(flows);
                self.count(port, counts);
            }
            from = port.wrapping_add(1);
        }
    }

    /// Why the message that was routed last goes to no port, if the policy says so.
    pub(crate) fn drop_reason(&self) -> Option<NonZeroU32> {
        self.targets.drop_reason()
    }

    /// The `len` bytes that were taken in.
    pub(crate) fn message(&self, len: usize) -> &[u8] {
        self.frame.get(..len).unwrap_or(&[])
    }

    /// The ports that were named last.
    pub(crate) fn targets(&self) -> &[Target] {
        self.targets.as_slice()
    }

    /// Whether these are more than are looked at one by one for who sleeps.
    pub(crate) fn has_many_targets(&self) -> bool {
        self.targets().len() > FEW_TARGETS as usize
    }
}
