// SPDX-License-Identifier: GPL-2.0
//! Calls whose chances to fail are taken one after the other. Only a kernel that injects faults has
//! the files for it.

use crate::ktap::remark;
use crate::lab::amounts::{self, Amount};
use crate::lab::bus::Bus;
use crate::lab::check::{describe, ok, same};
use crate::lab::task::{wait_until, Process};
use crate::sys::process;
use crate::sysfs::lab::{alone, directories};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

const ATTRIBUTES: &str = "/sys/kernel/debug";

/// What each kind of fault is told: to count allocations that may sleep and small ones too, but only
/// those of the caches that [`choose_caches`] names, and to say nothing.
const SETTINGS: [(&str, &str); 9] = [
    ("failslab/ignore-gfp-wait", "N"),
    ("failslab/cache-filter", "Y"),
    ("failslab/verbose", "0"),
    ("fail_page_alloc/ignore-gfp-wait", "N"),
    ("fail_page_alloc/ignore-gfp-highmem", "N"),
    ("fail_page_alloc/min-order", "0"),
    ("fail_page_alloc/verbose", "0"),
    ("fail_usercopy/verbose", "0"),
    ("fail_skb_realloc/verbose", "0"),
];

/// The kernel's caches of memory, a directory each.
const CACHES: &str = "/sys/kernel/slab";

/// Caches of kmemleak and debugobjects, which remember allocations and do without their own.
const CACHES_OF_CHECKS: [&str; 2] = ["kmemleak_object", "debug_objects_cache"];

/// How the chances of calls are walked through.
#[derive(Clone, Copy)]
pub struct Way {
    /// Processes that do it side by side. Each sets a stage in vain once for each call.
    processes: u32,
    /// Whether a call that has failed is made again on the same stage, or at last on a new one.
    same_stage: bool,
}

/// For most calls. A failed one may leave something in the kernel's caches, a name's inode say, that
/// spares the next one chances; so each gets its own stage.
pub const EACH: Way = Way {
    processes: 2,
    same_stage: false,
};

/// For calls that find in the caches all that they look for.
pub const REPEATED: Way = Way {
    processes: 2,
    same_stage: true,
};

/// For calls that make devices. They have many chances, and a device that ends does so for seconds on this
/// kernel; but where none was made nothing of it is in any cache.
pub const DEVICES: Way = Way {
    processes: 8,
    same_stage: true,
};

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

/// Has faults happen in the caches of all but the checks, whose allocations would be half of all chances.
fn choose_caches() {
    for cache in ok(CACHES, fs::read_dir(CACHES)) {
        let cache = ok(CACHES, cache);
        let chosen = CACHES_OF_CHECKS
            .iter()
            .all(|&name| cache.file_name() != name);
        let file = cache.path().join("failslab");
        ok(
            file.display(),
            fs::write(&file, u8::from(chosen).to_string()),
        );
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
/// Processes walk side by side, each through chances of its own, having called `prepare`.
#[track_caller]
pub fn try_each<S: Stage>(way: Way, prepare: fn(), trials: &[Trial<S>]) {
    alone();
    choose_caches();
    let before = left_over();
    let workers: Vec<_> = (1..=way.processes)
        .map(|number| {
            Process::start(|line| {
                WORKER.store(number, Relaxed);
                prepare();
                let injector = Injector::new();
                let (mut faults, mut failures) = (0, 0);
                for trial in trials {
                    let walked = walk(trial, number, way, &injector);
                    faults += walked.0;
                    failures += walked.1;
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

/// Takes the chances of a call that fall to the process whose first one is `first`; tells how many there
/// were and how many of them made it fail.
#[track_caller]
fn walk<S: Stage>(trial: &Trial<S>, first: u32, way: Way, injector: &Injector) -> (u64, u64) {
    let (mut faults, mut failures) = (0, 0);
    let mut kept = None;
    for nth in (first..).step_by(way.processes as usize) {
        let (mut stage, state) = kept.take().unwrap_or_else(|| {
            let stage = (trial.stage)();
            let state = stage.state();
            (stage, state)
        });
        match try_one(trial, nth, injector, &mut stage, &state) {
            Outcome::NotReached => break,
            Outcome::Succeeded => {}
            Outcome::Failed => {
                failures += 1;
                if way.same_stage {
                    kept = Some((stage, state));
                } else {
                    let again = (trial.call)(&mut stage);
                    ok(format_args!("{} after fault {nth}", trial.name), again);
                }
            }
        }
        faults += 1;
    }
    (faults, failures)
}

enum Outcome {
    /// The call has not so many chances to fail.
    NotReached,
    Succeeded,
    Failed,
}

#[track_caller]
fn try_one<S: Stage>(
    trial: &Trial<S>,
    nth: u32,
    injector: &Injector,
    stage: &mut S,
    state: &str,
) -> Outcome {
    let (result, taken) = injector.inject(nth, || (trial.call)(stage));
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
    same(
        format_args!("what {what} has left"),
        stage.state().as_str(),
        state,
    );
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
