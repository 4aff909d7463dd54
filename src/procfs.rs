// SPDX-License-Identifier: GPL-2.0

//! `/proc/net/ipn`: the networks that are in use, a line each.

use crate::{
    policy::Policy,
    rust::{
        fs::proc::{show_path, Show},
        glue::global::registry,
    },
    socket::Network,
};
use kernel::{prelude::*, seq_file::SeqFile, seq_print};

/// The file.
pub(crate) struct Listing;

impl Show for Listing {
    const NAME: &'static CStr = c"ipn";

    fn show(file: &SeqFile) {
        seq_print!(
            file,
            "inode policy flags mtu ports used readers writers pool sent dropped path\n"
        );
        for network in registry().networks() {
            show_network(file, network);
        }
    }
}

fn show_network(file: &SeqFile, network: &Network) {
    let path = network.path.lock();
    let Some(path) = path.as_ref() else { return };
    let shape = network.shape();
    let figures = network.figures();
    // A network keeps its policy's module, so the policy is there.
    let Ok(policy) = Policy::find(network.protocol) else {
        return;
    };
    seq_print!(
        file,
        "{} {} {:#x} {} {} {} {} {} {} {} {} ",
        path.inode_number(),
        policy.name(),
        shape.flags,
        shape.mtu,
        figures.ports,
        figures.used,
        figures.counts.readers,
        figures.counts.writers,
        network.pool,
        figures.sent,
        figures.dropped
    );
    show_path(file, path);
    seq_print!(file, "\n");
}
