// SPDX-License-Identifier: GPL-2.0
//! The module's own tests of its wrappers (`rust/kunit/mod.rs`), which a kernel with KUnit has run when
//! the module was loaded.

use crate::lab::check::{holds, ok, same};
use crate::lab::runner::cases;
use std::fs;

cases!["kunit":
    every_suite_has_passed,
];

const RESULTS: &str = "/sys/kernel/debug/kunit";

/// Those there are, so that one which is not built any more is missed.
const SUITES: [&str; 7] = [
    "ipn_family",
    "ipn_lock",
    "ipn_message",
    "ipn_path",
    "ipn_registry",
    "ipn_ring_memory",
    "ipn_shared_memory",
];

/// Whether this is the debug kernel.
pub fn looks_for_bugs() -> bool {
    std::path::Path::new(RESULTS).exists()
}

fn every_suite_has_passed() {
    let mut found: Vec<String> = ok(RESULTS, fs::read_dir(RESULTS))
        .map(|entry| ok(RESULTS, entry).file_name().into_string())
        .map(|name| name.expect("the name of a suite is ASCII"))
        .collect();
    // The kernel has some of its own.
    found.retain(|suite| suite.starts_with("ipn_"));
    found.sort();
    same("suites", found, SUITES.map(String::from).to_vec());
    for suite in SUITES {
        let file = format!("{RESULTS}/{suite}/results");
        let text = ok(&file, fs::read_to_string(&file));
        let passed = |line: &str| line.trim_start().starts_with("ok ");
        let failed = |line: &str| line.contains("not ok ") || line.contains("# SKIP");
        let count = text.lines().filter(|line| passed(line)).count();
        holds(
            format_args!("all of {suite} has passed:\n{text}"),
            count > 1 && !text.lines().any(failed),
        );
    }
}
