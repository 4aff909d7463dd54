// SPDX-License-Identifier: GPL-2.0

//! The rings of a network: how they are made, and what they take.

use crate::{
    abi::{
        errno::{Errno, Result},
        uapi::{IPN_FLAG_LOSSLESS, IPN_FLAG_ONE_WRITER, IPN_FLAG_RELIABLE},
    },
    network::{lane::Lane, shape::Shape},
    policy::Layout,
    ring::{layout::Extent, seen::Heard, Ring},
    rust::{
        glue::{
            cursor_page::CursorPage,
            parameters,
            ring_memory::{RingMemory, Writes},
        },
        mm::allocated,
        task::cred::may_exceed_limits,
    },
};
use kernel::{prelude::*, sync::Arc};

/// Bytes of something that is shared: with a counter in front.
pub(super) const fn counted<T>() -> usize {
    size_of::<T>().saturating_add(align_of::<T>())
}

/// Bytes of the rings of a network with all its ports taken, and mapped where there is one ring for all. On a reliable
/// bus a reader may know of so many `senders`, if it ever had as many.
pub(crate) fn ring_bytes<H>(shape: &Shape, layout: Layout, senders: u32) -> u64 {
    let extent = shape.extent();
    let memory = RingMemory::bytes(&extent, writes(layout));
    let ring = memory.saturating_add(allocated::of_size(counted::<Ring<RingMemory>>()));
    let ports = u64::from(shape.ports);
    match layout {
        Layout::Shared | Layout::Written | Layout::Reliable => {
            let seen = match layout == Layout::Reliable {
                true => {
                    let senders = senders.max(shape.ports) as usize;
                    allocated::of_size(senders.saturating_mul(size_of::<Heard>()))
                }
                false => 0,
            };
            ring.saturating_add(CursorPage::BYTES.saturating_add(seen).saturating_mul(ports))
        }
        Layout::PerPort => ring
            .saturating_add(RingMemory::bytes_of_numbers(extent.messages))
            .saturating_add(Lane::<H>::bytes())
            .saturating_mul(ports),
    }
}

/// Who writes the memory of its rings, and what.
fn writes(layout: Layout) -> Writes {
    match layout {
        Layout::Written => Writes::Process,
        Layout::Reliable => Writes::Sequences,
        Layout::Shared | Layout::PerPort => Writes::Kernel,
    }
}

/// More than the caller may have of one network: `ENOBUFS`.
pub(crate) fn check_bytes(bytes: u64) -> Result {
    if bytes <= parameters::limits().bytes || may_exceed_limits() {
        Ok(())
    } else {
        Err(Errno::NOBUFS)
    }
}

/// A ring for messages of a network's size, as many as it holds.
pub(crate) fn new_ring(
    shape: &Shape,
    layout: Layout,
) -> kernel::error::Result<Arc<Ring<RingMemory>>> {
    let Extent {
        messages,
        bytes,
        ahead,
    } = shape.extent();
    let bytes = u32::try_from(bytes).map_err(|_| Errno::NOBUFS)?;
    let flags = shape.flags & (IPN_FLAG_LOSSLESS | IPN_FLAG_ONE_WRITER | IPN_FLAG_RELIABLE);
    let mut memory = RingMemory::new(messages, bytes, shape.mtu, flags, writes(layout))?;
    if layout == Layout::PerPort {
        memory = memory.with_numbers()?;
    }
    let ring = Ring::new(memory, messages, bytes, ahead).with_parts(shape.parts());
    Ok(Arc::new(ring, GFP_KERNEL_ACCOUNT)?)
}
