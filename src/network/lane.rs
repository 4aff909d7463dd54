// SPDX-License-Identifier: GPL-2.0

//! What a port with a ring of its own has besides: who writes to it, and where its own messages go.

use crate::{
    abi::cache_line::CacheLine,
    network::flows::Flows,
    rust::{
        mm::allocated,
        net::socket::SockRef,
        sync::lock::{new_spinlock_bh, SpinLockBh},
    },
};
use kernel::{
    prelude::*,
    sync::{new_spinlock, Arc, SpinLock},
};

/// The lane of a port.
#[pin_data]
#[repr(C)]
pub(crate) struct Lane<H> {
    /// The turn to write to its ring. Taken with bottom halves off.
    #[pin]
    pub(crate) inbox: SpinLock<()>,
    by_others: CacheLine,
    /// Where its messages go. Whoever holds a port that is in here is in the network's table: it is taken out here
    /// before it is taken out there.
    #[pin]
    pub(crate) flows: SpinLockBh<Flows<SockRef<H>>>,
}

impl<H> Lane<H> {
    /// That of a port nobody has sent to, nor from. No memory: `ENOMEM`.
    pub(crate) fn new() -> Result<Arc<Self>> {
        Arc::pin_init(
            pin_init!(Self {
                inbox <- new_spinlock!((), "ipn_lane::inbox"),
                by_others: CacheLine,
                flows <- new_spinlock_bh!(Flows::new(), "ipn_lane::flows"),
            }),
            GFP_KERNEL_ACCOUNT,
        )
    }

    /// Bytes that it takes.
    pub(crate) fn bytes() -> u64 {
        allocated::of_size(size_of::<Self>().saturating_add(align_of::<Self>()))
    }
}
