// SPDX-License-Identifier: GPL-2.0

//! Signals that ask to stop, and waiting that heeds them.

use crate::failure::Failure;
use crate::sys::HeldBack;
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::fs;
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Watches for the signals that ask to stop. One is enough: what does not end in good order
/// then is ended. A second one ends the process at once.
#[derive(Debug)]
pub struct Stop {
    /// Becomes readable with the first signal.
    pipe: UnixStream,
    /// The last signal, or 0.
    signal: Arc<AtomicUsize>,
    /// How much of what is done now is to be finished.
    busy: Arc<AtomicUsize>,
}

/// As long as this is there, what is done is finished in spite of a signal, however long it takes.
#[derive(Debug)]
pub struct Busy<'a>(&'a AtomicUsize);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The descriptor is ready.
    Ready,
    /// The time has passed.
    TimedOut,
    /// Nobody reads the output any more.
    ReaderLeft,
}

impl Stop {
    /// Watches from now on. A signal that is ignored stays so: the process that started the command
    /// (nohup, a script in its background) wants that.
    pub fn watch() -> Result<Self, Failure> {
        Self::watch_and(true)
    }

    /// The same in a process that ends with the one that started it, where a second signal is as one: the kernel
    /// tells of the end of each of that one's threads (`PR_SET_PDEATHSIG`, prctl(2)).
    pub fn watch_as_child() -> Result<Self, Failure> {
        Self::watch_and(false)
    }

    fn watch_and(second_ends_at_once: bool) -> Result<Self, Failure> {
        let watch = || -> io::Result<Self> {
            let (pipe, end) = UnixStream::pair()?;
            let signal = Arc::new(AtomicUsize::new(0));
            let asked = Arc::new(AtomicBool::new(false));
            let (alarm, bell) = UnixStream::pair()?;
            // A signal that comes between two steps would be lost: the handler is there before
            // what it is to do.
            let held_back = HeldBack::signals(wanted())?;
            for number in wanted() {
                signal_hook::flag::register_usize(number, signal.clone(), number as usize)?;
                signal_hook::low_level::pipe::register(number, end.try_clone()?)?;
                signal_hook::low_level::pipe::register(number, bell.try_clone()?)?;
                // Who asks again is not made to wait for a reader that is slow.
                if second_ends_at_once {
                    signal_hook::flag::register_conditional_default(number, asked.clone())?;
                    signal_hook::flag::register(number, asked.clone())?;
                }
            }
            drop(held_back);
            let busy = Arc::new(AtomicUsize::new(0));
            end_when_stuck(alarm, signal.clone(), busy.clone())?;
            Ok(Self { pipe, signal, busy })
        };
        watch().map_err(|error| {
            Failure::new(
                format!("cannot watch for signals: {error}"),
                "look at the limit of open files, ulimit -n",
            )
        })
    }

    /// From now on something is done that is to be finished.
    pub fn busy(&self) -> Busy<'_> {
        self.busy.fetch_add(1, Ordering::SeqCst);
        Busy(&self.busy)
    }

    /// Fails once a signal asks to stop.
    pub fn check(&self) -> Result<(), Failure> {
        match self.signal.load(Ordering::SeqCst) {
            0 => Ok(()),
            signal => Err(Failure::Signal(signal as i32)),
        }
    }

    /// Waits until `fd` is ready for one of `events`, for `timeout` at most. Fails
    /// when a signal asks to stop.
    pub fn wait(
        &self,
        fd: BorrowedFd<'_>,
        events: PollFlags,
        timeout: Option<Duration>,
    ) -> Result<Woken, Failure> {
        self.wait_for(&[(fd, events)], timeout)
    }

    /// The same, until `output` has lost its reader as well.
    pub fn wait_with_output(
        &self,
        fd: BorrowedFd<'_>,
        events: PollFlags,
        output: BorrowedFd<'_>,
        timeout: Option<Duration>,
    ) -> Result<Woken, Failure> {
        let woken = self.wait_for(&[(fd, events), (output, PollFlags::empty())], timeout)?;
        let mut gone = [PollFd::from_borrowed_fd(output, PollFlags::empty())];
        let none = Timespec::default();
        match (woken, poll(&mut gone, Some(&none))) {
            (Woken::Ready, Ok(1)) => Ok(Woken::ReaderLeft),
            _ => Ok(woken),
        }
    }

    /// Sleeps until `time`. Fails when a signal asks to stop.
    pub fn sleep_until(&self, time: Instant) -> Result<(), Failure> {
        let left = time.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            self.wait_for(&[], Some(left))?;
        }
        Ok(())
    }

    /// Waits until one of several descriptors is ready for what is asked of it, for `timeout` at most.
    /// Fails when a signal asks to stop.
    pub fn wait_for(
        &self,
        fds: &[(BorrowedFd<'_>, PollFlags)],
        timeout: Option<Duration>,
    ) -> Result<Woken, Failure> {
        let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        loop {
            self.check()?;
            let left = deadline.map(|time| time.saturating_duration_since(Instant::now()));
            let left = left.and_then(|left| Timespec::try_from(left).ok());
            let mut all = vec![PollFd::from_borrowed_fd(self.pipe.as_fd(), PollFlags::IN)];
            let others = fds
                .iter()
                .map(|(fd, events)| PollFd::from_borrowed_fd(*fd, *events));
            all.extend(others);
            let outcome = poll(&mut all, left.as_ref());
            self.check()?;
            match outcome {
                Ok(0) => return Ok(Woken::TimedOut),
                Ok(_) => return Ok(Woken::Ready),
                Err(Errno::INTR) => {}
                Err(errno) => {
                    let text = format!("cannot wait: {errno}");
                    return Err(Failure::Error { text, hint: None });
                }
            }
        }
    }
}

/// How long a command may take to end in good order after a signal.
const GRACE: Duration = Duration::from_secs(1);

/// Lets a signal end the process as it would have done at first if the command is stuck somewhere
/// that `Stop` can not heed: in output that no reader takes, or in opening a FIFO.
fn end_when_stuck(
    mut alarm: UnixStream,
    signal: Arc<AtomicUsize>,
    busy: Arc<AtomicUsize>,
) -> io::Result<()> {
    let watch = move || {
        let rung = alarm.read(&mut [0]);
        thread::sleep(GRACE);
        while busy.load(Ordering::SeqCst) > 0 {
            thread::sleep(GRACE);
        }
        if rung.is_ok() {
            let signal = signal.load(Ordering::SeqCst) as i32;
            // It fails for signals that have no default, which are not asked for.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    };
    thread::Builder::new().spawn(watch).map(drop)
}

/// The signals that ask to stop, without those that are ignored (proc_pid_status(5)).
fn wanted() -> impl Iterator<Item = i32> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let ignored = ignored.unwrap_or(0);
    let signals = [SIGINT, SIGTERM, SIGHUP].into_iter();
    signals.filter(move |number| (ignored >> (number - 1)) & 1 == 0)
}

/// A file that is read only when a signal would not be held up by it.
#[derive(Debug)]
pub struct Heeding<'a, T> {
    /// The file.
    pub file: T,
    /// The signals.
    pub stop: &'a Stop,
}

impl<T: Read + AsFd> Read for Heeding<'_, T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let woken = self.stop.wait(self.file.as_fd(), PollFlags::IN, None);
        // The caller asks `stop` for the signal.
        woken.map_err(|failure| io::Error::other(failure.to_string()))?;
        self.file.read(buffer)
    }
}
