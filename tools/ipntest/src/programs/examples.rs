// SPDX-License-Identifier: GPL-2.0
//! The examples of the manual page, of the README and of the crate's documentation, which
//! `tests/qemu/guest/examples.py` makes programs of. Their networks have the names that stand there.

use crate::abi::IPN_TERMINATE;
use crate::ktap::remark;
use crate::lab::bus::Bus;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::{cases, skip};
use crate::lab::task::wait_until;
use crate::sys::call::{Call, RECV, RECVMSG};
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

cases!["examples":
    examples_run_until_their_network_ends @ 60,
];

/// Their networks; those that wait for messages do it on the first.
const NETWORKS: [&str; 2] = ["/tmp/bus", "/run/bus"];

fn examples() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = std::env::split_paths(&path)
        .filter_map(|directory| fs::read_dir(directory).ok())
        .flatten()
        .map(|entry| ok("an entry", entry).path())
        .filter(|path| path.file_name().is_some_and(is_example))
        .collect();
    found.sort();
    found
}

fn is_example(name: &std::ffi::OsStr) -> bool {
    name.to_string_lossy().starts_with("example-")
}

/// Whether a process waits for a message.
fn is_receiving(id: u32) -> bool {
    let call = fs::read_to_string(format!("/proc/{id}/syscall")).unwrap_or_default();
    let number = call.split(' ').next().and_then(|word| word.parse().ok());
    number.is_some_and(|number: Call| [RECV, RECVMSG].contains(&number))
}

fn examples_run_until_their_network_ends() {
    let examples = examples();
    if examples.is_empty() {
        skip("no example is in the PATH");
    }
    for example in &examples {
        let name = example.display();
        let remove = || NETWORKS.map(|network| fs::remove_file(network).is_ok());
        remove();
        let mut command = Command::new(example);
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = ok(format_args!("starting {name}"), command.spawn());
        wait_until(&format!("{name} ends with its network"), || {
            if is_receiving(child.id()) {
                let manager = Bus::at(NETWORKS[0]).manage();
                ok("IPN_TERMINATE", manager.ioctl(IPN_TERMINATE));
            }
            ok("waitpid", child.try_wait()).is_some()
        });
        let output = ok("its output", child.wait_with_output());
        let complaint = String::from_utf8_lossy(&output.stderr);
        same(
            format_args!("status of {name}, complaint {complaint:?}"),
            output.status.code(),
            Some(0),
        );
        let made = remove();
        holds(format_args!("{name} had a network"), made.contains(&true));
    }
    remark(format_args!("{} examples", examples.len()));
}
