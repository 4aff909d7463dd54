// SPDX-License-Identifier: GPL-2.0
//! Calls about the files of networks.

use crate::outcome::Answer;
use crate::program::Call;
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;

fn nothing(result: io::Result<()>) -> io::Result<Answer> {
    result.map(|()| Answer::default())
}

/// Makes a call; any that is not about a file lists the networks.
pub fn run(call: &Call) -> io::Result<Answer> {
    match call {
        Call::Unlink { name } => nothing(fs::remove_file(name.path())),
        Call::Rename { from, to } => nothing(fs::rename(from.path(), to.path())),
        Call::HardLink { from, to } => nothing(fs::hard_link(from.path(), to.path())),
        Call::Mode { name, mode } => nothing(fs::set_permissions(
            name.path(),
            fs::Permissions::from_mode(*mode),
        )),
        _ => fs::read("/proc/net/ipn").map(|bytes| Answer::stored(bytes.len(), bytes)),
    }
}
