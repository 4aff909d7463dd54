// SPDX-License-Identifier: GPL-2.0

//! Packets of the kernel's that enter a network: `packet.c` tells what is noted of one and does what
//! [`crate::device::frame`] decides.
//!
//! C header: [`include/linux/skbuff.h`](srctree/include/linux/skbuff.h)

use crate::{
    device::frame::{self, Arrival, Finish, Packet, Segments, Sum},
    rust::bindings,
};

impl From<&bindings::ipn_packet> for Packet {
    fn from(noted: &bindings::ipn_packet) -> Self {
        let is = |note: u32| u32::from(noted.notes) & note != 0;
        Self {
            len: noted.len,
            header: u32::try_from(noted.header).ok(),
            is_loopback: is(bindings::IPN_PACKET_LOOPBACK),
            sum: is(bindings::IPN_PACKET_SUM).then(|| Sum {
                start: noted.sum_start,
                offset: noted.sum_offset,
                is_sctp: is(bindings::IPN_PACKET_SCTP),
            }),
            segments: if is(bindings::IPN_PACKET_GSO) {
                Segments::Many
            } else if is(bindings::IPN_PACKET_LRO) {
                Segments::Unknown
            } else {
                Segments::One
            },
        }
    }
}

/// Bytes of the header of a packet that arrives, before its data. 0: it is the host's; below 0: it is
/// no frame.
///
/// # Safety
///
/// `packet` must be valid.
#[no_mangle]
unsafe extern "C" fn ipn_rust_packet_header(packet: *const bindings::ipn_packet) -> i32 {
    // SAFETY: By this function's requirements.
    match frame::arrival(&Packet::from(unsafe { &*packet })) {
        Arrival::Host => 0,
        Arrival::Drop => -1,
        Arrival::Frame(header) => i32::try_from(header).unwrap_or(-1),
    }
}

/// What is left to do for a packet that begins with its header: `IPN_PACKET_IS_NONE`,
/// `IPN_PACKET_IS_MANY`, or how many bytes must lie together for its checksum, 0 if it has it.
///
/// # Safety
///
/// `packet` must be valid.
#[no_mangle]
unsafe extern "C" fn ipn_rust_packet_finish(
    packet: *const bindings::ipn_packet,
    is_segment: bool,
) -> i64 {
    // SAFETY: By this function's requirements.
    match frame::finish(&Packet::from(unsafe { &*packet }), is_segment) {
        Finish::Drop => bindings::IPN_PACKET_IS_NONE.into(),
        Finish::Segment => bindings::IPN_PACKET_IS_MANY.into(),
        Finish::Nothing => 0,
        Finish::Sum(together) => together.into(),
    }
}
