// SPDX-License-Identifier: GPL-2.0

//! What a network that is a reliable bus has besides: how old its messages are, and when who waits for that may go on.

use crate::{
    network::{holder::Holder, Network},
    ring::Ring,
    rust::{
        glue::ring_memory::RingMemory,
        task::{clock::now_ns, workers::enqueue},
    },
};
use kernel::{
    sync::{Arc, ArcBorrow},
    time::hrtimer::{HrTimerCallback, HrTimerCallbackContext, HrTimerRestart},
};

impl<H: Holder> HrTimerCallback for Network<H> {
    type Pointer<'a> = Arc<Self>;

    fn run(this: ArcBorrow<'_, Self>, _: HrTimerCallbackContext<'_, Self>) -> HrTimerRestart {
        this.alarm.ring();
        enqueue(Arc::from(this));
        HrTimerRestart::NoRestart
    }
}

impl<H: Holder> Network<H> {
    /// Has the worker look at time `due` at the latest; it is `now`. It does not sleep.
    pub(crate) fn set_alarm(network: &Arc<Self>, now: u64, due: u64) {
        network.alarm.set(network, now, due);
    }

    /// On a reliable bus, how old the oldest message is that is left, in milliseconds; 0 where none is.
    pub(crate) fn age(&self) -> u64 {
        if self.window.is_none() {
            return 0;
        }
        let members = self.members.lock();
        let oldest = members.ring_of_all().and_then(|ring| {
            let oldest = ring.oldest();
            (oldest != ring.published()).then(|| ring.sent_at(oldest))
        });
        drop(members);
        oldest.map_or(0, |sent| now_ns().saturating_sub(sent) / 1_000_000)
    }

    /// A reader of the ring of all ports stands at message `number`, which may be before where the slowest stood. Under
    /// the lock.
    pub(crate) fn hold(&self, ring: &Ring<RingMemory>, number: u64) {
        if number < self.slowest.load() {
            self.slowest.store(number);
            ring.forget_floor();
        }
    }
}
