// SPDX-License-Identifier: GPL-2.0

//! `ipn graph`: a picture of networks, ports, processes, devices and VLANs.

mod dot;
mod picture;
mod svg;
mod switches;

use super::kernel::Kernel;
use super::users::Users;
use crate::cable::vxlan_devices;
use crate::cli;
use crate::failure::Failure;
use crate::output::print;
use picture::Picture;
use switches::Switches;

/// Draws networks.
pub fn graph(args: &cli::Graph) -> Result<(), Failure> {
    let mut kernel = Kernel::open("draw the networks", args.path.as_deref())?;
    let seen = kernel.look()?;
    let lives = |pid: u32| std::path::Path::new(&format!("/proc/{pid}")).exists();
    let has_device = seen.ports().any(|(_, port)| port.device.is_some());
    let tunnels = match has_device {
        true => vxlan_devices(),
        false => Vec::new(),
    };
    let picture = Picture::of(&seen, &Switches::of(&seen), &tunnels, &Users::read(), lives);
    let text = match args.dot {
        true => dot::text(&picture),
        false => svg::text(&picture),
    };
    print(text.as_bytes())
}
