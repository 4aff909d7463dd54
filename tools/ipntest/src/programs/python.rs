// SPDX-License-Identifier: GPL-2.0
//! The Python package, as its own tests try it in an interpreter (`PYTHON=1`: the guest has one).

use crate::ktap::remark;
use crate::lab::check::ok;
use crate::lab::runner::{cases, skip};
use crate::switch::lab::load_switch;
use std::process::Command;

cases!["python":
    package_does_what_its_tests_say @ 120,
];

/// Where the guest has them.
const TESTS: &str = "/lib/ipn-python/test_ipn.py";

fn package_does_what_its_tests_say() {
    load_switch();
    let tried = match Command::new("python3").arg(TESTS).output() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            skip("the guest has no Python: PYTHON=1")
        }
        tried => ok("starting python3", tried),
    };
    let said = String::from_utf8_lossy(&tried.stderr);
    assert!(tried.status.success(), "{said}");
    let ran = said.lines().find(|line| line.starts_with("Ran "));
    remark(ran.expect("it says how many ran"));
}
