// SPDX-License-Identifier: GPL-2.0
//! Every program and signals that come while it makes a system call: each kind of call that it makes
//! until it waits or has ended, where it makes it for the last time. What is before that, mostly the
//! loading of the program, is left out: all places of all programs would take a quarter of an hour.

use crate::hostile::stage::{watch, words, Stage};
use crate::hostile::table::{Course, Program};
use crate::hostile::{in_workers, there, WORKERS};
use crate::ktap::remark;
use crate::lab::check::ok;
use crate::lab::runner::cases;
use crate::pace::patience;
use crate::sys::process::kill;
use crate::sys::trace::{self, Stop};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

cases!["hostile_signals":
    programs_that_last_end_in_good_order_at_any_call @ 300,
    programs_that_end_by_themselves_leave_nothing_at_any_call @ 300,
];

/// The signals that ask a program to stop.
const SIGNALS: [i32; 3] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP];

/// A call: its number, and how many of that number were made before.
type Place = (i64, u32);

/// How long a call may take before the program counts as one that waits in it.
const LONG: Duration = Duration::from_millis(150);

/// How long it may take before it gets a message.
const FED: Duration = Duration::from_millis(5);

/// A program that is traced.
struct Traced {
    stage: Stage,
    child: Child,
    /// How many calls of a number it has made.
    made: BTreeMap<i64, u32>,
    status: Option<ExitStatus>,
    /// How many messages it may get yet; each has it make calls.
    messages: u32,
}

impl Traced {
    #[track_caller]
    fn start(program: &Program) -> Traced {
        let stage = Stage::set(program, OsStr::new("bus"), 0, 0o777);
        let mut command = stage.command("");
        let told = ok("a file", File::create(stage.place.with_extension("err")));
        let printed = ok("a file", File::create(stage.place.with_extension("out")));
        command.stdin(Stdio::piped()).stdout(printed).stderr(told);
        let child = ok("starting it", trace::traced(&mut command).spawn());
        ok("ptrace", trace::begin(child.id() as i32));
        Traced {
            stage,
            child,
            made: BTreeMap::new(),
            status: None,
            messages: 3,
        }
    }

    fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// Goes on to its next call. `None` where it waits in one, or has ended.
    #[track_caller]
    fn next(&mut self) -> Option<Place> {
        ok("ptrace", trace::go_on(self.pid(), 0));
        let mut start = Instant::now();
        loop {
            match ok("waitpid", trace::stop(self.pid())) {
                None if start.elapsed() > patience(LONG) => return None,
                None => {
                    if self.messages > 0 && start.elapsed() > FED {
                        self.messages -= 1;
                        self.stage.feed();
                    }
                    thread::sleep(Duration::from_micros(100));
                }
                Some(Stop::End(status)) => {
                    self.status = Some(ExitStatus::from_raw(status));
                    return None;
                }
                Some(Stop::Call(number)) => {
                    let made = self.made.entry(number).or_default();
                    *made += 1;
                    return Some((number, *made - 1));
                }
                Some(Stop::Other(signal)) => {
                    ok("ptrace", trace::go_on(self.pid(), signal));
                    start = Instant::now();
                }
            }
        }
    }

    /// Goes on to this call; false if it ends without, or waits before.
    #[track_caller]
    fn reach(&mut self, place: Place) -> bool {
        loop {
            match self.next() {
                Some(reached) if reached == place => return true,
                Some(_) => {}
                None => return false,
            }
        }
    }

    /// Lets it go on with this signal: what is wrong then.
    #[track_caller]
    fn end(mut self, program: &Program, signal: i32) -> Option<String> {
        // It stands before its call, which the signal finds it in.
        ok("kill", kill(self.pid(), signal));
        ok("ptrace", trace::let_go(self.pid()));
        let status = match watch(&self.stage, &mut self.child, true) {
            Ok(status) => status?,
            Err(wrong) => {
                let _ = (self.child.kill(), self.child.wait());
                return Some(wrong);
            }
        };
        let told = fs::read(self.stage.place.with_extension("err")).unwrap_or_default();
        let told = String::from_utf8_lossy(&told);
        // A program of the first kind ends in good order, if it is that far; each may have been done.
        let good = match program.course {
            Course::Ends(code) => status.code() == Some(code),
            Course::Stops => status.success(),
            Course::Dies => false,
        };
        let by = status.signal() == Some(signal) || status.code() == Some(128 + signal);
        if !(good || by) || told.contains("panicked") {
            return Some(format!("status {}, saying {told:?}", words(status)));
        }
        self.stage.left_wrong(program, status, false)
    }

    /// It was to be looked at only.
    fn give_up(mut self) {
        let _ = self.child.kill();
        if self.status.is_none() {
            let _ = self.child.wait();
        }
    }
}

/// Where a program makes each kind of call for the last time.
#[track_caller]
fn places(program: &Program) -> Vec<Place> {
    let mut traced = Traced::start(program);
    let mut order = Vec::new();
    while let Some(place) = traced.next() {
        order.push(place);
    }
    let last = traced.made.clone();
    traced.give_up();
    // vdeplug's program has its handlers before what they close, and crashes.
    let is_early =
        |number| program.name() == "vde_plug" && number == i64::from(libc::SYS_rt_sigaction as i32);
    order.retain(|(number, before)| *before + 1 == last[number] && !is_early(*number));
    order
}

/// Tries the programs of a kind at each place, with each signal in turn.
#[track_caller]
fn try_all(kind: impl Fn(&Program) -> bool) {
    let mut tried = 0;
    in_workers(|number| {
        let mut signals = SIGNALS.into_iter().cycle();
        let mut wrong = Vec::new();
        // A script is of several programs, and its shell is not ours; what only shows a switch is as
        // what shows another one.
        let differs = |program: &&Program| {
            let line = program.line;
            let shows_switch = line.contains("switch") && line.contains("show");
            !program.name().ends_with("-sh") && !shows_switch
        };
        let programs = there().filter(|program| kind(program)).filter(differs);
        for program in programs.skip(number).step_by(WORKERS) {
            for place in places(program) {
                let signal = signals.next().unwrap_or(libc::SIGTERM);
                let mut traced = Traced::start(program);
                if !traced.reach(place) {
                    traced.give_up();
                    continue;
                }
                tried += 1;
                if let Some(what) = traced.end(program, signal) {
                    let (call, before) = place;
                    let line = program.line;
                    wrong.push(format!(
                        "{line}, signal {signal} at call {call}.{before}: {what}"
                    ));
                }
            }
        }
        remark(format_args!("{tried} signals at a call"));
        wrong
    });
}

fn programs_that_last_end_in_good_order_at_any_call() {
    try_all(|program| !matches!(program.course, Course::Ends(_)));
}

fn programs_that_end_by_themselves_leave_nothing_at_any_call() {
    try_all(|program| matches!(program.course, Course::Ends(_)));
}
