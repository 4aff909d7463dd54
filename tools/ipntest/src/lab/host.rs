// SPDX-License-Identifier: GPL-2.0
//! What the host that networks are joined to has beside them: its tools, files, and pages.

use crate::device::lab::link_up;
use crate::lab::check::ok;
use crate::lab::client::*;
use crate::lab::runner::directory;
use crate::lab::task::{wait_until, ROOT};
use crate::pace;
use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;

/// The distribution's `ip`, which knows of more kinds of devices than busybox's.
pub const IP: &str = "/sbin/ip";

/// Runs it with these words.
#[track_caller]
pub fn ip(line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    succeeds(program(IP, ROOT, &words), b"");
}

/// A file in the test's directory.
#[track_caller]
pub fn write(file: &str, text: &[u8], mode: u32) {
    let path = directory().join(file);
    ok(file, fs::write(&path, text));
    ok(
        file,
        fs::set_permissions(&path, Permissions::from_mode(mode)),
    );
}

/// Serves the test's directory as pages.
#[track_caller]
pub fn serve_pages(address: &str) -> Running {
    link_up("lo");
    let arguments = ["-f", "-p", address, "-h", "."];
    let server = Running::start(program("httpd", ROOT, &arguments));
    wait_until("pages are served", || TcpStream::connect(address).is_ok());
    server
}

/// A page that the host fetches.
#[track_caller]
pub fn fetched_by_the_host(url: &str) -> Vec<u8> {
    let limit = (5 * pace::factor()).to_string();
    let mut page = Vec::new();
    wait_until(&format!("{url} is fetched"), || {
        let fetch = program("wget", ROOT, &["-q", "-T", &limit, "-O", "-", url]).output();
        let output = ok("running wget", fetch);
        page = output.stdout;
        output.status.success()
    });
    page
}
