// SPDX-License-Identifier: GPL-2.0

//! `rust/task/workers.rs`: a thread for each piece of work.

use kernel::{sync::Mutex, workqueue::RawWorkItem};

#[cfg(loom)]
use loom::{lazy_static, thread};
#[cfg(not(loom))]
use shuttle::{lazy_static, thread};

lazy_static! {
    /// Those that were begun.
    static ref THREADS: Mutex<Vec<thread::JoinHandle<()>>> = Mutex::new(Vec::new());
}

pub(crate) fn enqueue<W: RawWorkItem>(work: W) {
    if work.ask() {
        let thread = thread::spawn(move || work.do_it());
        THREADS.lock().push(thread);
    }
}

/// `destroy_workqueue`, but for the queue: what is to be done is done.
pub(crate) fn flush() {
    loop {
        let next = THREADS.lock().pop();
        let Some(thread) = next else { break };
        thread.join().unwrap();
    }
}
