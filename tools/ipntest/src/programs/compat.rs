// SPDX-License-Identifier: GPL-2.0
//! 32-bit programs on a 64-bit kernel: this program once more, built for 32 bits, runs topics in which
//! what is handed to the kernel differs.

use crate::lab::check::ok;
use crate::lab::runner::{cases, skip};
use std::path::Path;
use std::process::Command;

cases!["compat":
    calls @ 60,
    options @ 60,
    control_messages @ 60,
    mapping @ 60,
    requests @ 60,
];

/// Where it is: `make test` has built it.
const PROGRAM: &str = "/add/ipntest32";

/// Each of these topics and tests succeeds there.
#[track_caller]
fn succeeds(names: &[&str]) {
    if !Path::new(PROGRAM).exists() {
        skip("there is no ipntest32 here: see Documentation/testing.md");
    }
    let output = ok(
        PROGRAM,
        Command::new(PROGRAM).arg("run").args(names).output(),
    );
    let report = String::from_utf8_lossy(&output.stdout);
    let failures: Vec<&str> = report.lines().filter(|l| l.starts_with("not ok")).collect();
    assert!(
        output.status.success(),
        "{}\n{}",
        output.status,
        failures.join("\n")
    );
}

fn calls() {
    succeeds(&["messages", "addresses", "batch", "io_uring", "listing"]);
}

fn options() {
    succeeds(&["options", "switch_options", "time_outs"]);
}

fn control_messages() {
    succeeds(&["generic", "oob", "filters"]);
}

fn mapping() {
    succeeds(&["mapping_layout", "mapping_rights", "mapping"]);
}

fn requests() {
    succeeds(&[
        "errors",
        "states.requests",
        "states.requests_of_devices",
        "device_rights",
        "device_tap.goes_with_its_socket",
        "device_tap.host_answers_and_asks",
        "device_tap.wrong_requests_leave_nothing",
        "device_tap.persistent_one_is_served_again",
        "device_tap.persistent_one_ends_on_a_word",
        "device_grab.carries_frames_both_ways",
    ]);
}
