// SPDX-License-Identifier: GPL-2.0

//! The cables of a network, as their ports tell of them.

use super::kernel::Kernel;
use crate::cable::DESCRIBED;
use ipn::Shown;
use std::collections::BTreeSet;
use std::path::Path;

/// The URLs of a network's cables, by their ports: those that are told to the caller. One may have several ports.
pub fn cables(path: &Path) -> Vec<String> {
    let seen = Kernel::open("show the cables", Some(path)).and_then(|mut kernel| kernel.look());
    let seen = seen.unwrap_or_default();
    let texts = seen
        .ports()
        .map(|(_, port)| Shown::of(&port.description).to_string());
    let urls = texts.filter_map(|text| text.strip_prefix(DESCRIBED).map(str::to_owned));
    let urls: BTreeSet<String> = urls.collect();
    urls.into_iter().collect()
}
