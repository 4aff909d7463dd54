// SPDX-License-Identifier: GPL-2.0
//! `ipn cable` becomes the program of the URL's scheme.

use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::client::*;
use crate::lab::host::write;
use crate::lab::runner::{cases, directory};
use crate::lab::task::{OWNER, ROOT};
use std::process::Command;

cases!["cable_command":
    scheme_of_a_stranger_is_a_program_in_the_path,
    program_that_is_missing_is_named,
    program_that_is_none_is_named,
    what_is_no_network_has_no_cable,
    wrong_url_is_explained,
];

/// `ipn cable`, with the test's directory in the PATH.
#[track_caller]
fn cable(path: &str, url: &str) -> Command {
    let mut command = program("ipn", OWNER, &["cable", path, url]);
    let before = std::env::var("PATH").expect("a PATH");
    let path = format!("{before}:{}", directory().display());
    command.env("PATH", path);
    command
}

fn scheme_of_a_stranger_is_a_program_in_the_path() {
    let bus = Bus::new();
    let _creator = bus.create();
    // It is the process itself: signals and the status are the program's.
    let script = b"#!/bin/sh\necho \"$$ $1 $2\"\nexit 7\n";
    write("ipn-cable-x.y+z", script, 0o755);
    let mut command = cable(name(&bus), "X.Y+Z://far?a=%20");
    command.stdout(std::process::Stdio::piped());
    let child = ok("starting it", command.spawn());
    let id = child.id();
    let output = ok("its end", child.wait_with_output());
    same("status", output.status.code(), Some(7));
    let expected = format!("{id} {} x.y+z://far?a=%20\n", name(&bus));
    same(
        "what it is given",
        String::from_utf8_lossy(&output.stdout),
        expected.into(),
    );
}

fn program_that_is_missing_is_named() {
    let bus = Bus::new();
    let _creator = bus.create();
    // One that may not be run is none.
    write("ipn-cable-nobody", b"#!/bin/sh\n", 0o644);
    let words = [
        "no program ipn-cable-nobody",
        "/usr/libexec/ipn",
        "PATH",
        "try: check the scheme",
    ];
    complains(cable(name(&bus), "nobody://x"), &words);
}

fn program_that_is_none_is_named() {
    let bus = Bus::new();
    let _creator = bus.create();
    write("ipn-cable-odd", b"#!/no/such/interpreter\n", 0o755);
    let words = ["cannot run", "ipn-cable-odd", "interpreter"];
    complains(cable(name(&bus), "odd://x"), &words);
}

fn what_is_no_network_has_no_cable() {
    write("ipn-cable-any", b"#!/bin/sh\n", 0o755);
    let bus = Bus::new();
    let words = ["no such network", "lay a cable", "ipn show"];
    for url in ["any://x", "vxlan://192.0.2.2/7"] {
        complains(cable(name(&bus), url), &words);
    }
    write("file", b"", 0o644);
    complains(cable("file", "any://x"), &["file"]);
}

fn wrong_url_is_explained() {
    for (url, words) in [
        ("192.0.2.2", ["is no URL", "SCHEME://"]),
        ("vxlan://192.0.2.2", ["no VNI", "vxlan://192.0.2.2/7"]),
        ("vxlan://host/7", ["no address", "getent"]),
    ] {
        let output = run(program("ipn", ROOT, &["cable", "bus", url]), b"");
        same("status", output.status.code(), Some(2));
        has(&String::from_utf8_lossy(&output.stderr), &words);
    }
}
