// SPDX-License-Identifier: GPL-2.0

//! The cables of a described network: commands that the process runs which holds it. One that ends is
//! laid again; all of them end with that process.

use super::observe::ports;
use crate::cable::Url;
use crate::complain::complain;
use crate::failure::Failure;
use crate::stop::Stop;
use ipn::Shown;
use ipn_netlink::Port;
use rustix::event::{poll, PollFd, PollFlags, Timespec};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::process::{kill_process, pidfd_open, Pid, PidfdFlags, Signal};
use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long is waited until a cable is a port.
const LAID_WITHIN: Duration = Duration::from_secs(10);

/// How long one may take to end in good order.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// How often it is looked whether a port is there.
const LOOK: Duration = Duration::from_millis(20);

/// How long it takes until one that has ended is laid again: the first time, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// The cables of a network. They end with this.
#[derive(Debug)]
pub struct Cables {
    path: PathBuf,
    all: Vec<Cable>,
}

#[derive(Debug)]
struct Cable {
    url: Url,
    state: State,
    /// Until the next one, should this end.
    pause: Duration,
}

#[derive(Debug)]
enum State {
    Runs(Process),
    /// It is laid again then.
    Waits(Instant),
}

/// A command that is a cable. It ends with this.
#[derive(Debug)]
struct Process {
    child: Child,
    /// Becomes readable with its end.
    end: OwnedFd,
    since: Instant,
    /// Whether it was asked to end: a second time it would do so at once, and leave something.
    is_asked: bool,
}

impl Cables {
    /// None yet, of the network `path`.
    pub fn none(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            all: Vec::new(),
        }
    }

    /// Lays these, and waits until each is a port. One that cannot be laid is told, and tried again later:
    /// what it needs of the host or of other machines may come yet. Fails only when a signal asks to stop.
    pub fn lay(&mut self, urls: &[Url], stop: &Stop) -> Result<(), Failure> {
        if !urls.is_empty() {
            await_orphans(&self.path, urls);
        }
        self.follow(urls);
        for cable in &self.all {
            if let State::Runs(process) = &cable.state {
                process.await_port(&self.path, &cable.url, stop)?;
            }
        }
        self.look();
        Ok(())
    }

    /// Has these, and no others. What fails is told, and tried again.
    pub fn follow(&mut self, urls: &[Url]) {
        self.all.retain(|cable| urls.contains(&cable.url));
        for url in urls {
            if !self.all.iter().any(|cable| cable.url == *url) {
                let state = State::Waits(Instant::now());
                self.all.push(Cable::new(url, state));
            }
        }
        self.look();
    }

    /// Notes which have ended, and lays again what is due.
    pub fn look(&mut self) {
        for at in 0..self.all.len() {
            let (path, now) = (Shown::of(&self.path), Instant::now());
            let cable = &mut self.all[at];
            let url = cable.url.clone();
            let due = match &mut cable.state {
                State::Runs(process) => {
                    if let Some(how) = process.ended() {
                        if process.since.elapsed() > PAUSES.1 {
                            cable.pause = PAUSES.0;
                        }
                        let pause = cable.wait(now);
                        complain(&format!(
                            "ipn: the cable {url} of the network {path} has ended, {how}; it is laid again in \
                             {} s",
                            pause.as_secs()
                        ));
                    }
                    false
                }
                State::Waits(until) => *until <= now,
            };
            if !due {
                continue;
            }
            let started = self.start(&url);
            match started {
                Ok(process) => self.all[at].state = State::Runs(process),
                Err(failure) => {
                    complain(&failure.to_string());
                    self.all[at].wait(now);
                }
            }
        }
    }

    /// When there is something to do even if none ends.
    pub fn next(&self) -> Option<Instant> {
        let times = self.all.iter().filter_map(|cable| match cable.state {
            State::Waits(until) => Some(until),
            State::Runs(_) => None,
        });
        times.min()
    }

    /// What becomes readable when one ends.
    pub fn ends(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.all.iter().filter_map(|cable| match &cable.state {
            State::Runs(process) => Some(process.end.as_fd()),
            State::Waits(_) => None,
        })
    }

    /// Ends all.
    pub fn end(&mut self) {
        // They are asked first, so that they end at the same time.
        for cable in &mut self.all {
            if let State::Runs(process) = &mut cable.state {
                process.ask_to_end();
            }
        }
        self.all.clear();
    }

    fn start(&self, url: &Url) -> Result<Process, Failure> {
        Process::start(&self.path, url).map_err(|error| {
            Failure::new(
                format!(
                    "cannot run ipn cable for {url} of the network {}: {error}",
                    Shown::of(&self.path)
                ),
                "look at the limits of processes and of open files, ulimit -u and -n",
            )
        })
    }
}

impl Drop for Cables {
    fn drop(&mut self) {
        self.end();
    }
}

impl Cable {
    fn new(url: &Url, state: State) -> Self {
        Self {
            url: url.clone(),
            state,
            pause: PAUSES.0,
        }
    }

    /// It is laid again after a pause, which is the longer the more often it ended; how long it is.
    fn wait(&mut self, now: Instant) -> Duration {
        let pause = self.pause;
        self.state = State::Waits(now + pause);
        self.pause = (2 * pause).min(PAUSES.1);
        pause
    }
}

impl Process {
    /// Runs `ipn cable`, whose output goes where complaints go: it says what passes.
    fn start(path: &Path, url: &Url) -> io::Result<Self> {
        let own = env::current_exe()?;
        let output = io::stderr().as_fd().try_clone_to_owned()?;
        let child = Command::new(own)
            .args(["cable", "--with", &std::process::id().to_string()])
            .args([path.as_os_str(), url.to_string().as_ref()])
            .stdin(Stdio::null())
            .stdout(output)
            // That it is ready is for this process to say.
            .env_remove("NOTIFY_SOCKET")
            // Ctrl-C is for this process, which ends it in its turn.
            .process_group(0)
            .spawn()?;
        let end = pidfd_open(Pid::from_child(&child), PidfdFlags::empty())?;
        Ok(Self {
            child,
            end,
            since: Instant::now(),
            is_asked: false,
        })
    }

    /// Waits until it is a port, or has ended, or takes too long.
    fn await_port(&self, path: &Path, url: &Url, stop: &Stop) -> Result<(), Failure> {
        let pid = self.child.id();
        while self.since.elapsed() < LAID_WITHIN && !is_there(&ports(path), url, Some(pid)) {
            stop.wait(self.end.as_fd(), PollFlags::IN, Some(LOOK))?;
            if is_readable(self.end.as_fd(), Duration::ZERO) {
                break;
            }
        }
        Ok(())
    }

    /// How it has ended, if it has.
    fn ended(&mut self) -> Option<String> {
        match self.child.try_wait() {
            Ok(None) => None,
            Ok(Some(status)) => Some(status.to_string()),
            Err(error) => Some(error.to_string()),
        }
    }

    fn ask_to_end(&mut self) {
        if !std::mem::replace(&mut self.is_asked, true) {
            // It may have ended.
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.ended().is_some() {
            return;
        }
        self.ask_to_end();
        if !is_readable(self.end.as_fd(), ENDS_WITHIN) {
            // What it leaves is taken away when it is laid again.
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

/// What changes from some cables to others, in words.
pub fn changes(before: &[Url], wanted: &[Url]) -> Vec<String> {
    let gone = before.iter().filter(|url| !wanted.contains(url));
    let new = wanted.iter().filter(|url| !before.contains(url));
    let gone = gone.map(|url| format!("no cable {url}"));
    gone.chain(new.map(|url| format!("cable {url}"))).collect()
}

/// Whether a descriptor becomes readable in that time.
fn is_readable(fd: BorrowedFd<'_>, within: Duration) -> bool {
    let deadline = Instant::now() + within;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).unwrap_or_default();
        match poll(
            &mut [PollFd::from_borrowed_fd(fd, PollFlags::IN)],
            Some(&left),
        ) {
            Err(rustix::io::Errno::INTR) => {}
            ready => return ready.is_ok_and(|count| count > 0),
        }
    }
}

/// Whether one of the ports is the cable: it says so, or is of the process.
fn is_there(ports: &[Port], url: &Url, pid: Option<u32>) -> bool {
    let says = url.description();
    ports
        .iter()
        .any(|port| port.description == says[..] || (pid.is_some() && port.pid == pid))
}

/// Waits for cables of a process that held the network before and was killed: they end with it.
fn await_orphans(path: &Path, urls: &[Url]) {
    let ports = ports(path);
    let says: Vec<_> = urls.iter().map(Url::description).collect();
    let orphans = ports
        .iter()
        .filter(|port| says.iter().any(|says| port.description == says[..]));
    let pids = orphans.filter_map(|port| Pid::from_raw(port.pid? as i32));
    for end in pids.filter_map(|pid| pidfd_open(pid, PidfdFlags::empty()).ok()) {
        is_readable(end.as_fd(), ENDS_WITHIN);
    }
}

/// Waits until another process, the holder, has laid these. The caller manages the network, so that it
/// is told all ports.
pub fn await_others(
    path: &Path,
    urls: &[Url],
    holder: Option<i32>,
    stop: &Stop,
) -> Result<(), Failure> {
    let deadline = Instant::now() + LAID_WITHIN;
    loop {
        let ports = ports(path);
        let Some(missing) = urls.iter().find(|url| !is_there(&ports, url, None)) else {
            return Ok(());
        };
        if Instant::now() > deadline {
            return Err(Failure::new(
                format!(
                    "the cable {missing} of the network {} is not laid within {} s",
                    Shown::of(path),
                    LAID_WITHIN.as_secs()
                ),
                format!(
                    "look at what process {} says, which holds the network: journalctl -u ipn@NAME if it is \
                     a unit; it goes on trying",
                    holder.unwrap_or_default()
                ),
            ));
        }
        stop.sleep_until(Instant::now() + LOOK)?;
    }
}
