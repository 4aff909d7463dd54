// SPDX-License-Identifier: GPL-2.0
//! Runs a program in a process of its own, in a directory of its own, and says what came of it.

use crate::coverage::Traces;
use crate::documented;
use crate::execute::{id_of, Machine, PING};
use crate::finding::{Finding, Kind};
use crate::kinds::kind;
use crate::model::{Model, Moment};
use crate::outcome::Outcome;
use crate::program::{Call, Name, Program, Space};
use crate::tally::Tally;
use ipntest::pace::patience;
use ipntest::sys::poll::poll;
use ipntest::sys::process::{self, Fork};
use ipntest::sys::{privilege, signal};
use serde::{Deserialize, Serialize};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::{symlink, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take until it counts as hanging.
const LIMIT: Duration = Duration::from_secs(40);

/// How long a call waits until it is woken by a signal.
const PATIENCE: Duration = Duration::from_millis(15);

/// How long to wait before the next look at who has ended.
const GLANCE: Duration = Duration::from_millis(1);

/// What a program's process tells.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What was called, and how it ended.
    pub tally: Tally,
    /// What was reached: pairs of calls and their answers.
    pub features: Vec<u64>,
}

/// Runs a program and waits for its end.
pub fn run(program: &Program, traces: &Traces) -> io::Result<Report> {
    let directory = std::env::temp_dir().join("ipnfuzz");
    furnish(&directory)?;
    let (mut reader, writer) = UnixStream::pair()?;
    let pid = match process::fork()? {
        Fork::Child => {
            drop(reader);
            child(program, traces, &directory, writer)
        }
        Fork::Parent(pid) => pid,
    };
    drop(writer);
    // The child does the same; whoever comes first, the group exists before it is needed.
    let _ = process::own_group(pid);
    let (text, in_time) = hear(&mut reader)?;
    let mut report: Report = serde_json::from_slice(&text).unwrap_or_default();
    if !in_time {
        report
            .findings
            .push(Finding::new(Kind::Hang, "", where_it_is(pid)));
    }
    let _ = process::kill(-pid, libc::SIGKILL);
    let ended = process::pidfd(pid)?;
    if poll(&ended, libc::POLLIN, patience(LIMIT).as_millis() as i32)? == 0 {
        let text = format!("cannot be killed; {}", where_it_is(pid));
        report.findings.push(Finding::new(Kind::Hang, "", text));
        return Ok(report);
    }
    let (_, status) = process::wait(pid, 0)?;
    while process::wait(-pid, 0).is_ok() {}
    if in_time && text.is_empty() {
        let text = format!("the program's process ended with wait status {status:#x}");
        report.findings.push(Finding::new(Kind::Broken, "", text));
    }
    fs::remove_dir_all(&directory)?;
    Ok(report)
}

/// Makes the directory and the files that a program finds.
fn furnish(directory: &Path) -> io::Result<()> {
    let at = |name: Name| directory.join(name.path());
    fs::create_dir(directory)?;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o777))?;
    fs::create_dir(directory.join("guarded"))?;
    fs::write(at(Name::File), b"")?;
    fs::create_dir(at(Name::Directory))?;
    symlink(Name::A.path(), at(Name::Link))?;
    symlink(Name::Loop.path(), at(Name::Loop))?;
    UnixListener::bind(at(Name::Unix)).map(drop)
}

/// Everything that the child says; false when it has not ended in time.
fn hear(reader: &mut UnixStream) -> io::Result<(Vec<u8>, bool)> {
    let start = Instant::now();
    let mut text = Vec::new();
    reader.set_read_timeout(Some(Duration::from_secs(1)))?;
    loop {
        match reader.read_to_end(&mut text) {
            Ok(_) => return Ok((text, true)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                if start.elapsed() > patience(LIMIT) {
                    return Ok((text, false));
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Where the threads of a process are.
fn where_it_is(pid: i32) -> String {
    let mut text = String::from("still running");
    for thread in fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten()
    {
        for file in ["syscall", "stack"] {
            let found = fs::read_to_string(thread.path().join(file)).unwrap_or_default();
            text += &format!("\n{file}: {}", found.trim());
        }
    }
    text
}

/// The program's process.
fn child(program: &Program, traces: &Traces, directory: &Path, mut writer: UnixStream) -> ! {
    let report = prepare(program, directory).and_then(|()| {
        let report = play(program, traces);
        Ok(serde_json::to_vec(&report)?)
    });
    match report.and_then(|text| writer.write_all(&text)) {
        Ok(()) => process::exit_now(0),
        Err(error) => {
            eprintln!("ipnfuzz: a program could not be run: {error}");
            process::exit_now(1)
        }
    }
}

fn prepare(program: &Program, directory: &Path) -> io::Result<()> {
    process::own_group(0)?;
    std::env::set_current_dir(directory)?;
    for ping in [PING, libc::SIGPIPE, libc::SIGIO, libc::SIGURG] {
        signal::count(ping, 0)?;
    }
    process::umask(0o022);
    process::leave_groups()?;
    let user = id_of(program.setting.user);
    match program.setting.space {
        Space::Host => Ok(()),
        Space::Network => ipntest::sys::mount::own_network(),
        Space::User => {
            process::become_user(user, user, &[])?;
            privilege::own_user_namespace(libc::CLONE_NEWNET)
        }
    }
}

/// Makes all calls; each thread has the report of its own.
fn play(program: &Program, traces: &Traces) -> Report {
    let machine = Machine::new(program.setting.space);
    let barrier = Barrier::new(program.threads.len());
    let ids = Mutex::new(Vec::new());
    let mut whole = Report::default();
    thread::scope(|scope| {
        let threads: Vec<_> = program
            .threads
            .iter()
            .enumerate()
            .map(|(number, calls)| {
                let (machine, barrier, ids) = (&machine, &barrier, &ids);
                scope.spawn(move || {
                    if let Ok(mut ids) = ids.lock() {
                        ids.push(process::thread_id());
                    }
                    let user = program.setting.user;
                    if program.setting.space != Space::User {
                        let _ = process::act_as(id_of(user));
                    }
                    barrier.wait();
                    traces.enable(number);
                    thread_of(
                        calls,
                        machine,
                        program.setting.modelled.then(|| Model::new(user)),
                    )
                })
            })
            .collect();
        // They are few and most end at once, so it is looked often.
        let mut waited = Duration::ZERO;
        while threads.iter().any(|thread| !thread.is_finished()) {
            thread::sleep(GLANCE);
            waited += GLANCE;
            // One with a model never waits, and the model knows of no signal.
            if program.setting.modelled || waited < PATIENCE {
                continue;
            }
            waited = Duration::ZERO;
            for id in ids.lock().map(|ids| ids.clone()).unwrap_or_default() {
                // One that has ended needs no signal.
                let _ = signal::to_thread(id, PING);
            }
        }
        for thread in threads {
            match thread.join() {
                Ok(report) => whole.add(report),
                Err(_) => whole.findings.push(Finding::new(
                    Kind::Broken,
                    "",
                    "a thread has panicked".into(),
                )),
            }
        }
    });
    machine.close_all();
    whole
}

fn thread_of(calls: &[Call], machine: &Machine, mut model: Option<Model>) -> Report {
    let mut report = Report::default();
    let mut before = 0_u64;
    let begin = Instant::now();
    for (number, call) in calls.iter().enumerate() {
        let from = begin.elapsed();
        let Some(outcome) = machine.run(call) else {
            continue;
        };
        let now = Moment {
            from,
            to: begin.elapsed(),
        };
        let errno = outcome.as_ref().err().copied();
        report.tally.add(kind(call), errno);
        let ended = feature(call, &outcome);
        report.features.push(ended ^ before.rotate_left(17));
        before = ended;
        if let Some(errno) = errno.filter(|errno| !documented::allows(call, *errno)) {
            let name = ipntest::errno::name(errno);
            let text =
                format!("call {number}, {call:?}: {name} is not among its errors in af_ipn(7)");
            let about = format!("{} {name}", kind(call));
            report
                .findings
                .push(Finding::new(Kind::Errno, &about, text));
        }
        if let Some(text) = model
            .as_mut()
            .and_then(|model| model.judge(call, &outcome, now).err())
        {
            let text = format!("call {number}, {call:?}: {text}");
            report
                .findings
                .push(Finding::new(Kind::Model, kind(call), text));
            // From here on the model knows another world.
            break;
        }
    }
    report
}

/// A call and how it ended.
fn feature(call: &Call, outcome: &Outcome) -> u64 {
    let detail = match (call, outcome) {
        // One that is not there is like another.
        (_, Err(libc::ENOPROTOOPT | libc::ENOTTY)) => 0,
        (Call::Set { level, option, .. } | Call::Get { level, option, .. }, _) => {
            (i64::from(*level) << 32) | i64::from(*option)
        }
        (Call::Request { request, .. }, _) => *request as i64,
        (Call::Send { flags, .. } | Call::Receive { flags, .. }, _) => {
            i64::from(*flags & (libc::MSG_PEEK | libc::MSG_TRUNC | libc::MSG_DONTWAIT))
        }
        _ => 0,
    };
    let ended = match outcome {
        Ok(answer) => i64::from(answer.value != 0) + 2 * i64::from(answer.messages.is_empty()),
        Err(errno) => -i64::from(*errno),
    };
    let mut hasher = DefaultHasher::new();
    (kind(call), detail, ended).hash(&mut hasher);
    hasher.finish()
}

impl Report {
    fn add(&mut self, other: Report) {
        self.findings.extend(other.findings);
        self.tally.merge(&other.tally);
        self.features.extend(other.features);
    }
}
