// SPDX-License-Identifier: GPL-2.0

//! Holding networks, and ending them.

use super::description::Description;
use super::observe::has_device;
use super::state::State;
use crate::failure::Failure;
use crate::network_file::CreatedFile;
use crate::output::print_line;
use crate::stop::Stop;
use ipn::{Errno, Flags, Manager, Shown};
use rustix::fd::AsFd;
use sd_notify::NotifyState;
use std::path::PathBuf;

/// A network that this process is to end.
#[derive(Debug)]
pub struct Held {
    path: PathBuf,
    /// None when only its name is left.
    manager: Option<Manager>,
    state: State,
    file: Option<CreatedFile>,
}

impl Held {
    /// A network with its file as it is now, which is removed in the end.
    pub fn new(path: PathBuf, manager: Option<Manager>, state: State) -> Self {
        let file = match &manager {
            Some(manager) => CreatedFile::of(&manager.network(), &path),
            None => CreatedFile::left(&path),
        };
        Self {
            path,
            manager,
            state,
            file,
        }
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
    pub fn end(self) -> Result<(), Failure> {
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
        let managers: Vec<_> = held
            .iter()
            .filter_map(|held| held.manager.as_ref())
            .collect();
        let fds: Vec<_> = managers.iter().map(|manager| manager.as_fd()).collect();
        match stop.wait_for_end(&fds) {
            Err(Failure::Signal(_)) => break,
            Err(failure) => {
                outcome = Err(failure);
                break;
            }
            Ok(()) => {}
        }
        for network in std::mem::take(&mut held) {
            match network.has_ended() {
                true => outcome = outcome.and(end(stop, network, "was ended by another manager")),
                false => held.push(network),
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
