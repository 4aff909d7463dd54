// SPDX-License-Identifier: GPL-2.0

//! Holding networks, and ending them.

use super::cables::Cables;
use super::description::Description;
use super::observe::has_device;
use super::state::State;
use crate::complain::complain;
use crate::failure::Failure;
use crate::network_file::CreatedFile;
use crate::output::print_line;
use crate::stop::Stop;
use ipn::{Errno, Flags, Manager, Shown};
use rustix::event::PollFlags;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use sd_notify::NotifyState;
use std::path::PathBuf;
use std::time::Instant;

/// A network that this process is to end.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    /// None when only its name is left.
    manager: Option<Manager>,
    state: State,
    file: Option<CreatedFile>,
    cables: Cables,
    /// Tells when another process describes it anew.
    watch: Option<OwnedFd>,
}

impl Held {
    /// A network with its file as it is now, which is removed in the end.
    pub fn new(path: PathBuf, manager: Option<Manager>, state: State) -> Self {
        let file = match &manager {
            Some(manager) => CreatedFile::of(&manager.network(), &path),
            None => CreatedFile::left(&path),
        };
        Self {
            cables: Cables::none(&path),
            path,
            manager,
            state,
            file,
            watch: None,
        }
    }

    /// The same with its cables, which from now on are as other processes describe them.
    pub fn with_cables(self, cables: Cables) -> Result<Self, Failure> {
        let watch = self.state.watch();
        let watch = watch.map_err(|error| {
            complain(&format!(
                "ipn: changes of the cables of {} will not be seen: {error}",
                Shown::of(&self.path)
            ));
        });
        self.state.changed()?;
        Ok(Self {
            cables,
            watch: watch.ok(),
            ..self
        })
    }

    /// What tells that there is something to do, and the time when there is.
    fn events(&self) -> (Vec<(BorrowedFd<'_>, PollFlags)>, Option<Instant>) {
        // The end of a network is told whether it is asked for or not.
        let manager = self
            .manager
            .as_ref()
            .map(|it| (it.as_fd(), PollFlags::empty()));
        let watch = self.watch.as_ref().map(|it| (it.as_fd(), PollFlags::IN));
        let ends = self.cables.ends().map(|end| (end, PollFlags::IN));
        let all = manager.into_iter().chain(watch).chain(ends);
        (all.collect(), self.cables.next())
    }

    /// Has the cables that are described now.
    fn see_to_cables(&mut self) {
        let changes = self.watch.as_ref().map_or(0, |watch| {
            // It has events of 16 bytes, as it is of no directory.
            rustix::io::read(watch, &mut [0; 4096]).unwrap_or(0)
        });
        if changes > 0 {
            let described = self.described();
            match described {
                Ok(described) => self.cables.follow(&described.cables()),
                Err(failure) => complain(&failure.to_string()),
            }
        }
        self.cables.look();
    }

    /// What it is described as, once nobody is changing that.
    fn described(&self) -> Result<Description, Failure> {
        self.state.wait_for_change()?;
        let read = self.state.read();
        self.state.changed()?;
        read.map(|(_, description)| description.unwrap_or_default())
    }

    /// Whether there is nothing left to hold.
    fn has_ended(&self) -> bool {
        let flags = self
            .manager
            .as_ref()
            .map(|manager| manager.network().flags());
        !matches!(flags, Some(Ok(flags)) if !flags.contains(Flags::TERMINATED))
    }

    /// Ends it: its devices go or are free, its members read the end, its name is removed.
    pub fn end(mut self) -> Result<(), Failure> {
        self.cables.end();
        self.state.wait_for_change()?;
        let (_, described) = self.state.read()?;
        let mut outcome = self.release(&described.unwrap_or_default());
        let is_over = self.has_ended();
        // First the name, while no other network can have it.
        drop(self.file);
        if let Some(manager) = self.manager.as_ref().filter(|_| !is_over) {
            outcome = outcome.and(manager.network().terminate().map_err(Failure::from));
        }
        self.state.remove();
        outcome
    }

    /// Gives back the devices that were described.
    fn release(&self, described: &Description) -> Result<(), Failure> {
        let mut outcome = Ok(());
        for name in described.devices() {
            // A network that has ended does not tell which devices it has.
            if !self.has_ended() && !has_device(&self.path, name) {
                continue;
            }
            match ipn::release_device(name.0) {
                Err(error) if error.errno() != Errno::ADDRNOTAVAIL => outcome = Err(error.into()),
                _ => {}
            }
        }
        outcome
    }
}

/// Holds networks until a signal, or until all have ended.
pub fn hold(stop: &Stop, mut held: Vec<Held>) -> Result<(), Failure> {
    // Without systemd there is nothing to tell, and that is no fault.
    let _ = sd_notify::notify(false, &[NotifyState::Ready]);
    let mut outcome = Ok(());
    while !held.is_empty() {
        let (fds, times): (Vec<_>, Vec<_>) = held.iter().map(Held::events).unzip();
        let next = times.into_iter().flatten().min();
        let left = next.map(|time| time.saturating_duration_since(Instant::now()));
        match stop.wait_for(&fds.concat(), left) {
            Err(Failure::Signal(_)) => break,
            Err(failure) => {
                outcome = Err(failure);
                break;
            }
            Ok(_) => {}
        }
        for mut network in std::mem::take(&mut held) {
            match network.has_ended() {
                true => outcome = outcome.and(end(stop, network, "was ended by another manager")),
                false => {
                    network.see_to_cables();
                    held.push(network);
                }
            }
        }
    }
    let _ = sd_notify::notify(false, &[NotifyState::Stopping]);
    for network in held.into_iter().rev() {
        outcome = outcome.and(end(stop, network, "has ended"));
    }
    outcome
}

fn end(stop: &Stop, network: Held, how: &str) -> Result<(), Failure> {
    let path = Shown::of(&network.path).to_string();
    let busy = stop.busy();
    let outcome = network.end();
    drop(busy);
    // That its reader has gone is no fault.
    let _ = print_line(&format!("network {path} {how}"));
    outcome
}
