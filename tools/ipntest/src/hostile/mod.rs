// SPDX-License-Identifier: GPL-2.0
//! Every program in hostile surroundings: each of `table` in each of these, as a table. What
//! it answers, that it says why, and what it leaves behind is as the table expects. `signals`
//! has the signals.

pub mod questions;
pub mod signals;
mod stage;
mod table;

use crate::device::lab::own_network;
use crate::hostile::stage::{stop, watch, words, Stage};
use crate::hostile::table::{subcommands, Course, Program, PROGRAMS};
use crate::ktap::remark;
use crate::lab::check::{holds, ok};
use crate::lab::client::*;
use crate::lab::runner::{cases, directory};
use crate::lab::task::{Process, User, OWNER, ROOT, STRANGER};
use crate::sys::process::pipe;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

cases!["hostile":
    every_command_has_a_row,
    standard_descriptors_may_be_closed @ 300,
    output_may_be_full_or_stuck_or_have_no_reader @ 300,
    names_may_have_every_byte @ 300,
    umask_may_be_any @ 300,
    namespaces_may_be_others @ 300,
    directory_may_be_of_another_user @ 300,
];

/// What is around a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Around {
    /// A standard descriptor is closed.
    Closed(u8),
    /// What is written there meets a full disk.
    Full(u8),
    /// What is written there has no reader any more.
    NoReader(u8),
    /// What is written to the standard output has a reader that does not read.
    Stuck,
    /// The network's name has the bytes from this one on.
    Name(u8),
    /// The umask.
    Umask(u32),
    /// Namespaces, as options of unshare(1).
    Namespaces(&'static str),
    /// A user in a directory of another one that has this mode.
    Directory(u32),
}

/// What comes of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// What comes of it elsewhere.
    Usual,
    /// Status 1 and a complaint, or the end that SIGPIPE makes.
    Fails,
    /// One of these.
    Either,
    /// The signal that asks it to stop is what ends it, or it ends as usual by it.
    Stops,
}

/// The column of the table.
fn expected(program: &Program, around: Around) -> Outcome {
    use Around::*;
    match around {
        // A program may open its descriptors anew, or do without.
        Closed(0 | 1) => Outcome::Either,
        // This is how vdeplug's own program takes it.
        Closed(_) if program.name() == "vde_plug" => Outcome::Either,
        Full(1) | NoReader(1) if program.prints => Outcome::Fails,
        // Without events it has nothing to say to whom it does not reach.
        NoReader(1) if program.listens() => Outcome::Either,
        Namespaces("-Ur") | Directory(_) if program.listens() => Outcome::Fails,
        Stuck if program.prints => Outcome::Stops,
        // Nobody may manage it.
        Umask(0o777) if program.line.contains("ipn up") => Outcome::Fails,
        Closed(_) | Full(_) | NoReader(_) | Stuck | Umask(_) => Outcome::Usual,
        // A name with brackets is told apart from options by the library that has the plugin.
        Name(_) if program.name() == "vde_plug" => Outcome::Either,
        // A description is text, and so is what it is read from.
        Name(128..) if program.line.starts_with("ipn save") => Outcome::Fails,
        Name(_) => Outcome::Usual,
        // A device is the host's, and a namespace of users has no rights over it.
        Namespaces(_) if program.has_device() => Outcome::Either,
        Namespaces(_) => Outcome::Usual,
        Directory(_) if program.has_device() => Outcome::Fails,
        Directory(0o755) if program.creates() => Outcome::Fails,
        // The name is root's.
        Directory(0o755 | 0o1777) if program.ends_it() => Outcome::Either,
        Directory(_) => Outcome::Usual,
    }
}

impl Around {
    /// The words of the shell that make it so.
    fn shell(self) -> String {
        match self {
            Around::Closed(0) => r#"exec "$@" <&-"#.into(),
            Around::Closed(number) => format!(r#"exec "$@" {number}>&-"#),
            Around::Umask(mask) => format!(r#"umask {mask:04o}; exec "$@""#),
            Around::Namespaces(options) => format!(r#"exec unshare {options} "$@""#),
            _ => String::new(),
        }
    }

    fn user(self) -> User {
        match self {
            Around::Directory(_) => OWNER,
            _ => ROOT,
        }
    }

    /// The network's name.
    fn name(self) -> OsString {
        match self {
            Around::Name(first) => {
                let bytes = (first..=first.saturating_add(63)).filter(|b| *b != b'/' && *b != 0);
                OsString::from_vec(bytes.collect())
            }
            _ => "bus".into(),
        }
    }
}

/// A pipe that is full; both of its ends.
#[track_caller]
fn full_pipe() -> (File, File) {
    let (from, to) = ok("pipe", pipe());
    let (from, mut to) = (File::from(from), File::from(to));
    // What a pipe has room for: pipe(7).
    ok("write", to.write_all(&[0; 65536]));
    (from, to)
}

/// A file that programs may write to, where they are to be heard.
#[track_caller]
fn sink(stage: &Stage, name: &str) -> (File, std::path::PathBuf) {
    let path = stage.place.with_extension(name);
    let file = File::create(&path);
    (ok("a file", file), path)
}

/// Fills a place of the table: what is wrong there.
fn try_in(program: &Program, around: Around) -> Option<String> {
    let (owner, mode) = match around {
        Around::Directory(mode) => (STRANGER.id, mode),
        _ => (0, 0o777),
    };
    let stage = Stage::set(program, &around.name(), owner, mode);
    let expected = expected(program, around);
    let (told_to, told) = sink(&stage, "err");
    let (output, printed) = sink(&stage, "out");
    let mut command = stage.command(&around.shell());
    command.stdin(Stdio::piped()).stdout(output).stderr(told_to);
    let full = || {
        ok(
            "/dev/full",
            OpenOptions::new().write(true).open("/dev/full"),
        )
    };
    let no_reader = || ok("pipe", pipe()).1;
    let mut kept = None;
    match around {
        Around::Full(1) => drop(command.stdout(full())),
        Around::Full(_) => drop(command.stderr(full())),
        Around::NoReader(1) => drop(command.stdout(no_reader())),
        Around::NoReader(_) => drop(command.stderr(no_reader())),
        Around::Stuck => {
            let (from, to) = full_pipe();
            command.stdout(to);
            kept = Some(from);
        }
        _ => {}
    }
    command.uid(around.user().id).gid(around.user().id);
    let mut child = ok("starting it", command.spawn());
    drop(command);
    let ends = matches!(program.course, Course::Ends(_)) && expected != Outcome::Stops;
    let ended = watch(&stage, &mut child, ends || expected == Outcome::Fails);
    let outcome = match ended {
        Ok(Some(status)) => Ok((status, false)),
        Ok(None) => stop(&stage, &mut child, libc::SIGTERM).map(|status| (status, true)),
        Err(wrong) => {
            // For what follows it is enough that it is gone.
            let _ = (child.kill(), child.wait());
            Err(wrong)
        }
    };
    drop(kept);
    let (status, asked) = match outcome {
        Err(wrong) => return Some(wrong),
        Ok(outcome) => outcome,
    };
    let told = fs::read(&told).unwrap_or_default();
    let printed = fs::read(&printed).unwrap_or_default();
    let said = expected != Outcome::Usual && !status.success() && !told.is_empty();
    let wrong = judge(program, expected, status, asked, &told);
    let escapes =
        matches!(around, Around::Name(_)) && ["ipn", "ipn-echo"].contains(&program.name());
    wrong
        .or_else(|| {
            [&told, &printed]
                .into_iter()
                .filter(|_| escapes)
                .find_map(|text| obeyed(text))
        })
        .or_else(|| stage.sent_wrong(program))
        .or_else(|| stage.left_wrong(program, status, said))
}

/// What is wrong with how it ended, and with what it says of that.
fn judge(
    program: &Program,
    expected: Outcome,
    status: ExitStatus,
    asked: bool,
    told: &[u8],
) -> Option<String> {
    let by = |signal| status.signal() == Some(signal) || status.code() == Some(128 + signal);
    let usual = match program.course {
        Course::Ends(code) => status.code() == Some(code),
        // A busy machine may ask it before it is ready.
        Course::Stops => asked && (status.success() || by(libc::SIGTERM)),
        // A script says so by its status.
        Course::Dies => asked && by(libc::SIGTERM),
    };
    let fails = status.code() == Some(1) && !told.is_empty();
    let so = match expected {
        Outcome::Usual => usual,
        Outcome::Fails => fails || by(libc::SIGPIPE),
        Outcome::Either => usual || fails || status.success(),
        Outcome::Stops => usual || by(libc::SIGTERM),
    };
    let told = String::from_utf8_lossy(told);
    let wrong = !so || told.contains("panicked");
    wrong.then(|| {
        format!(
            "status {}, saying {told:?}; expected: {expected:?}",
            words(status)
        )
    })
}

/// What a terminal would obey in a text: control characters but ends of lines, and bytes that are no text.
fn obeyed(text: &[u8]) -> Option<String> {
    let wrong = match std::str::from_utf8(text) {
        Err(_) => true,
        Ok(text) => text.chars().any(|c| c.is_control() && !"\n\t".contains(c)),
    };
    wrong.then(|| format!("it prints {}", text.escape_ascii()))
}

/// How many do it at the same time.
pub const WORKERS: usize = 2;

/// Several processes, each with a number and a network namespace of its own: what each finds wrong.
#[track_caller]
pub fn in_workers(mut part: impl FnMut(usize) -> Vec<String>) {
    let mut start = |number| {
        Process::start(|_| {
            own_network();
            let place = directory().join(format!("worker{number}"));
            ok("a directory", fs::create_dir(&place));
            let everyone = Permissions::from_mode(0o755);
            ok("chmod", fs::set_permissions(&place, everyone));
            ok("chdir", std::env::set_current_dir(&place));
            let wrong = part(number);
            assert!(
                wrong.is_empty(),
                "{} wrong:\n{}",
                wrong.len(),
                wrong.join("\n")
            );
        })
    };
    let workers: Vec<Process> = (0..WORKERS).map(&mut start).collect();
    workers.into_iter().for_each(Process::ends_well);
}

/// Some columns of the table.
#[track_caller]
fn try_all(surroundings: &[Around]) {
    in_workers(|number| {
        let (mut tried, mut wrong) = (0, Vec::new());
        for program in there().skip(number).step_by(WORKERS) {
            for around in surroundings {
                // A name that is no text cannot be in a description.
                let is_text = !matches!(around, Around::Name(128..));
                if program.line.contains("@file") && !is_text {
                    continue;
                }
                // What it opens first is its standard input then: it sends the frames that it gets.
                if program.name() == "vde_plug" && *around == Around::Closed(0) {
                    continue;
                }
                if let Some(what) = try_in(program, *around) {
                    wrong.push(format!("{}, {around:?}: {what}", program.line));
                }
                tried += 1;
            }
        }
        remark(format_args!("{tried} places of the table of surroundings"));
        wrong
    });
}

/// The programs that the guest has.
pub fn there() -> impl Iterator<Item = &'static Program> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let directories: Vec<_> = std::env::split_paths(&path).collect();
    let only = std::env::var("IPN_ONLY").unwrap_or_default();
    PROGRAMS.iter().filter(move |program| {
        let has = |directory: &std::path::PathBuf| directory.join(program.name()).exists();
        program.line.contains(&only) && directories.iter().any(has)
    })
}

fn every_command_has_a_row() {
    let text = succeeds(program("ipn", ROOT, &["completions", "bash"]), b"");
    let all = subcommands(&String::from_utf8_lossy(&text));
    holds(format_args!("{all:?}"), all.len() > 15);
    let lines = PROGRAMS.iter().map(|program| program.line);
    let lines: Vec<String> = lines
        .map(|line| line.replace("@bus ", "").replace("ipn ", ""))
        .collect();
    for command in all {
        let has = |line: &String| *line == command || line.starts_with(&format!("{command} "));
        let bare = |line: &String| line.starts_with(&format!("{command} @")) || has(line);
        holds(
            format_args!("ipn {command} is tried in hostile surroundings"),
            lines.iter().any(bare),
        );
    }
}

fn standard_descriptors_may_be_closed() {
    try_all(&[0, 1, 2].map(Around::Closed));
}

fn output_may_be_full_or_stuck_or_have_no_reader() {
    use Around::*;
    let here = Path::new("/dev/full").exists();
    holds("/dev/full", here);
    try_all(&[Full(1), Full(2), NoReader(1), NoReader(2), Stuck]);
}

fn names_may_have_every_byte() {
    try_all(&[1, 64, 128, 192].map(Around::Name));
}

fn umask_may_be_any() {
    try_all(&[0o77, 0o777].map(Around::Umask));
}

fn namespaces_may_be_others() {
    try_all(&["-n", "-m", "-Ur"].map(Around::Namespaces));
}

fn directory_may_be_of_another_user() {
    try_all(&[0o755, 0o777, 0o1777].map(Around::Directory));
}
