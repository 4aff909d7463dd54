// SPDX-License-Identifier: GPL-2.0

//! Forwarding: a policy chooses the ports that get a message, and each has a ring of its own.

use crate::{
    network::{members::Ports, shape::Shape},
    policy::targets::Target,
    ring::{port::Port, Meta, Ring},
    rust::{
        glue::{
            policy_module::{PolicyModule, PolicyState, Targets},
            ring_memory::RingMemory,
        },
        mm::allocated,
        net::message::Payload,
    },
    socket::Seat,
};
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
    /// Messages that were sent.
    pub(crate) sent: u64,
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
        Ok(Self {
            policy: PolicyState::new(policy, shape.ports)?,
            frame,
            targets,
            targets_bytes,
            sent: 0,
            too_long: 0,
        })
    }

    /// Bytes that it takes, the rings left out.
    pub(crate) fn bytes(&self) -> u64 {
        let frame = allocated::of_vec(&self.frame);
        [self.targets_bytes, self.policy.bytes()]
            .into_iter()
            .fold(frame, u64::saturating_add)
    }

    /// Goes on with another number of ports, for which `fresh` was made.
    pub(crate) fn adopt(&mut self, fresh: &mut Self) {
        self.policy.adopt(&mut fresh.policy);
        core::mem::swap(&mut self.targets, &mut fresh.targets);
        core::mem::swap(&mut self.targets_bytes, &mut fresh.targets_bytes);
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

    /// Asks the policy who gets the `len` bytes that were taken in.
    pub(crate) fn route(&mut self, len: usize, from: u32, again: bool) {
        let message = self.frame.get(..len).unwrap_or(&[]);
        self.policy.route(message, from, again, &mut self.targets);
    }

    /// Whether every port that gets the message has room for it.
    pub(crate) fn has_room(&self, ports: &Ports<'_>) -> bool {
        self.receivers(ports)
            .all(|(_, port, seat)| seat.ring.has_room(seat.ring.stands(&port.cursor)))
    }

    /// The ports that get the message: which parts of it, the port, where it sits.
    fn receivers<'a>(
        &'a self,
        ports: &'a Ports<'_>,
    ) -> impl Iterator<Item = (&'a Target, &'a Port, &'a Seat)> {
        self.targets.as_slice().iter().filter_map(|target| {
            let sock = ports.get(target.port)?;
            let seat = sock.seat.as_ref()?;
            sock.port.receives().then_some((target, &sock.port, seat))
        })
    }

    /// Puts the message into the rings of the ports that get it.
    pub(crate) fn deliver(&mut self, ports: &Ports<'_>, len: usize, from: u32, stamp: u64) {
        let message = self.frame.get(..len).unwrap_or(&[]);
        let mut too_long = 0_u64;
        for (target, _, seat) in self.receivers(ports) {
            let (front, rest) = target.parts(message);
            let len = front.len().saturating_add(rest.len());
            if len > self.frame.len() {
                too_long = too_long.saturating_add(1);
                continue;
            }
            let ring: &Ring<RingMemory> = &seat.ring;
            let claim = ring.reserve();
            ring.memory().fill_from(claim.slot, front, rest);
            let len = len as u32;
            ring.publish(claim, Meta { len, from, stamp });
        }
        self.sent = self.sent.wrapping_add(1);
        self.too_long = self.too_long.wrapping_add(too_long);
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
