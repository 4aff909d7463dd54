// SPDX-License-Identifier: GPL-2.0

//! Those who sleep on a network, and how they are woken: only they, and outside the lock.
//!
//! A port is in a set of sleepers from when somebody is about to sleep on its socket until somebody
//! else finds the socket's queue empty. To sleep is: join the queue; get into the set; look once
//! more whether there is need to; sleep. To wake is: do what is waited for; look into the set. Both
//! looks at the set are under the lock, so one of the two sees the other.

pub(crate) mod each;
pub(crate) mod readers;
pub(crate) mod refused;
pub(crate) mod room;
mod worker;

use crate::{
    network::{holder::Holder, Network},
    rust::net::socket::Sock,
};
use kernel::sync::Arc;

/// A system call has ended in which waking others was deferred: does it.
pub(crate) fn flush<H: Holder>(network: &Arc<Network<H>>) {
    readers::flush(network);
    room::wake_senders(network);
}

/// The same for a call on `sock` that is about to sleep, which may take long.
pub(crate) fn flush_before_sleep<H: Holder>(network: &Arc<Network<H>>, sock: &Sock<H>) {
    if sock.has_after_call() {
        flush(network);
    }
}
