// SPDX-License-Identifier: GPL-2.0
//! Threads that block and processes that play a part.

use crate::lab::check::{ok, same};
use crate::lab::runner::FAILED;
use crate::pace::{self, patience, soon};
use crate::sys::call::Call;
use crate::sys::poll::poll;
use crate::sys::process::{self, Fork};
use crate::sys::signal;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// A thread in a call that is expected to block.
pub struct Blocked<T> {
    thread: JoinHandle<T>,
    id: i32,
}

impl<T: Send + 'static> Blocked<T> {
    /// Starts the call in a thread and waits until it sleeps in this one.
    #[track_caller]
    pub fn start(call_number: Call, call: impl FnOnce() -> T + Send + 'static) -> Blocked<T> {
        let blocked = Blocked::perhaps(call_number, call);
        assert!(
            !blocked.is_over(),
            "the call returned at once, it should block"
        );
        blocked
    }

    /// The same of a call that perhaps returns at once.
    #[track_caller]
    pub fn perhaps(call_number: Call, call: impl FnOnce() -> T + Send + 'static) -> Blocked<T> {
        let (tell, hear) = mpsc::channel();
        let thread = thread::spawn(move || {
            tell.send(process::thread_id())
                .expect("the starter listens");
            call()
        });
        let id = hear.recv().expect("the thread says its id");
        let blocked = Blocked { thread, id };
        blocked.sleeps_or_is_over(call_number);
        blocked
    }

    /// Waits until the thread sleeps in this call, or has ended.
    #[track_caller]
    pub fn sleeps_or_is_over(&self, call_number: Call) {
        let file = format!("/proc/self/task/{}/syscall", self.id);
        let start = Instant::now();
        loop {
            let state = fs::read_to_string(&file).unwrap_or_default();
            let number = state.split(' ').next().and_then(|word| word.parse().ok());
            if number == Some(call_number) || self.thread.is_finished() {
                return;
            }
            let late = start.elapsed() > soon();
            assert!(
                !late,
                "the call does not block, the thread is in: {}",
                state.trim()
            );
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Sends the thread a signal; perhaps it has just ended.
    #[track_caller]
    pub fn signal(&self, signal: i32) {
        match signal::to_thread(self.id, signal) {
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            sent => ok("tgkill", sent),
        }
    }

    /// Whether the call has returned.
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// It is still in its call, also a little later.
    #[track_caller]
    pub fn stays_blocked(&self) {
        thread::sleep(Duration::from_millis(30));
        assert!(
            !self.thread.is_finished(),
            "the call should still block, but it returned"
        );
    }

    /// What the call answers, once it has been woken.
    #[track_caller]
    pub fn wakes(self) -> T {
        let start = Instant::now();
        while !self.thread.is_finished() {
            assert!(
                start.elapsed() < soon(),
                "the call should have been woken, it still blocks"
            );
            thread::sleep(Duration::from_millis(1));
        }
        self.thread.join().expect("the thread ends well")
    }
}

/// One end of a line between two processes: numbers go over it, and each waits for the other.
pub struct Line(UnixStream);

impl Line {
    /// Says a number.
    #[track_caller]
    pub fn tell(&self, number: u64) {
        ok(
            "telling the other process",
            (&self.0).write_all(&number.to_ne_bytes()),
        );
    }

    /// Waits for a number.
    #[track_caller]
    pub fn hear(&self) -> u64 {
        let mut bytes = [0; 8];
        ok(
            "hearing the other process (it ended?)",
            (&self.0).read_exact(&mut bytes),
        );
        u64::from_ne_bytes(bytes)
    }

    /// Whether a number is there to be heard.
    #[track_caller]
    pub fn has_said(&self) -> bool {
        ok("poll", poll(&self.0, libc::POLLIN, 0)) & libc::POLLIN != 0
    }
}

/// Another process.
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// The line to it.
    pub line: Line,
}

impl Process {
    /// Forks a process that runs this and ends. It inherits every descriptor.
    #[track_caller]
    pub fn start(part: impl FnOnce(&Line)) -> Process {
        let (ours, theirs) = ok("socketpair", UnixStream::pair());
        match ok("fork", process::fork()) {
            Fork::Parent(pid) => Process {
                pid,
                line: Line(ours),
            },
            Fork::Child => {
                drop(ours);
                part(&Line(theirs));
                process::exit_now(0)
            }
        }
    }

    /// Waits for its good end.
    #[track_caller]
    pub fn ends_well(self) {
        let (_, status) = ok("waitpid", process::wait(self.pid, 0));
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == FAILED {
            // It has already said why.
            process::exit_now(FAILED);
        }
        same("status of the other process", status, 0);
    }

    /// Kills it and waits until it is gone.
    #[track_caller]
    pub fn kill(self) {
        ok("kill", process::kill(self.pid, libc::SIGKILL));
        self.was_killed();
    }

    /// Waits for its end, which is another's doing.
    #[track_caller]
    pub fn was_killed(self) {
        let (_, status) = ok("waitpid", process::wait(self.pid, 0));
        if libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == FAILED {
            process::exit_now(FAILED);
        }
        same(
            "signal that ended the other process",
            libc::WTERMSIG(status),
            libc::SIGKILL,
        );
    }
}

/// A user that the tests play.
#[derive(Clone, Copy)]
pub struct User {
    /// The user and its own group.
    pub id: u32,
    /// Its further groups.
    pub groups: &'static [u32],
}

/// The one who runs the tests.
pub const ROOT: User = User { id: 0, groups: &[] };
/// The one who creates networks.
pub const OWNER: User = User {
    id: 1001,
    groups: &[],
};
/// One in the owner's group.
pub const COMRADE: User = User {
    id: 1002,
    groups: &[1001],
};
/// One who is neither.
pub const STRANGER: User = User {
    id: 1003,
    groups: &[],
};

impl User {
    /// Becomes the user, for good.
    #[track_caller]
    pub fn become_it(self) {
        let become_user = process::become_user(self.id, self.id, self.groups);
        ok(format_args!("becoming user {}", self.id), become_user);
    }

    /// Does something as this user, in a process of its own, and waits for its end.
    #[track_caller]
    pub fn does(self, deed: impl FnOnce()) {
        Process::start(|_| {
            self.become_it();
            deed();
        })
        .ends_well();
    }
}

/// The longest pause between two looks, on the stock kernel. Each look takes time from what is waited for.
const LONGEST_PAUSE: Duration = Duration::from_millis(8);

/// Waits until something is so.
#[track_caller]
pub fn wait_until(what: &str, so: impl FnMut() -> bool) {
    wait_within(pace::SOON, what, so);
}

/// The same with a limit of its own, as it is on the stock kernel.
#[track_caller]
pub fn wait_within(limit: Duration, what: &str, mut so: impl FnMut() -> bool) {
    let (start, limit) = (Instant::now(), patience(limit));
    let (mut pause, longest) = (Duration::from_millis(1), patience(LONGEST_PAUSE));
    while !so() {
        assert!(
            start.elapsed() < limit,
            "{what}: still not so after {limit:?}"
        );
        thread::sleep(pause);
        pause = longest.min(2 * pause);
    }
}
