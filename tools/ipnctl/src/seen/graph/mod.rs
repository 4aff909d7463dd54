// SPDX-License-Identifier: GPL-2.0

//! `ipn graph`: a picture of networks, ports, processes, devices and VLANs.

mod dot;
mod picture;
mod svg;
mod vlans;

use super::kernel::Kernel;
use super::users::Users;
use crate::cli;
use crate::failure::Failure;
use crate::output::print;
use crate::show::find;
use ipn::FileNumbers;
use picture::Picture;

/// Draws networks.
pub fn graph(args: &cli::Graph) -> Result<(), Failure> {
    let mut kernel = Kernel::open("draw the networks")?;
    let file = match &args.path {
        None => None,
        Some(path) => {
            find(path)?;
            let file = FileNumbers::find(path);
            Some(file.map_err(|error| Failure::file("look at", path, &error))?)
        }
    };
    let seen = kernel.look(file)?;
    let lives = |pid: u32| std::path::Path::new(&format!("/proc/{pid}")).exists();
    let picture = Picture::of(&seen, &vlans::of(&seen), &Users::read(), lives);
    let text = match args.dot {
        true => dot::text(&picture),
        false => svg::text(&picture),
    };
    print(text.as_bytes())
}
