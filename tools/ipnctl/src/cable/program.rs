// SPDX-License-Identifier: GPL-2.0

//! The program of a scheme: `ipn-cable-SCHEME PATH URL`.

use super::url::Url;
use crate::failure::Failure;
use ipn::Shown;
use rustix::fs::{access, Access};
use std::env;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where packages put such programs.
const LIBEXEC: &str = "/usr/libexec/ipn";

/// The scheme whose program is in the same package.
const PACKAGED: &str = "pgm";

/// The one whose program is in the same source only.
const IN_SOURCE: &str = "zenoh";

/// Becomes the program of the URL's scheme. Returns why it could not.
pub fn become_it(path: &Path, url: &Url) -> Failure {
    let name = format!("ipn-cable-{}", url.scheme());
    let Some(program) = find(&name) else {
        return missing(url, &name);
    };
    let error = Command::new(&program).arg(path).arg(url.to_string()).exec();
    Failure::new(
        format!(
            "cannot lay the cable {url}: cannot run {}: {error}",
            Shown::of(&program)
        ),
        "look at the file: it is a program, or a script whose first line is #! and its interpreter",
    )
}

fn missing(url: &Url, name: &str) -> Failure {
    let own = own_directory().unwrap_or_default();
    let hint = match url.scheme() {
        PACKAGED => format!("install the package ipn, or make {name} from its source"),
        IN_SOURCE => format!("make {name} from ipn's source (make cable-zenoh), as no package has it"),
        _ => format!(
            "check the scheme (vxlan, pgm and zenoh are known), or put a program {name} there: it is \
             given the network and the URL"
        ),
    };
    Failure::new(
        format!(
            "cannot lay the cable {url}: there is no program {name}, neither beside ipn in {} nor in \
             {LIBEXEC} nor in the PATH",
            Shown::of(&own)
        ),
        hint,
    )
}

fn own_directory() -> Option<PathBuf> {
    env::current_exe().ok()?.parent().map(Path::to_owned)
}

/// The first program of that name: beside this one, where packages put it, in the `PATH`.
fn find(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let path: Vec<_> = env::split_paths(&path).collect();
    let first = own_directory().into_iter().chain([LIBEXEC.into()]);
    let mut programs = first.chain(path).map(|directory| directory.join(name));
    programs.find(|program| program.is_file() && access(program, Access::EXEC_OK).is_ok())
}
