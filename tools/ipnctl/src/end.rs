// SPDX-License-Identifier: GPL-2.0

//! `ipn end`.

use crate::cli;
use crate::failure::Failure;
use crate::stop::Stop;
use ipn::{Builder, Errno, Name, Shown};
use std::path::Path;

/// `ipn end`.
pub fn run(args: &cli::End) -> Result<(), Failure> {
    end(&args.path, &Stop::watch()?)
}

/// Ends a network and removes its name.
///
/// The name is removed as the very file that was bound to, in the directory where it was found:
/// another user who owns a directory on the way can not have another file removed.
pub fn end(path: &Path, stop: &Stop) -> Result<(), Failure> {
    let shown = Shown::of(&path);
    let name = Name::find(path).map_err(|errno| {
        let (reason, hint) = match errno {
            Errno::NOENT => (
                "there is no such network".to_owned(),
                "check the name; ipn show lists the networks in use",
            ),
            Errno::NOTSOCK => ("it is a file of another kind".to_owned(), "check the name"),
            errno => (
                errno.to_string(),
                "check the name and the rights on its directory",
            ),
        };
        Failure::new(format!("cannot end the network {shown}: {reason}"), hint)
    })?;
    let manager = Builder::new().manage(&name, path)?;
    // A network without its name could not be ended any more.
    let _busy = stop.busy();
    // First, while no other network can have the name.
    let removed = name.remove();
    manager.network().terminate()?;
    match removed {
        Err(errno) => Err(Failure::new(
            format!("the network {shown} has ended, but its name could not be removed: {errno}"),
            "let the owner of the name or of its directory remove it",
        )),
        Ok(_) => Ok(()),
    }
}
