// SPDX-License-Identifier: GPL-2.0

//! The task that calls: who it is, and what goes wrong for it.

use crate::rust::net::socket::FOR_EVER;
use kernel::ffi::c_long;
use std::cell::{Cell, RefCell};

/// What the kernel keeps of a task.
pub(crate) struct Task {
    /// Its user.
    pub(crate) uid: Cell<u32>,
    /// Whether the system call that runs may send more messages (`sendmmsg`).
    pub(crate) more_follows: Cell<bool>,
    /// Whether waits have an end.
    pub(crate) waits_end: Cell<bool>,
    /// Of so many chances of a fault one is taken; 0: none.
    pub(crate) faults: Cell<u32>,
    /// How often it has looked at a message in this call.
    looks: Cell<u32>,
    /// What it does before it returns to user space.
    work: RefCell<Vec<Box<dyn FnOnce()>>>,
    /// The last number that was put into its memory.
    pub(crate) number: Cell<i32>,
    /// What its clock shows.
    pub(crate) time: Cell<u64>,
    /// How often it got `SIGPIPE`.
    pub(crate) signals: Cell<u32>,
    /// How often it waited for the turns of devices.
    pub(crate) turns: Cell<u32>,
    /// The network namespace of its sockets.
    pub(crate) namespace: Cell<u32>,
    /// Whether it listens to what is told of networks and ports.
    pub(crate) hears: Cell<bool>,
    /// What it heard.
    pub(crate) heard: RefCell<Vec<String>>,
}

impl Task {
    const fn new() -> Self {
        Self {
            uid: Cell::new(1000),
            more_follows: Cell::new(false),
            waits_end: Cell::new(false),
            faults: Cell::new(0),
            looks: Cell::new(0),
            work: RefCell::new(Vec::new()),
            number: Cell::new(0),
            time: Cell::new(1),
            signals: Cell::new(0),
            turns: Cell::new(0),
            namespace: Cell::new(0),
            hears: Cell::new(false),
            heard: RefCell::new(Vec::new()),
        }
    }
}

#[cfg(loom)]
loom::thread_local! {
    static CURRENT: Task = Task::new();
}

#[cfg(not(loom))]
shuttle::thread_local! {
    static CURRENT: Task = Task::new();
}

/// Does something with the task that calls.
pub(crate) fn with<R>(act: impl FnOnce(&Task) -> R) -> R {
    CURRENT.with(act)
}

/// A number for the task that calls, never 0.
pub(crate) fn current() -> u64 {
    CURRENT.with(|task| std::ptr::from_ref(task) as u64)
}

/// Whether what may fail here does.
pub(crate) fn fails() -> bool {
    chance(with(|task| task.faults.get()))
}

/// One time in `times`, and never with 0. The schedule's seed decides, and the models take no chances.
pub(crate) fn chance(times: u32) -> bool {
    #[cfg(not(loom))]
    if times != 0 {
        use shuttle::rand::Rng;
        return shuttle::rand::thread_rng().gen_range(0..times) == 0;
    }
    let _ = times;
    false
}

/// `SO_RCVTIMEO` or `SO_SNDTIMEO` of the sockets of the task that calls.
pub(crate) fn timeout(dont_wait: bool) -> c_long {
    match dont_wait {
        true => 0,
        false if with(|task| task.waits_end.get()) => 1000,
        false => FOR_EVER,
    }
}

/// Lets other tasks run.
pub(crate) fn see_more() {
    #[cfg(loom)]
    loom::thread::yield_now();
    #[cfg(not(loom))]
    shuttle::thread::yield_now();
}

/// The task looks at a message. If it does so often, what it sees is out of date: loom might show it
/// that for ever, as no machine does.
pub(crate) fn looks() {
    let looks = with(|task| task.looks.replace(task.looks.get() + 1));
    if cfg!(loom) && looks > 8 {
        see_more();
    }
}

/// `task_work_add`.
pub(crate) fn add_work(work: Box<dyn FnOnce()>) {
    with(|task| task.work.borrow_mut().push(work));
}

/// A system call: what was put off until its end is done.
pub(crate) fn call<R>(body: impl FnOnce() -> R) -> R {
    with(|task| task.looks.set(0));
    let result = body();
    loop {
        let next = with(|task| task.work.borrow_mut().pop());
        let Some(work) = next else { break };
        work();
    }
    result
}
