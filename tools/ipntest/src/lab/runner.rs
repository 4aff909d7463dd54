// SPDX-License-Identifier: GPL-2.0
//! Runs each test in a process of its own, in a directory of its own, under a time limit.

use crate::ktap::{remark, Outcome, Report};
use crate::lab::amounts::Amounts;
use crate::lab::check::describe;
use crate::lab::settings::Settings;
use crate::pace::patience;
use crate::sys::poll::poll;
use crate::sys::process::{self, Fork};
use crate::sys::signal;
use std::any::Any;
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A test.
pub struct Case {
    /// `topic.behaviour`.
    pub name: &'static str,
    /// What it does; it returns if all was as expected.
    pub run: fn(),
    /// Seconds until it is killed, on the stock kernel.
    pub limit: u64,
}

/// Seconds that a test may take unless it says otherwise; the guest is emulated.
pub const LIMIT: u64 = 20;

/// A test that took longer than this on the stock kernel is named in the report.
const SLOW: Duration = Duration::from_secs(2);

/// The table of a topic's tests: functions of the file, with a limit in seconds where 20 are too few.
macro_rules! cases {
    ($topic:literal: $($test:ident $(@ $limit:literal)?),* $(,)?) => {
        /// The tests of this topic.
        pub const CASES: &[$crate::lab::runner::Case] = &[$($crate::lab::runner::Case {
            name: concat!($topic, ".", stringify!($test)),
            run: $test,
            limit: [$($limit,)? $crate::lab::runner::LIMIT][0],
        }),*];
    };
}
pub(crate) use cases;

/// A table of tests that are run once more with receivers that map the network's memory.
macro_rules! mapped_cases {
    ($topic:literal: $($test:ident $(@ $limit:literal)?),* $(,)?) => {
        /// The tests of this topic that concern receivers who map the network's memory as well.
        pub const MAPPED_CASES: &[$crate::lab::runner::Case] = &[$($crate::lab::runner::Case {
            name: concat!($topic, ".", stringify!($test)),
            run: || {
                $crate::lab::bus::receive_by_mapping();
                $test()
            },
            limit: [$($limit,)? $crate::lab::runner::LIMIT][0],
        }),*];
    };
}
pub(crate) use mapped_cases;

/// Both tables of a topic whose tests are run once more so: all but those that follow the braces.
macro_rules! cases_for_both {
    ($topic:literal, $mapped:literal: { $($both:tt)* } $($once:tt)*) => {
        $crate::lab::runner::cases![$topic: $($both)* $($once)*];
        $crate::lab::runner::mapped_cases![$mapped: $($both)*];
    };
}
pub(crate) use cases_for_both;

static REPORT: OnceLock<UnixStream> = OnceLock::new();
static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();

/// The exit status of a process whose test cannot run here.
const SKIPPED: i32 = 4;
/// The exit status of a process that found a fault.
pub const FAILED: i32 = 1;

/// The directory of the running test: empty at first, open to every user, removed afterwards.
pub fn directory() -> &'static Path {
    DIRECTORY.get().expect("a test is running")
}

/// Ends the running test as one that cannot run here.
pub fn skip(why: &str) -> ! {
    tell(why);
    process::exit_now(SKIPPED)
}

/// Adds lines to the report of the running test.
fn tell(text: &str) {
    if let Some(mut line) = REPORT.get() {
        // A reader that is gone has no use for it.
        let _ = line.write_all(text.as_bytes());
    }
}

/// Runs the tests; true when none failed.
pub fn run(cases: &[&Case]) -> io::Result<bool> {
    process::adopt_orphans()?;
    process::umask(0o022);
    let base = std::env::temp_dir().join(format!("ipntest.{}", process::process_id()));
    fs::create_dir(&base).map_err(|e| io::Error::other(format!("{}: {e}", base.display())))?;
    let mut report = Report::begin(cases.len());
    let mut amounts = Amounts::new()?;
    for (number, case) in cases.iter().enumerate() {
        let directory = base.join(number.to_string());
        fs::create_dir(&directory)?;
        fs::set_permissions(&directory, fs::Permissions::from_mode(0o777))?;
        let settings = Settings::now();
        let start = Instant::now();
        let outcome = run_one(case, &directory)?;
        if matches!(outcome, Outcome::Failed(_)) {
            settings.restore();
        }
        if start.elapsed() > patience(SLOW) {
            remark(format_args!(
                "{} took {:.1} s",
                case.name,
                start.elapsed().as_secs_f32()
            ));
        }
        report.add(case.name, &outcome);
        amounts.collect(case);
        fs::remove_dir_all(&directory)?;
    }
    fs::remove_dir(&base)?;
    amounts.report();
    Ok(report.end())
}

fn run_one(case: &Case, directory: &Path) -> io::Result<Outcome> {
    let (reader, writer) = UnixStream::pair()?;
    io::stdout().flush()?;
    let pid = match process::fork()? {
        Fork::Parent(pid) => pid,
        Fork::Child => {
            drop(reader);
            run_here(case, directory, writer)
        }
    };
    drop(writer);
    // The child does the same; whoever comes first, the group exists before it is needed.
    let _ = process::own_group(pid);

    let ended = process::pidfd(pid)?;
    let limit = patience(Duration::from_secs(case.limit));
    let in_time = poll(&ended, libc::POLLIN, limit.as_millis() as i32)? != 0;
    // Whatever the test left running goes with it.
    let _ = process::kill(-pid, libc::SIGKILL);
    let (_, status) = process::wait(pid, 0)?;
    end_orphans()?;

    let text = what_it_said(reader)?;
    if !in_time {
        return Ok(Outcome::Failed(format!(
            "TIMEOUT: still running after {} s\n{text}",
            limit.as_secs()
        )));
    }
    Ok(match (libc::WIFEXITED(status), libc::WEXITSTATUS(status)) {
        (true, 0) => Outcome::Passed,
        (true, SKIPPED) => Outcome::Skipped(text),
        (true, FAILED) => Outcome::Failed(text),
        (true, other) => Outcome::Failed(format!("exit status {other}\n{text}")),
        (false, _) => Outcome::Failed(format!(
            "killed by signal {}\n{text}",
            libc::WTERMSIG(status)
        )),
    })
}

/// Ends what the test left in other process groups, too: as orphans they are our children.
fn end_orphans() -> io::Result<()> {
    loop {
        for child in children()? {
            // It may have ended just now.
            let _ = process::kill(child, libc::SIGKILL);
        }
        // What the one that ends leaves behind is ours then.
        if process::wait(-1, 0).is_err() {
            return Ok(());
        }
    }
}

/// The processes whose parent is this one.
fn children() -> io::Result<Vec<i32>> {
    let own = process::process_id().to_string();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        // One that has ended meanwhile is nobody's child. The name may hold anything.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat
            .rsplit(')')
            .next()
            .and_then(|rest| rest.split(' ').nth(2));
        if parent == Some(&own) {
            found.push(pid);
        }
    }
    Ok(found)
}

/// The text of a panic.
fn message(payload: &dyn Any) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or(payload.downcast_ref::<&str>().copied())
        .unwrap_or("a fault without a message")
}

/// What the test said before it ended.
fn what_it_said(mut reader: UnixStream) -> io::Result<String> {
    reader.set_nonblocking(true)?;
    let mut text = Vec::new();
    match reader.read_to_end(&mut text) {
        Err(error) if error.kind() != io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(String::from_utf8_lossy(&text).into_owned()),
    }
}

/// The test's process: leaves with the status that says how it went.
fn run_here(case: &Case, directory: &Path, report: UnixStream) -> ! {
    let _ = process::own_group(0);
    let _ = REPORT.set(report);
    let _ = DIRECTORY.set(directory.to_path_buf());
    if let Ok(null) = fs::File::open("/dev/null") {
        let _ = process::redirect(0, &null.as_raw_fd());
    }
    // Programs leave signals ignored that are: in the background of a script, SIGINT is.
    for number in [libc::SIGINT, libc::SIGHUP, libc::SIGTERM] {
        let _ = signal::reset(number);
    }
    // The first fault ends the process, in whichever thread it is found.
    std::panic::set_hook(Box::new(|fault| {
        let text = message(fault.payload());
        let place = fault
            .location()
            .map_or(String::new(), |l| format!("{}:{}: ", l.file(), l.line()));
        tell(&format!("{place}{text}\n"));
        process::exit_now(FAILED)
    }));
    if let Err(error) = std::env::set_current_dir(directory) {
        panic!("chdir to {}: {}", directory.display(), describe(&error));
    }
    (case.run)();
    process::exit_now(0)
}
