// SPDX-License-Identifier: GPL-2.0

//! `ipn end`.

use crate::cli;
use crate::failure::Failure;
use crate::network_file::is_missing;
use ipn::Manager;

/// Ends a network and removes its name.
pub fn run(args: &cli::End) -> Result<(), Failure> {
    let path = &args.path;
    if is_missing(path) {
        // Binding would create it.
        return Err(Failure::new(
            format!(
                "cannot end the network {}: there is no such network",
                path.display()
            ),
            "check the name; ipn show lists the networks in use",
        ));
    }
    let manager = Manager::bind(path)?;
    manager.network().terminate()?;
    drop(manager);
    match std::fs::remove_file(path) {
        Err(error) if !is_missing(path) => Err(Failure::new(
            format!(
                "the network {} has ended, but its name could not be removed: {error}",
                path.display()
            ),
            "let the owner of the name or of its directory remove it",
        )),
        _ => Ok(()),
    }
}
