// SPDX-License-Identifier: GPL-2.0
//! Calls whose chances to fail are taken one after the other. Only a kernel that injects faults has
//! the files for it.

use crate::amounts::{self, Amount};
use crate::bus::Bus;
use crate::check::{describe, ok, same};
use crate::ktap::remark;
use crate::sys::process;
use crate::sysfs_lab::{alone, directories};
use crate::task::{wait_until, Process};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const ATTRIBUTES: &str = "/sys/kernel/debug";

/// What each kind of fault is told: to count allocations that may sleep and small ones too, and to
/// say nothing.
const SETTINGS: [(&str, &str); 8] = [
    ("failslab/ignore-gfp-wait", "N"),
    ("failslab/verbose", "0"),
    ("fail_page_alloc/ignore-gfp-wait", "N"),
    ("fail_page_alloc/ignore-gfp-highmem", "N"),
    ("fail_page_alloc/min-order", "0"),
    ("fail_page_alloc/verbose", "0"),
    ("fail_usercopy/verbose", "0"),
    ("fail_skb_realloc/verbose", "0"),
];

/// Processes for calls that take the processor's time. Each process sets a stage in vain once for each call.
pub const FEW: u32 = 2;
/// Processes for calls that wait, and have few chances to fail.
pub const SOME: u32 = 6;
/// Processes for calls that wait, and have many: a device that ends does so for seconds on this kernel.
pub const MANY: u32 = 24;

/// No memory.
pub const MEMORY: &[i32] = &[libc::ENOMEM, libc::ENOBUFS];
/// No memory, or the caller's cannot be reached.
pub const MEMORY_AND_USER: &[i32] = &[libc::ENOMEM, libc::ENOBUFS, libc::EFAULT];
/// No memory for a socket, whose file the kernel may count as one too many.
pub const OF_SOCKETS: &[i32] = &[libc::ENOMEM, libc::ENOBUFS, libc::ENFILE];
/// The same as [`MEMORY_AND_USER`] where a name is made: a file system without memory for an inode may
/// say that it is full.
pub const OF_NAMES: &[i32] = &[libc::ENOMEM, libc::ENOBUFS, libc::EFAULT, libc::ENOSPC];

/// A call on a stage that is set anew for each of its chances to fail.
pub struct Trial<S> {
    name: String,
    stage: fn() -> S,
    call: Box<Call<S>>,
    errnos: &'static [i32],
}

type Call<S> = dyn Fn(&mut S) -> io::Result<()>;

/// What a call is made on.
pub trait Stage {
    /// Shows all that a call that fails must leave as it is.
    fn state(&self) -> String;

    /// What must be so when the call has succeeded in spite of a fault.
    fn check(&self) {}
}

/// A call, on what `stage` sets, with the errors that are documented for want of memory: none if it
/// cannot fail.
pub fn trial<S: Stage>(
    name: impl Into<String>,
    stage: fn() -> S,
    errnos: &'static [i32],
    call: impl Fn(&mut S) -> io::Result<()> + 'static,
) -> Trial<S> {
    let (name, call) = (name.into(), Box::new(call));
    Trial {
        name,
        stage,
        call,
        errnos,
    }
}

/// The faults of this thread.
struct Injector {
    nth: File,
}

impl Injector {
    fn new() -> Injector {
        for (file, value) in SETTINGS {
            ok(file, fs::write(Path::new(ATTRIBUTES).join(file), value));
        }
        let path = format!("/proc/self/task/{}/fail-nth", process::thread_id());
        let nth = ok(&path, File::options().read(true).write(true).open(&path));
        Injector { nth }
    }

    /// Makes a call fail at its `nth` chance; tells whether there were so many.
    fn inject<T>(&self, nth: u32, call: impl FnOnce() -> T) -> (T, bool) {
        let number = nth.to_string();
        ok("fail-nth", self.nth.write_at(number.as_bytes(), 0));
        let result = call();
        // The chances that are left go on to be taken here: to tell the number is one.
        let mut left = [0; 12];
        let taken = match self.nth.read_at(&mut left, 0) {
            Ok(_) => left[0] == b'0',
            Err(_) => false,
        };
        while self.nth.write_at(b"0", 0).is_err() {}
        (result, taken)
    }
}

static WORKER: AtomicU32 = AtomicU32::new(0);

/// A network for this process alone.
pub fn own_bus() -> Bus {
    Bus::named(&format!("bus{}", WORKER.load(Relaxed)))
}

/// Has each call fail at each of its chances: with an error that is documented, with the stage as it
/// was, and so that the same call succeeds afterwards.
///
/// So many processes walk side by side, each through chances of its own, having called `prepare`.
#[track_caller]
pub fn try_each<S: Stage>(processes: u32, prepare: fn(), trials: &[Trial<S>]) {
    alone();
    let before = left_over();
    let workers: Vec<_> = (1..=processes)
        .map(|number| {
            Process::start(|line| {
                WORKER.store(number, Relaxed);
                prepare();
                let injector = Injector::new();
                let (mut faults, mut failures) = (0, 0);
                for trial in trials {
                    for nth in (number..).step_by(processes as usize) {
                        match try_one(trial, nth, &injector) {
                            Outcome::NotReached => break,
                            Outcome::Succeeded => {}
                            Outcome::Failed => failures += 1,
                        }
                        faults += 1;
                    }
                }
                line.tell(faults);
                line.tell(failures);
            })
        })
        .collect();
    let sum = |sum: (u64, u64), worker: &Process| {
        (sum.0 + worker.line.hear(), sum.1 + worker.line.hear())
    };
    let (faults, failures) = workers.iter().fold((0, 0), sum);
    workers.into_iter().for_each(Process::ends_well);
    amounts::add(Amount::Faults, faults);
    wait_until("all is given back", || left_over() == before);
    remark(format_args!(
        "{} calls, {faults} faults, {failures} of them errors",
        trials.len()
    ));
}

enum Outcome {
    /// The call has not so many chances to fail.
    NotReached,
    Succeeded,
    Failed,
}

#[track_caller]
fn try_one<S: Stage>(trial: &Trial<S>, nth: u32, injector: &Injector) -> Outcome {
    let mut stage = (trial.stage)();
    let state = stage.state();
    let (result, taken) = injector.inject(nth, || (trial.call)(&mut stage));
    let what = format!("{} with fault {nth}", trial.name);
    if !taken {
        ok(format_args!("{what}, which it does not reach"), result);
        return Outcome::NotReached;
    }
    let Err(error) = result else {
        stage.check();
        return Outcome::Succeeded;
    };
    let errno = error.raw_os_error();
    assert!(
        errno.is_some_and(|errno| trial.errnos.contains(&errno)),
        "{what}: {}, which is not documented",
        describe(&error)
    );
    same(format_args!("what {what} has left"), stage.state(), state);
    let again = (trial.call)(&mut stage);
    ok(format_args!("the call after {what}"), again);
    Outcome::Failed
}

/// What stays of networks and sockets when nobody has any: as much as before.
fn left_over() -> (String, BTreeSet<String>, String) {
    // The list of the first network namespace, wherever the test is.
    let list = "/proc/1/net/ipn";
    let networks = ok(list, fs::read_to_string(list));
    let users = fs::read_to_string("/sys/module/af_ipn/refcnt");
    (networks, directories(), ok("refcnt", users))
}
