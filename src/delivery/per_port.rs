// SPDX-License-Identifier: GPL-2.0

//! Sending where each port has a ring of its own, and a policy names those that get a message.

use crate::{
    abi::{
        errno::{Errno, Result},
        uapi::IPN_DROP_TOO_LONG,
    },
    delivery::attempt::Attempt,
    network::{
        flows::{Flow, Flows, FRAME},
        forwarding::Forwarding,
        holder::Holder,
        members::{Event, Ports},
        seat::Seat,
        Network,
    },
    policy::targets::{Target, HEAD_MAX},
    ring::{layout::Meta, port::NOT_REFUSED, reader::Reader},
    rust::{
        glue::{ring_memory::RingMemory, trace},
        net::{
            message::Payload,
            socket::{Sock, SockRef},
        },
        sync::atomic::full_barrier,
        task::{clock::now_ms, pause::pause},
    },
    wakeup::{
        readers::{is_awaited, wake_many, wake_reader, wake_readers},
        room::make_room,
    },
};
use kernel::{
    prelude::{KVVec, GFP_KERNEL_ACCOUNT},
    sync::Arc,
};

/// Bytes that are copied to ports before the lock is let go, and one message more. The models have short
/// ones.
const COPIED_AT_ONCE: usize = if cfg!(MODULE) { 1 << 20 } else { 200 };

/// What a port costs besides, as so many bytes do.
const PORT_COST: usize = 64;

/// How a message may get to its ports, if all of them at once is too much.
pub(super) enum Turns<'a, H> {
    /// In turns, for which there is no memory yet.
    Later,
    /// In turns.
    By(&'a mut Receivers<H>),
}

/// The ports that a message goes to in turns, and what each gets of it.
pub(super) struct Receivers<H>(KVVec<(SockRef<H>, Target)>);

impl<H: Holder> Receivers<H> {
    /// Room for as many as there are ports. No memory: `ENOBUFS`.
    pub(super) fn new(network: &Network<H>) -> Result<Self> {
        let ports = network.shape().ports as usize;
        let list = KVVec::with_capacity(ports, GFP_KERNEL_ACCOUNT).map_err(|_| Errno::NOBUFS)?;
        Ok(Self(list))
    }

    /// Those of the message that was routed; on a lossless network their room is promised. Tells whether
    /// they fit, as there may be more ports by now.
    fn take(&mut self, forwarding: &Forwarding, ports: &Ports<'_, H>, lossless: bool) -> bool {
        for (target, holder, _) in receivers(forwarding, ports) {
            let receiver = (holder.clone(), *target);
            if self.0.push_within_capacity(receiver).is_err() {
                return false;
            }
        }
        if lossless {
            let readers = (self.0.iter()).filter(|(holder, _)| !holder.port().observes());
            readers.for_each(|(holder, _)| {
                let promised = &holder.port().promised;
                promised.store(promised.load().wrapping_add(1));
            });
        }
        true
    }
}

/// One turn. `again`: there was one before, which found no room.
#[inline(never)]
pub(super) fn send<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Payload,
    fetched: Option<&[u8]>,
    turns: Turns<'_, H>,
    again: bool,
) -> Result<Attempt> {
    let (network, number, port) = (&*seat.network, seat.number, sock.port());
    if fetched.is_none() && !again {
        if let Some(attempt) = send_along(sock, seat, message) {
            return Ok(attempt);
        }
    }
    let mut guard = network.members.lock();
    if guard.ended || !port.sends() {
        return Err(Errno::PIPE);
    }
    let len = message.len();
    let Some((forwarding, ports)) = guard.forwarding() else {
        return Err(Errno::PIPE);
    };
    if !forwarding.take_in(message, fetched) {
        return Ok(Attempt::Fault);
    }
    let asked_at = now_ms();
    forwarding.route(len, number, again);
    if forwarding.answers_anew() {
        forwarding.forget_flows(|port| ports.get(port)?.lane());
    }
    let mtu = network.shape.mtu;
    if network.is_lossless() && !has_room(forwarding, &ports, mtu) {
        let room_made = network.room_made.load();
        guard.await_event(number, Event::Room);
        network.count_room_sleepers(&guard);
        // A reader moves on, then looks whether anybody waits; so the other way round here, with
        // the very ports that this message is for.
        full_barrier();
        let full = match guard.forwarding() {
            Some((forwarding, ports)) if !has_room(forwarding, &ports, mtu) => {
                forwarding.policy.refused();
                true
            }
            _ => false,
        };
        if full {
            port.refused.store(room_made);
            if fetched.is_none() {
                message.put_back();
            }
            return Ok(Attempt::Full { room_made });
        }
    }
    let Some((forwarding, ports)) = guard.forwarding() else {
        return Err(Errno::PIPE);
    };
    let stamp = network.stamp();
    let cost = len.saturating_add(PORT_COST);
    let spread = cost.saturating_mul(forwarding.targets().len()) > COPIED_AT_ONCE;
    let in_turns = match (turns, fetched) {
        (Turns::By(receivers), Some(bytes)) if spread => receivers
            .take(forwarding, &ports, network.is_lossless())
            .then_some((receivers, bytes)),
        _ => None,
    };
    if spread && in_turns.is_none() {
        forwarding.policy.refused();
        if fetched.is_none() {
            message.put_back();
        }
        return Ok(Attempt::Spread);
    }
    let sender = Sender {
        from: number,
        message: forwarding.sent,
    };
    forwarding.sent = forwarding.sent.wrapping_add(1);
    forwarding.sent_bytes = forwarding.sent_bytes.wrapping_add(len as u64);
    port.refused.store(NOT_REFUSED);
    if let Some(lane) = &seat.lane {
        let mut flows = lane.flows.lock();
        forwarding.count(number, flows.take_counts());
        port.count_sent(len as u64);
        if !network.is_lossless() {
            remember(forwarding, &ports, &mut flows, (len, asked_at), sender);
        }
    }
    trace::sent(&network.file, number, len as u32);
    if let Some(reason) = forwarding.drop_reason() {
        network.drop_messages(port, number, 1, reason.get());
    }
    match in_turns {
        Some((receivers, bytes)) => {
            drop(guard);
            deliver_in_turns(&seat.network, receivers, bytes, sender, stamp);
        }
        None => {
            deliver(network, forwarding, &ports, (len, sender, stamp));
            wake_readers(network, guard, sock, message);
        }
    }
    Ok(Attempt::Sent)
}

/// Sends a message the way that another one went, if its flow is known; none if not, and the message is as it was.
///
/// No lock is taken that a sender to another port takes: whoever changes what a flow relies on has it forgotten, and
/// waits for us with the lock of our lane.
#[inline]
fn send_along<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Payload,
) -> Option<Attempt> {
    let (network, lane, port) = (&*seat.network, seat.lane.as_deref()?, sock.port());
    let (len, stamp) = (message.len(), network.stamp());
    let mut flows = lane.flows.lock();
    if !flows.hold(now_ms()) {
        return None;
    }
    let is_short = len <= FRAME;
    let seen = if is_short { len } else { HEAD_MAX };
    let head = flows.frame.get_mut(..seen)?;
    let is_read = match is_short {
        true => message.read_atomic(head),
        false => message.peek(head) && message.is_there(len),
    };
    if !is_read {
        return None;
    }
    let sent = flows.find(seen).and_then(|flow| {
        let sender = Sender {
            from: seat.number,
            message: flow.message,
        };
        let attempt = match flows.frame.get(..len) {
            Some(frame) if is_short => {
                put(
                    network,
                    &flow.holder,
                    flow.target.parts(frame),
                    sender,
                    stamp,
                )?;
                Attempt::Sent
            }
            _ if flow.target.is_whole() => put_long(network, &flow.holder, message, sender, stamp)?,
            _ => return None,
        };
        Some((attempt, flow.target.port, is_awaited(flow.holder.port())))
    });
    let Some((attempt, to, is_awaited)) = sent else {
        if is_short {
            message.put_back();
        }
        return None;
    };
    if matches!(attempt, Attempt::Sent) {
        port.count_sent(len as u64);
        flows.count(len as u64);
        trace::sent(&network.file, seat.number, len as u32);
    }
    drop(flows);
    if is_awaited {
        wake_reader(network, to, sock, message);
    }
    Some(attempt)
}

/// The next messages that begin as this one of `len` bytes, which the policy was asked for at this time, go where it went,
/// if the policy says so.
fn remember<H: Holder>(
    forwarding: &mut Forwarding,
    ports: &Ports<'_, H>,
    flows: &mut Flows<SockRef<H>>,
    (len, asked_at): (usize, u64),
    sender: Sender,
) {
    let known = forwarding.remembered().and_then(|(head, target)| {
        let head = forwarding.message(len).get(..head)?;
        let holder = ports.get(target.port)?;
        view(holder)?;
        Flow::new(head, target, holder.clone(), sender.message)
    });
    if let Some(flow) = known {
        flows.keep(flow, asked_at);
        forwarding.note_flow(sender.from);
    }
}

/// Which message of the network it is, and of which port.
#[derive(Clone, Copy)]
struct Sender {
    from: u32,
    message: u64,
}

/// Whether every port that gets the message has room for it, were it of `mtu` bytes, beside what it is
/// promised.
fn has_room<H: Holder>(forwarding: &Forwarding, ports: &Ports<'_, H>, mtu: u32) -> bool {
    let mut readers =
        receivers(forwarding, ports).filter(|(_, holder, _)| holder.port().holds_senders());
    readers.all(|(_, holder, reader)| {
        let promised = holder.port().promised.load();
        (reader.ring()).has_room_beside(reader.position(), promised, mtu)
    })
}

/// The ports that get the message: which parts of it, who holds the port, and the view of its ring.
fn receivers<'a, H: Holder>(
    forwarding: &'a Forwarding,
    ports: &'a Ports<'_, H>,
) -> impl Iterator<Item = (&'a Target, &'a SockRef<H>, Reader<'a, RingMemory>)> {
    forwarding.targets().iter().filter_map(|target| {
        let holder = ports.get(target.port)?;
        Some((target, holder, view(holder)?))
    })
}

/// The view that a port has of its ring, if it receives.
fn view<H: Holder>(holder: &Sock<H>) -> Option<Reader<'_, RingMemory>> {
    holder.reader().filter(|_| holder.port().receives())
}

/// Puts the message into the rings of the ports that get it.
fn deliver<H: Holder>(
    network: &Network<H>,
    forwarding: &mut Forwarding,
    ports: &Ports<'_, H>,
    (len, sender, stamp): (usize, Sender, u64),
) {
    let message = forwarding.message(len);
    let mut too_long = 0_u64;
    for (target, holder, _) in receivers(forwarding, ports) {
        if put(network, holder, target.parts(message), sender, stamp).is_none() {
            network.drop_messages(holder.port(), target.port, 1, IPN_DROP_TOO_LONG);
            too_long = too_long.saturating_add(1);
        }
    }
    forwarding.too_long = forwarding.too_long.wrapping_add(too_long);
}

/// Puts what a port gets of a message into its ring: how many bytes; none if they are more than the MTU.
fn put<H: Holder>(
    network: &Network<H>,
    holder: &Sock<H>,
    (front, rest): (&[u8], &[u8]),
    sender: Sender,
    stamp: u64,
) -> Option<usize> {
    let len = front.len().saturating_add(rest.len());
    if len > network.mtu() {
        return None;
    }
    let fill = |memory: &RingMemory, at| {
        memory.fill_from(at, front, rest);
        true
    };
    write(network, holder, len as u32, (sender, stamp), fill)?;
    Some(len)
}

/// Puts a long message into the ring of a port that gets it as it is; none where it has none.
fn put_long<H: Holder>(
    network: &Network<H>,
    holder: &Sock<H>,
    message: &mut impl Payload,
    sender: Sender,
    stamp: u64,
) -> Option<Attempt> {
    let len = message.len() as u32;
    let fill = |memory: &RingMemory, at| memory.fill(at, message);
    Some(match write(network, holder, len, (sender, stamp), fill)? {
        true => Attempt::Sent,
        false => Attempt::Fault,
    })
}

/// Writes a message of `len` bytes to the ring of a port, where `fill` puts its bytes; whether it could. None where the port
/// has no ring of its own.
#[inline(always)]
fn write<H: Holder>(
    network: &Network<H>,
    holder: &Sock<H>,
    len: u32,
    (sender, stamp): (Sender, u64),
    fill: impl FnOnce(&RingMemory, u32) -> bool,
) -> Option<bool> {
    let (reader, lane) = (holder.reader()?, holder.lane()?);
    let ring = reader.ring();
    let _turn = lane.inbox.lock();
    let keep = if network.is_lossless() {
        reader.position()
    } else {
        u64::MAX
    };
    // None of what it loses is its own.
    let claim = ring.reserve(len, keep, |_| {});
    if !fill(ring.memory(), claim.at) {
        ring.give_up(claim, len);
        return Some(false);
    }
    let meta = Meta {
        len,
        from: sender.from,
        stamp,
        back: 0,
    };
    ring.note(claim, sender.message);
    ring.publish(claim, meta);
    Some(true)
}

/// Puts the message into the rings of its ports, and wakes those who sleep for it. The lock is let go time
/// and again, and bottom halves and other senders go on; of two senders' messages one port may have another
/// first than the next port.
fn deliver_in_turns<H: Holder>(
    network: &Arc<Network<H>>,
    receivers: &Receivers<H>,
    bytes: &[u8],
    sender: Sender,
    stamp: u64,
) {
    let mut members = network.members.lock();
    let (mut copied, mut too_long) = (0_usize, 0_u64);
    for (holder, target) in receivers.0.iter() {
        if copied > COPIED_AT_ONCE {
            drop(members);
            // Some have it, and the others are to: a signal changes nothing.
            let _ = pause();
            members = network.members.lock();
            copied = 0;
        }
        let port = holder.port();
        if network.is_lossless() && !port.observes() {
            port.promised.store(port.promised.load().wrapping_sub(1));
        }
        // Each has it before the end or not at all.
        if members.ended || view(holder).is_none() {
            continue;
        }
        match put(network, holder, target.parts(bytes), sender, stamp) {
            Some(len) => copied = copied.saturating_add(len).saturating_add(PORT_COST),
            None => {
                network.drop_messages(port, target.port, 1, IPN_DROP_TOO_LONG);
                too_long = too_long.saturating_add(1);
            }
        }
    }
    if let Some((forwarding, _)) = members.forwarding() {
        forwarding.too_long = forwarding.too_long.wrapping_add(too_long);
    }
    wake_many(network, members);
    if network.is_lossless() {
        // Of what was promised some may be left, and others were refused for it.
        make_room(network);
    }
}
