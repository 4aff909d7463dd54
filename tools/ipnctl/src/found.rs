// SPDX-License-Identifier: GPL-2.0

//! Networks that are there already.

use crate::failure::Failure;
use crate::network_file::is_missing;
use ipn::{Entry, Shown};
use std::path::Path;

/// The network behind `path`, which is looked for to do `what` with it: "show".
pub fn find(what: &str, path: &Path) -> Result<Entry, Failure> {
    let name = Shown::of(path);
    let fail = |reason: &str, hint: &str| {
        let text = format!("cannot {what} the network {name}: {reason}");
        Failure::new(text, hint)
    };
    if is_missing(path) {
        let hint = "check the name; ipn show lists the networks in use";
        return Err(fail("there is no such network", hint));
    }
    if let Some(entry) = ipn::network(path)? {
        return Ok(entry);
    }
    let why = ipn::Error::no_network(path);
    Err(fail(&why.reason(), why.hint().unwrap_or("check the name")))
}
