// SPDX-License-Identifier: GPL-2.0

//! Trace points `ipn:*`: `trace.h` has what they tell.
//!
//! Where nobody listens each costs a look at a word, and no call.
//!
//! C header: [`include/linux/tracepoint.h`](srctree/include/linux/tracepoint.h)

use crate::rust::{bindings, fs::path::FileNumbers};

/// Whether somebody listens to an event.
#[inline(always)]
fn is_traced(event: u32) -> bool {
    // SAFETY: It is a word of the module's own, which is read and written whole (READ_ONCE).
    unsafe { core::ptr::read_volatile(&raw const bindings::ipn_traced) & event != 0 }
}

/// A port has sent a message of so many bytes.
#[inline(always)]
pub(crate) fn sent(network: &FileNumbers, port: u32, len: u32) {
    if is_traced(bindings::IPN_TRACE_SEND) {
        // SAFETY: The numbers are valid; it may be called anywhere, as all of these.
        unsafe { bindings::ipn_helper_trace_send(network.as_raw(), port, len) }
    }
}

/// Whether somebody listens to what is received.
#[inline(always)]
pub(crate) fn traces_received() -> bool {
    is_traced(bindings::IPN_TRACE_RECV)
}

/// A port has received a message of so many bytes that another sent.
#[inline(always)]
pub(crate) fn received(network: &FileNumbers, port: u32, from: u32, len: u32) {
    if traces_received() {
        // SAFETY: As in `sent`.
        unsafe { bindings::ipn_helper_trace_recv(network.as_raw(), port, from, len) }
    }
}

/// So many messages were lost for a reason (`IPN_DROP_*`): to a port that would have had them, or by one
/// that has sent them.
#[inline(always)]
pub(crate) fn dropped(network: &FileNumbers, port: u32, count: u64, reason: u32) {
    if is_traced(bindings::IPN_TRACE_DROP) && count != 0 {
        // SAFETY: As in `sent`.
        unsafe { bindings::ipn_helper_trace_drop(network.as_raw(), port, count, reason) }
    }
}

/// What a call waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Awaited {
    /// Room for a message.
    Room,
    /// A message.
    Message,
}

/// A call on a port is about to sleep.
#[inline]
pub(crate) fn waits(network: &FileNumbers, port: u32, for_what: Awaited) {
    if is_traced(bindings::IPN_TRACE_WAIT) {
        let room = for_what == Awaited::Room;
        // SAFETY: As in `sent`.
        unsafe { bindings::ipn_helper_trace_wait(network.as_raw(), port, room) }
    }
}

/// A port was taken, which can receive and send, or observes.
#[inline]
pub(crate) fn joined(
    network: &FileNumbers,
    port: u32,
    (receives, sends, observes): (bool, bool, bool),
) {
    if is_traced(bindings::IPN_TRACE_JOIN) {
        let bit = |is: bool, bit: u32| if is { bit } else { 0 };
        let can = bit(receives, bindings::IPN_TRACE_RECEIVES)
            | bit(sends, bindings::IPN_TRACE_SENDS)
            | bit(observes, bindings::IPN_TRACE_OBSERVES);
        // SAFETY: As in `sent`.
        unsafe { bindings::ipn_helper_trace_join(network.as_raw(), port, can) }
    }
}

/// A port was given back.
#[inline]
pub(crate) fn left(network: &FileNumbers, port: u32) {
    if is_traced(bindings::IPN_TRACE_LEAVE) {
        // SAFETY: As in `sent`.
        unsafe { bindings::ipn_helper_trace_leave(network.as_raw(), port) }
    }
}
