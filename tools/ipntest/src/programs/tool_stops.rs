// SPDX-License-Identifier: GPL-2.0
//! The programs and signals, and output that nobody takes.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::{cases, directory};
use crate::lab::task::{wait_until, ROOT};
use crate::sys::call;
use crate::sys::process::{kill, pipe};
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::process::{Command, Stdio};

cases!["tool_stops":
    one_signal_ends_a_reader_whose_output_is_stuck,
    one_signal_ends_a_sender_that_opens_a_fifo,
    reader_ends_with_the_reader_of_its_output,
    full_output_has_its_status,
    node_says_that_its_output_is_gone,
    fetching_has_its_time,
];

/// A FIFO in the test's directory.
#[track_caller]
fn fifo() -> std::path::PathBuf {
    let path = directory().join("fifo");
    let made = Command::new("mkfifo").arg(&path).status();
    holds("mkfifo", ok("mkfifo", made).success());
    path
}

/// Ends within a moment after one signal, by it.
#[track_caller]
fn ends_by_one_signal(program: Running) {
    ok("kill", kill(program.id() as i32, libc::SIGTERM));
    same("exit status", program.status(), None);
}

fn one_signal_ends_a_reader_whose_output_is_stuck() {
    let bus = Bus::new();
    let sender = bus.create();
    let path = fifo();
    // Both ends are open, and nothing is read.
    let both = ok(
        "open",
        OpenOptions::new().read(true).write(true).open(&path),
    );
    let mut command = program("ipn", ROOT, &["recv", name(&bus)]);
    command.stdout(ok("clone", both.try_clone()));
    let reader = Running::start(command);
    let file = format!("/proc/{}/syscall", reader.id());
    let writes = format!("{} 0x1 ", libc::SYS_write);
    let line = [b'x'; 1000];
    wait_until("its output is stuck", || {
        // It is lossy, and nobody need be there yet.
        (0..100).for_each(|_| drop(sender.send(&line, 0)));
        std::fs::read_to_string(&file).is_ok_and(|call| call.starts_with(&writes))
    });
    ends_by_one_signal(reader);
}

fn one_signal_ends_a_sender_that_opens_a_fifo() {
    let bus = Bus::new();
    let _manager = bus.manage_new(&[]);
    let path = fifo();
    let sender = program(
        "ipn",
        ROOT,
        &["send", name(&bus), path.to_str().expect("text")],
    );
    let sender = Running::start(sender);
    let file = format!("/proc/{}/syscall", sender.id());
    let opens = format!("{} ", libc::SYS_openat);
    wait_until("it opens the FIFO", || {
        std::fs::read_to_string(&file).is_ok_and(|call| call.starts_with(&opens))
    });
    ends_by_one_signal(sender);
}

fn reader_ends_with_the_reader_of_its_output() {
    let bus = Bus::new();
    let _manager = bus.manage_new(&[]);
    let (ours, theirs) = ok("pipe", pipe());
    let mut command = program("ipn", ROOT, &["recv", name(&bus)]);
    command.stdout(theirs);
    let reader = Running::start(command);
    let file = format!("/proc/{}/syscall", reader.id());
    let polls = [call::POLL, call::PPOLL].map(|call| format!("{call} "));
    wait_until("it waits", || {
        let call = std::fs::read_to_string(&file).unwrap_or_default();
        polls.iter().any(|poll| call.starts_with(poll))
    });
    // No message comes.
    drop(ours);
    same("exit status", reader.status(), None);
}

fn full_output_has_its_status() {
    let bus = Bus::new();
    let _manager = bus.manage_new(&[]);
    for (program_name, arguments) in [
        ("ipn", &["show"][..]),
        ("ipn", &["create", name(&bus)]),
        ("ipn-echo", &[name(&bus), "--ip", "10.0.0.1/24"]),
    ] {
        if !Path::new("/dev/full").exists() {
            return;
        }
        let mut command = program(program_name, ROOT, arguments);
        let full = ok(
            "/dev/full",
            OpenOptions::new().write(true).open("/dev/full"),
        );
        let told = ok("a file", File::create("told"));
        command.stdout(full).stderr(told);
        same(program_name, Running::start(command).status(), Some(1));
        let told = ok("told", std::fs::read_to_string("told"));
        holds(&told, told.contains("write") && !told.contains("panicked"));
    }
}

fn node_says_that_its_output_is_gone() {
    let bus = Bus::new();
    let _manager = bus.manage_new(&[]);
    let words = ["--ping", "10.0.0.9", "--count", "2", "--timeout", "0.2"];
    let arguments = [&[name(&bus), "--ip", "10.0.0.1/24"], &words[..]].concat();
    let (ours, theirs) = ok("pipe", pipe());
    drop(ours);
    let mut command = program("ipn-echo", ROOT, &arguments);
    command
        .stdout(theirs)
        .stderr(ok("a file", File::create("told")));
    same("status", Running::start(command).status(), Some(1));
    let told = ok("told", std::fs::read_to_string("told"));
    holds(
        &told,
        told.contains("cannot write") && !told.contains("panicked"),
    );
}

fn fetching_has_its_time() {
    let bus = Bus::new();
    let _manager = bus.manage_new(&[]);
    let (_server, _) = start(program(
        "ipn-echo",
        ROOT,
        &[name(&bus), "--ip", "10.0.0.1/24"],
    ));
    // The echo service never ends its answer.
    let fetch = ["--fetch", "http://10.0.0.1:7/", "--timeout", "1"];
    let arguments = [&[name(&bus), "--ip", "10.0.0.2/24"], &fetch[..]].concat();
    let mut command = program("ipn-echo", ROOT, &arguments);
    command
        .stdout(Stdio::piped())
        .stderr(ok("a file", File::create("told")));
    same("status", Running::start(command).status(), Some(1));
    let told = ok("told", std::fs::read_to_string("told"));
    holds(&told, told.contains("within 1s"));
}
