// SPDX-License-Identifier: GPL-2.0

//! `ipn up`, `ipn down` and `ipn save`: networks that files describe.

mod cables;
mod change;
mod check;
mod description;
mod hold;
mod links;
mod made;
mod observe;
mod read;
mod state;
mod values;

use crate::cli;
use crate::complain::complain;
use crate::end;
use crate::failure::Failure;
use crate::network_file::is_missing;
use crate::output::{announce, print};
use crate::stop::Stop;
use description::Description;
use hold::Held;
use ipn::{Errno, Manager, Shown};
use made::Made;
use rustix::process::Pid;
use state::State;
use std::path::Path;

/// Makes what files describe, and holds what no other process does.
pub fn up(args: &cli::Up) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let mut wanted: Vec<Description> = Vec::new();
    for file in &args.files {
        let description = Description::read(file)?;
        if wanted.iter().any(|other| other.path == description.path) {
            return Err(Failure::new(
                format!(
                    "{} describes {}, as a file before it does",
                    Shown::of(&file),
                    Shown::of(&description.path)
                ),
                "give each network one file",
            ));
        }
        wanted.push(description);
    }
    let mut all: Vec<Made> = Vec::new();
    let outcome = wanted.into_iter().try_for_each(|description| {
        all.push(Made::make(description, &stop)?);
        stop.check()
    });
    // What is not told is not left behind either.
    let outcome = outcome.and_then(|()| {
        let mut lines = all.iter().map(Made::to_string);
        lines.try_for_each(|line| announce(&stop, &line))
    });
    if let Err(failure) = outcome {
        // As when it is asked to stop later: that takes its time.
        let _busy = stop.busy();
        let undone = all.into_iter().rev();
        return Err(undone.fold(failure, |failure, made| made.undo(failure)));
    }
    let (mut held, mut outcome) = (Vec::new(), Ok(()));
    for made in all {
        match made.finish(&stop) {
            Ok(network) => held.extend(network),
            Err(failure) => outcome = Err(failure),
        }
    }
    match (held.is_empty(), outcome) {
        (true, outcome) => outcome,
        (false, outcome) => {
            // What is held is held all the same.
            outcome.unwrap_or_else(|failure: Failure| complain(&failure.to_string()));
            hold::hold(&stop, held)
        }
    }
}

/// Ends what `ipn up` has made.
pub fn down(args: &cli::Down) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    for named in &args.networks {
        stop.check()?;
        let is_description = named.metadata().is_ok_and(|file| file.is_file());
        let path = match is_description {
            true => Description::read(named)?.path,
            false => std::path::absolute(named).unwrap_or_else(|_| named.clone()),
        };
        match State::find(&path)? {
            // Another process made it, or none.
            None => end::end(&path, &stop)?,
            Some(state) if state.hold()? => {
                let _busy = stop.busy();
                end_orphan(&path, state)?;
            }
            Some(state) => end_held(&path, &state)?,
        }
    }
    Ok(())
}

/// Ends a network whose holder is gone.
fn end_orphan(path: &Path, state: State) -> Result<(), Failure> {
    let manager = match is_missing(path) {
        true => None,
        false => match Manager::existing(path) {
            // The name is all that is left.
            Err(error) if error.errno() == Errno::CONNREFUSED => None,
            manager => Some(manager?),
        },
    };
    Held::new(path.to_owned(), manager, state).end()
}

/// Ends a network that another process holds, which tidies up.
fn end_held(path: &Path, state: &State) -> Result<(), Failure> {
    let (holder, _) = state.read()?;
    state.changed()?;
    let manager = match is_missing(path) {
        true => None,
        false => match Manager::existing(path) {
            // It is exclusive.
            Err(error) if error.errno() == Errno::EXIST => None,
            Err(error) if error.errno() == Errno::CONNREFUSED => None,
            manager => Some(manager?),
        },
    };
    match (manager, holder.and_then(Pid::from_raw)) {
        (Some(manager), _) => manager.network().terminate()?,
        (None, Some(holder)) => state.end_holder(holder)?,
        (None, None) => {}
    }
    state.wait()
}

/// Prints what describes a network.
pub fn save(args: &cli::Save) -> Result<(), Failure> {
    let path = &args.path;
    if is_missing(path) {
        return Err(Failure::new(
            format!(
                "cannot save the network {}: there is no such network",
                Shown::of(&path)
            ),
            "check the name; ipn show lists the networks in use",
        ));
    }
    let path = path
        .canonicalize()
        .map_err(|error| Failure::file("find", path, &error))?;
    if path.to_str().is_none() {
        return Err(Failure::new(
            format!(
                "cannot save the network {}: its name is not UTF-8, as what describes it must be",
                Shown::of(&path)
            ),
            "rename its file; that disturbs no member",
        ));
    }
    let manager = Manager::existing(&path)?;
    let mut is = observe::observe(&manager.network(), &path)?;
    // Only ipn up knows what it was called, and only its user may look.
    let state = State::find(&path)
        .ok()
        .flatten()
        .and_then(|state| state.read().ok());
    is.description = state.and_then(|(_, was)| was?.description);
    let left_out = take_out_transient(&mut is);
    let text = match args.json {
        true => serde_json::to_string_pretty(&is).expect("plain data are JSON") + "\n",
        false => is.to_text() + &left_out,
    };
    print(text.as_bytes())
}

/// Takes out what is there only while some process has a port: a file cannot ask for that. Returns
/// comments that say what it was.
fn take_out_transient(is: &mut Description) -> String {
    let ports: Vec<_> = {
        let taps = is.tap.iter().filter_map(|tap| tap.port);
        taps.chain(is.grab.iter().filter_map(|grab| grab.port))
            .collect()
    };
    let mut left_out = String::new();
    is.r#static.retain(|entry| {
        let stays = ports.contains(&entry.port);
        if !stays {
            left_out += &format!(
                "# static {} at port {}, which a process has\n",
                entry.mac, entry.port
            );
        }
        stays
    });
    if let Some(switch) = &mut is.switch {
        if let Some(mirror) = switch.mirror.filter(|port| !ports.contains(port)) {
            left_out += &format!("# mirror {mirror}, which a process has\n");
            switch.mirror = None;
        }
    }
    match left_out.is_empty() {
        true => left_out,
        false => format!("\n# Left out, as it goes with a process:\n{left_out}"),
    }
}
