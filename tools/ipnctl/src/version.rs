// SPDX-License-Identifier: GPL-2.0

//! What `ipn --version` tells: the versions of the command, of the modules that are
//! loaded, and of the interface that the command was built for.

use ipn::abi::{AF_IPN, IPN_RING_VERSION};
use std::fs;
use std::path::Path;

/// The modules whose versions are told.
const MODULES: [&str; 2] = ["af_ipn", "kvde_switch"];

/// The lines, without the command's name, which clap puts in front.
pub fn report() -> String {
    let modules = MODULES.map(|name| format!("{name}: {}", module(Path::new("/sys/module"), name)));
    format!(
        "{}\n{}\ninterface: family {AF_IPN}, mapped ring {IPN_RING_VERSION}",
        env!("CARGO_PKG_VERSION"),
        modules.join("\n")
    )
}

/// The version of a loaded module. Those before 0.2.0 tell none.
fn module(modules: &Path, name: &str) -> String {
    let directory = modules.join(name);
    match fs::read_to_string(directory.join("version")) {
        Ok(version) => version.trim_end().to_owned(),
        Err(_) if directory.exists() => "loaded, without a version".to_owned(),
        Err(_) => "not loaded".to_owned(),
    }
}

#[cfg(test)]
#[path = "version_tests.rs"]
mod tests;
