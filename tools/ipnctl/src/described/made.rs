// SPDX-License-Identifier: GPL-2.0

//! A network that was made, or changed, as a description says, and undoing that.

use super::cables::{await_others, Cables};
use super::change::Change;
use super::description::Description;
use super::hold::Held;
use super::observe::observe;
use super::state::State;
use crate::failure::Failure;
use crate::network_file::is_missing;
use crate::stop::Stop;
use ipn::{Builder, Errno, Flags, Manager, Shown};
use std::fmt;

/// A network as it is described now.
#[derive(Debug)]
pub struct Made {
    wanted: Description,
    state: State,
    /// None where another process holds an exclusive network.
    manager: Option<Manager>,
    /// Whether this process holds it from now on.
    holds: bool,
    /// The process that held it before.
    holder: Option<i32>,
    /// What it was described as before.
    before: Option<Description>,
    origin: Origin,
    /// Those that this process runs, as it holds the network.
    cables: Cables,
    /// What was changed.
    done: Vec<String>,
}

/// Where a network came from.
#[derive(Debug)]
enum Origin {
    /// Nothing was done yet.
    Untouched,
    /// It is new.
    Made,
    /// It was there, and like this.
    Changed(Box<Description>),
}

impl Made {
    /// Makes a network as it is described, or changes it to be so. When that fails, all is as it
    /// was.
    pub fn make(wanted: Description, stop: &Stop) -> Result<Self, Failure> {
        let state = State::open(&wanted.path)?;
        let holds = state.hold()?;
        let (holder, before) = state.read()?;
        let before = before.filter(|before| before.path == wanted.path);
        let mut made = Self {
            cables: Cables::none(&wanted.path),
            wanted,
            state,
            manager: None,
            holds,
            holder,
            before,
            origin: Origin::Untouched,
            done: Vec::new(),
        };
        let outcome = made.open().and_then(|new| match new {
            true => made.fill(),
            false => made.change(),
        });
        let outcome = outcome.and_then(|()| made.lay_cables(stop));
        match outcome {
            Ok(()) => Ok(made),
            Err(failure) => Err(made.undo(failure)),
        }
    }

    /// Opens the network; whether it is new. A stale name is replaced if it is that of a network
    /// which was described.
    fn open(&mut self) -> Result<bool, Failure> {
        let ours = self.holds && self.before.is_some();
        let path = &self.wanted.path;
        if is_missing(path) && !self.holds {
            return Err(Failure::new(
                format!(
                    "the network {} is held, but its name is gone",
                    Shown::of(&path)
                ),
                "ipn down ends it; then try again",
            ));
        }
        let new = match is_missing(path) {
            true => true,
            // To bind to what is there says whether it lives; its shape does not count.
            false => match Manager::existing(path) {
                Ok(manager) => {
                    self.manager = Some(manager);
                    false
                }
                Err(error) if error.errno() == Errno::CONNREFUSED && ours => true,
                Err(error) if error.errno() == Errno::EXIST && !self.holds => false,
                Err(error) => return Err(error.into()),
            },
        };
        if new {
            self.manager = Some(self.builder().replace_stale(ours).bind(path)?);
            self.origin = Origin::Made;
        }
        Ok(new)
    }

    /// What a new network is created as. Until all is there only its owner is let in.
    fn builder(&self) -> Builder {
        let wanted = &self.wanted;
        let mut flags = Flags::empty();
        flags.set(Flags::LOSSLESS, wanted.lossless == Some(true));
        flags.set(Flags::ONE_WRITER, wanted.one_writer == Some(true));
        flags.set(Flags::EXCLUSIVE, wanted.exclusive == Some(true));
        flags.set(Flags::FLEXIBLE_MTU, wanted.flexmtu == Some(true));
        flags.set(Flags::HISTORY, wanted.history == Some(true));
        flags.set(Flags::EVICT, wanted.evict == Some(true));
        let policy = wanted.policy.map_or(ipn::Policy::HUB, |policy| policy.0);
        let mut builder = Builder::new()
            .policy(policy)
            .reliable(wanted.reliable == Some(true))
            .flags(flags)
            .mode(0o700);
        if let Some(mtu) = wanted.mtu {
            builder = builder.mtu(mtu);
        }
        if let Some(ports) = wanted.ports {
            builder = builder.ports(ports);
        }
        if let Some(pool) = wanted.pool {
            builder = builder.pool(pool);
        }
        if let Some(bytes) = wanted.bytes {
            builder = builder.bytes(bytes);
        }
        if let Some(window) = wanted.window {
            builder = builder.window(window.0);
        }
        if let Some(rate) = wanted.rate {
            builder = builder.rate(rate.0);
        }
        match &wanted.description {
            Some(text) => builder.description(text),
            None => builder,
        }
    }

    /// Gives a new network what belongs to it.
    fn fill(&mut self) -> Result<(), Failure> {
        // From now on what is left of it can be told to be ours.
        self.state
            .write(Some(std::process::id() as i32), &self.wanted)?;
        let Some(manager) = &self.manager else {
            return Ok(());
        };
        let is = observe(&manager.network(), &self.wanted.path)?;
        let nothing = Description::default();
        self.change_from(manager, &is, &nothing).apply().map(drop)
    }

    fn change_from<'a>(
        &'a self,
        manager: &'a Manager,
        is: &'a Description,
        before: &'a Description,
    ) -> Change<'a> {
        Change {
            network: manager.network(),
            is,
            before,
            wanted: &self.wanted,
        }
    }

    /// Changes a network that is there.
    fn change(&mut self) -> Result<(), Failure> {
        let Some(manager) = &self.manager else {
            return self.leave_exclusive();
        };
        let before = self.before.clone().unwrap_or_default();
        let is = observe(&manager.network(), &self.wanted.path)?;
        self.change_from(manager, &is, &before).check()?;
        self.origin = Origin::Changed(Box::new(is.clone()));
        let mut done = self.change_from(manager, &is, &before).apply()?;
        if self.wanted.description != before.description {
            let text = self.wanted.description.as_deref().unwrap_or_default();
            manager.set_description(text)?;
            done.push("description".to_owned());
        }
        self.done = done;
        let own = std::process::id() as i32;
        let holder = if self.holds { Some(own) } else { self.holder };
        self.state.write(holder, &self.wanted)
    }

    /// Lays the cables, if that is for this process.
    fn lay_cables(&mut self, stop: &Stop) -> Result<(), Failure> {
        match self.holds {
            true => self.cables.lay(&self.wanted.cables(), stop),
            false => Ok(()),
        }
    }

    /// A network that another process holds alone is left as it is, if that is how it should be.
    fn leave_exclusive(&self) -> Result<(), Failure> {
        if self.before.as_ref() == Some(&self.wanted) {
            return Ok(());
        }
        Err(Failure::new(
            format!(
                "cannot change the network {}: it is exclusive, and process {} holds it",
                Shown::of(&self.wanted.path),
                self.holder.unwrap_or_default()
            ),
            "ipn down, then ipn up: that ends it for all members",
        ))
    }

    /// Makes all as it was, for that reason. Tells what of it failed too.
    pub fn undo(mut self, reason: Failure) -> Failure {
        self.cables.end();
        let outcome = match std::mem::replace(&mut self.origin, Origin::Untouched) {
            Origin::Untouched => {
                self.forget();
                Ok(())
            }
            Origin::Made => Held::new(self.wanted.path, self.manager, self.state).end(),
            Origin::Changed(was) => self.restore(*was),
        };
        match outcome {
            Ok(()) => reason,
            Err(failure) => reason.and_also("it could not all be undone", &failure),
        }
    }

    /// Removes the state if it was made for nothing.
    fn forget(&self) {
        if self.holds && self.before.is_none() {
            self.state.remove();
        }
    }

    /// Gives a network back what it had.
    fn restore(&mut self, was: Description) -> Result<(), Failure> {
        let tried = std::mem::replace(&mut self.wanted, was);
        if let Some(manager) = &self.manager {
            let is = observe(&manager.network(), &self.wanted.path)?;
            self.change_from(manager, &is, &tried).apply()?;
        }
        self.forget();
        match &self.before {
            Some(before) => self.state.write(self.holder, before),
            None => Ok(()),
        }
    }

    /// Lets other processes change it; what this process holds from now on. Of cables that another one
    /// runs it is waited until they are laid.
    pub fn finish(self, stop: &Stop) -> Result<Option<Held>, Failure> {
        if self.holds {
            let held = Held::new(self.wanted.path, self.manager, self.state);
            return held.with_cables(self.cables).map(Some);
        }
        self.state.changed()?;
        await_others(&self.wanted.path, &self.wanted.cables(), self.holder, stop)?;
        Ok(None)
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = Shown::of(&self.wanted.path);
        if matches!(self.origin, Origin::Made) {
            return write!(f, "network {path} is up; Ctrl-C ends it");
        }
        match self.done.is_empty() {
            true => write!(f, "network {path}: nothing to change")?,
            false => write!(f, "network {path} was changed: {}", self.done.join(", "))?,
        }
        match self.holds {
            true => f.write_str("; it is held from here now, Ctrl-C ends it"),
            false => Ok(()),
        }
    }
}
