// SPDX-License-Identifier: GPL-2.0

//! Sending on the ring that all ports share.
//!
//! What is too long for one copy goes in [parts](super::parts). A short message is fetched first, and copied under the
//! network's lock. Of a long one only the place is found there; then others send
//! and copy beside it. If a page of its sender's is
//! gone by then, though it was just there, the place becomes a void.

use crate::{
    abi::errno::{Errno, Result},
    delivery::attempt::Attempt,
    network::{holder::Holder, members::Members, seat::Seat},
    ring::{layout::Meta, port::Port, Claim, GivenUp, Ring},
    rust::{
        glue::{ring_memory::RingMemory, trace},
        mm::piece::Piece,
        net::{message::Payload, socket::Sock},
        sync::{atomic::full_barrier, bottom_halves::BottomHalvesOff, lock::SpinLockBhGuard},
    },
    wakeup::{
        readers::wake_readers,
        room::{floor, has_room, makes_room, wake_senders},
    },
};

/// Longest message that is copied under the lock: what a copy of so many bytes takes is less than taking the lock again
/// may. From a process it is fetched before, which takes longer. The models have short ones. With `PREEMPT_RT` one who is busy
/// can be preempted by one who waits for it.
pub(super) const SHORT: usize = match () {
    () if ALL_UNDER_THE_LOCK => usize::MAX,
    () if cfg!(MODULE) => 256,
    () => 8,
};

/// Longest message that is fetched before the lock is taken.
const FETCHED: usize = if SHORT < 256 { SHORT } else { 256 };

/// Whether nothing is written beside others.
pub(super) const ALL_UNDER_THE_LOCK: bool = cfg!(CONFIG_PREEMPT_RT);

/// One turn.
#[inline(always)]
pub(super) fn send<H: Holder>(
    sock: &Sock<H>,
    seat: &Seat<H>,
    message: &mut impl Payload,
    fetched: Option<&[u8]>,
) -> Result<Attempt> {
    // Who is busy with a message is not interrupted by another who may need its place.
    let off = (message.len() > SHORT).then(BottomHalvesOff::begin);
    let mut piece = Piece::<FETCHED>::new();
    // One that can not be read is found out below, behind what else is wrong.
    let is_taken = fetched.is_none()
        && message.len() <= FETCHED
        && !message.is_near()
        && message.take_atomic(&mut piece);
    let fetched = if is_taken { Some(&*piece) } else { fetched };
    let (network, ring, port) = (&*seat.network, &*seat.ring, sock.port());
    let mut members = network.members.lock();
    if members.ended || !port.sends_by_us() {
        return Err(why_not(&members, port));
    }
    let len = message.len() as u32;
    let is_lossless = network.is_lossless();
    if is_lossless && !ring.has_spare(len) && !has_room(network, ring, &members, len, u64::MAX) {
        if is_taken {
            message.put_back();
        }
        return Ok(Attempt::Full {
            room_made: network.room_made.load(),
        });
    }
    // Who loses messages has to know of its own among them; on a lossless network nobody does.
    let keep = if is_lossless {
        floor(network, ring)
    } else {
        u64::MAX
    };
    let claim = ring.reserve(len, keep, |gone| give_up(&mut members, is_lossless, gone));
    let meta = Meta {
        len,
        from: seat.number,
        stamp: network.stamp(),
        back: 0,
    };
    if let Some(off) = off {
        if fetched.is_none() && !message.is_there(len as usize) {
            ring.give_up(claim, len);
            return Ok(Attempt::Fault);
        }
        return send_beside_others(
            (sock, seat),
            (message, fetched),
            (claim, meta),
            members,
            off,
        );
    }
    if !fill_or_give_up(ring, (claim, len), message, fetched) {
        return Ok(Attempt::Fault);
    }
    count(seat, sock, &mut members, len);
    ring.publish(claim, meta);
    trace::sent(&network.file, seat.number, len);
    if is_lossless {
        // The message is there, then the cursor is asked; a reader moves the cursor, then looks
        // whether one is there. One of the two skips the own message. Pairs with
        // `Reading::skip_own_that_follow`.
        full_barrier();
    }
    seat.reader(port).skip_sent(claim.number);
    wake_readers(network, members, sock, message);
    Ok(Attempt::Sent)
}

/// Writes a message whose place was found, while others send too.
#[inline(never)]
fn send_beside_others<H: Holder, P: Payload>(
    (sock, seat): (&Sock<H>, &Seat<H>),
    (message, fetched): (&mut P, Option<&[u8]>),
    (claim, meta): (Claim, Meta),
    mut members: SpinLockBhGuard<'_, Members<H>>,
    off: BottomHalvesOff,
) -> Result<Attempt> {
    let (network, ring, port) = (&*seat.network, &*seat.ring, sock.port());
    let is_lossless = network.is_lossless();
    count(seat, sock, &mut members, meta.len);
    ring.begin(claim, meta);
    if !is_lossless {
        // Under the lock, as what a port has lost is counted by what it skipped.
        seat.reader(port).skip_sent(claim.number);
    }
    drop(members);
    let is_written = fill(ring, claim, message, fetched);
    match is_written {
        true => ring.finish(claim),
        false => ring.fail(claim, meta.len),
    }
    drop(off);
    if !is_written {
        let mut members = network.members.lock();
        if ring.settle(claim) {
            members.tally.add_void();
            forget(&mut members, is_lossless, claim.number, meta);
        }
        // Some may wait for what comes behind it.
        wake_readers(network, members, sock, message);
        return Ok(Attempt::Fault);
    }
    trace::sent(&network.file, seat.number, meta.len);
    // The message is there, then the cursor is asked, as above, and whether anybody sleeps, who looks for the message
    // once that can be seen. Pairs with `wakeup::readers::await_signal` too.
    full_barrier();
    let number = claim.number;
    let gone_on = (number, number.wrapping_add(1));
    if is_lossless
        && seat.reader(port).skip_sent(number)
        && makes_room(network, ring, (true, false), gone_on)
    {
        // Others may have found it in their way meanwhile.
        wake_senders(&seat.network);
    }
    if ring.is_awaited() {
        wake_readers(network, network.members.lock(), sock, message);
    }
    Ok(Attempt::Sent)
}

/// Writes a message, `fetched` if it was, to its place; tells whether it could be read.
#[inline(always)]
fn fill(
    ring: &Ring<RingMemory>,
    claim: Claim,
    message: &mut impl Payload,
    fetched: Option<&[u8]>,
) -> bool {
    let memory = ring.memory();
    match fetched {
        Some(bytes) => {
            memory.fill_from(claim.at, bytes, &[]);
            true
        }
        None => memory.fill(claim.at, message),
    }
}

/// The same of one of `len` bytes whose place is given up if it could not.
#[inline(always)]
pub(super) fn fill_or_give_up(
    ring: &Ring<RingMemory>,
    (claim, len): (Claim, u32),
    message: &mut impl Payload,
    fetched: Option<&[u8]>,
) -> bool {
    let is_written = fill(ring, claim, message, fetched);
    if !is_written {
        // Who has mapped the ring must not see the part that was there.
        ring.give_up(claim, len);
    }
    is_written
}

/// Why nothing is sent: the network has ended, or the port may not send (`EPIPE`); or a process writes the ring
/// (`EOPNOTSUPP`).
#[cold]
pub(super) fn why_not<H: Holder>(members: &Members<H>, port: &Port) -> Errno {
    match members.ended || !port.sends() {
        true => Errno::PIPE,
        false => Errno::OPNOTSUPP,
    }
}

/// Counts a message of `len` bytes.
#[inline]
pub(super) fn count<H: Holder>(seat: &Seat<H>, sock: &Sock<H>, members: &mut Members<H>, len: u32) {
    if !seat.network.is_lossless() {
        members.tally.add(seat.number);
    }
    sock.port().count_sent(len.into());
    members.sent_bytes = members.sent_bytes.wrapping_add(len.into());
}

/// A message makes room for the next.
#[inline]
pub(super) fn give_up<H: Holder>(members: &mut Members<H>, is_lossless: bool, gone: GivenUp) {
    match gone {
        GivenUp::Message(_) if is_lossless => {}
        GivenUp::Message(from) => members.tally.remove(from),
        GivenUp::Void => members.tally.remove_void(),
        GivenUp::Failed(number, meta) => {
            members.tally.pass_void();
            forget(members, is_lossless, number, meta);
        }
    }
}

/// A message that was counted did not come about.
#[cold]
fn forget<H: Holder>(members: &mut Members<H>, is_lossless: bool, number: u64, meta: Meta) {
    if !is_lossless {
        members.tally.remove(meta.from);
    }
    members.sent_bytes = members.sent_bytes.wrapping_sub(meta.len.into());
    if let Some(sock) = members.get(meta.from) {
        let port = sock.port();
        port.sent.store(port.sent.load().wrapping_sub(1));
        let bytes = port.sent_bytes.load().wrapping_sub(meta.len.into());
        port.sent_bytes.store(bytes);
    }
    // Who has come since has it behind it.
    for sock in members.iter() {
        if sock.held().is_some_and(|(_, first)| first > number) {
            let before = &sock.port().voids_before;
            before.store(before.load().wrapping_add(1));
        }
    }
}
