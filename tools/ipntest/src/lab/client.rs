// SPDX-License-Identifier: GPL-2.0
//! Programs that are clients of a network, run as a user runs them.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::{directory, skip};
use crate::lab::task::{wait_until, User};
use std::fs::{self, File, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

/// A program with its arguments, to be run as a user.
#[track_caller]
pub fn program(name: &str, user: User, arguments: &[&str]) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|directory| directory.join(name).exists()) {
        skip(&format!("{name} is not in the PATH"));
    }
    let mut command = Command::new(name);
    command.args(arguments).uid(user.id).gid(user.id);
    command.stdin(Stdio::null());
    command
}

/// Runs a program to its end: what it said and how it ended.
#[track_caller]
pub fn run(mut command: Command, input: &[u8]) -> Output {
    let file = directory().join("input");
    ok("writing the input", fs::write(&file, input));
    command.stdin(ok("opening the input", File::open(&file)));
    let name = format!("{command:?}");
    ok(format_args!("running {name}"), command.output())
}

/// Runs a program that is to succeed: its output.
#[track_caller]
pub fn succeeds(command: Command, input: &[u8]) -> Vec<u8> {
    let name = format!("{command:?}");
    let output = run(command, input);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    let what = format!("status of {name}, which complains: {complaint:?}");
    same(what, output.status.code(), Some(0));
    output.stdout
}

/// Runs a program that is to fail with status 1: its complaint has these words.
#[track_caller]
pub fn complains(command: Command, words: &[&str]) {
    let name = format!("{command:?}");
    let output = run(command, b"");
    let complaint = String::from_utf8_lossy(&output.stderr);
    same(
        format_args!("status of {name}"),
        output.status.code(),
        Some(1),
    );
    for word in words {
        assert!(
            complaint.contains(word),
            "{name} complains {complaint:?}, expected {word:?} in it"
        );
    }
}

/// A program that runs until this is dropped, or ends by itself before.
pub struct Running(Child);

impl Running {
    /// Starts a program.
    #[track_caller]
    pub fn start(mut command: Command) -> Running {
        let child = command.spawn();
        Running(ok(format_args!("starting {command:?}"), child))
    }

    /// Its standard input and output, which are pipes.
    #[track_caller]
    pub fn pipes(&mut self) -> (ChildStdin, ChildStdout) {
        let input = self.0.stdin.take().expect("stdin is a pipe");
        (input, self.0.stdout.take().expect("stdout is a pipe"))
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Whether it has not ended.
    #[track_caller]
    pub fn is_alive(&mut self) -> bool {
        ok("waitpid", self.0.try_wait()).is_none()
    }

    /// Waits until it has ended by itself: its exit status.
    #[track_caller]
    pub fn status(mut self) -> Option<i32> {
        let mut status = None;
        wait_until("the program ends", || {
            status = ok("waitpid", self.0.try_wait());
            status.is_some()
        });
        status.and_then(|status| status.code())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program and waits for the first line that it prints.
#[track_caller]
pub fn start(mut command: Command) -> (Running, String) {
    let name = format!("{command:?}");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = Running::start(command);
    let mut line = String::new();
    let read = BufReader::new(running.pipes().1).read_line(&mut line);
    ok(format_args!("the first line of {name}"), read);
    (running, line)
}

/// A text has these words.
#[track_caller]
pub fn has(text: &str, words: &[&str]) {
    for word in words {
        holds(format_args!("{word:?} in {text:?}"), text.contains(word));
    }
}

/// Gives the network's file exactly this mode.
#[track_caller]
pub fn open_to(bus: &Bus, mode: u32) {
    let mode = Permissions::from_mode(mode);
    ok("chmod", fs::set_permissions(&bus.path, mode));
}

/// The network's name as an argument.
pub fn name(bus: &Bus) -> &str {
    bus.path.to_str().expect("the path is text")
}

/// The network as VDE programs name it, with options in brackets or none.
pub fn url(bus: &Bus, options: &str) -> String {
    format!("ipn://{}{options}", name(bus))
}
