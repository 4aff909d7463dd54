// SPDX-License-Identifier: GPL-2.0
//! Every call in every state answers what the table says (`tools/ipntest/states`), and so does AF_UNIX.

mod calls;
mod messages;
mod settings;
mod stage;

use crate::ktap::remark;
use crate::lab::amounts::{self, Amount::Answers};
use crate::lab::runner::Case;
use crate::pace::volume;
use crate::sys::signal;
use ipntest::table::{check, expand, Row, State, TABLE};
use stage::Stage;
use std::collections::BTreeMap;

/// So many wrong cells are told.
const SHOWN: usize = 60;

/// A test for each group of the table.
macro_rules! groups {
    ($($name:literal $(@ $limit:literal)?,)*) => {
        /// The tests of this topic.
        pub const CASES: &[Case] = &[
            Case { name: "states.table_is_whole", run: table_is_whole, limit: 20 },
            $(Case {
                name: concat!("states.", $name),
                run: || answers_what_the_table_says($name),
                limit: [$($limit,)? $crate::lab::runner::LIMIT][0],
            }),*
        ];
    };
}

groups![
    "poll" @ 120,
    "names" @ 120,
    "send" @ 120,
    "receive" @ 120,
    "options_read" @ 120,
    "options_set" @ 120,
    "generic_read" @ 120,
    "generic_set" @ 120,
    "requests" @ 120,
    "requests_of_devices" @ 120,
    "mmap" @ 120,
    "descriptors" @ 120,
];

fn table_is_whole() {
    let mut faults = check::faults(&TABLE);
    for row in &TABLE.rows {
        let name = format!("states.{}", row.group);
        if !CASES.iter().any(|case| case.name == name) {
            faults.push(format!(
                "{}: no test for the group {}",
                row.place, row.group
            ));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Sockets by state, made when they are asked for.
#[derive(Default)]
struct Stages {
    made: BTreeMap<(bool, &'static str), Stage>,
    count: u32,
}

impl Stages {
    /// What a call answers in a state. A socket that it changes is not used again.
    fn answer(&mut self, call: &str, state: &'static str, unix: bool) -> String {
        let stage = self.made.entry((unix, state)).or_insert_with(|| {
            self.count += 1;
            let name = format!("n{}", self.count);
            if unix {
                stage::set_unix(state, &name)
            } else {
                stage::set(state, &name)
            }
        });
        let done = calls::call(stage, call);
        // One of AF_UNIX loses a message whose receiver's memory is not there.
        if done.changes || unix && call.ends_with("nowhere") {
            self.made.remove(&(unix, state));
        }
        amounts::add(Answers, 1);
        done.answer
    }
}

/// What was answered by each state, as the table has it: a line for each answer.
fn lines(prefix: &str, answers: &[(&str, String)]) -> Vec<String> {
    let mut by_answer: Vec<(&str, Vec<&str>)> = Vec::new();
    for (state, answer) in answers {
        match by_answer.iter_mut().find(|(known, _)| known == answer) {
            Some((_, states)) => states.push(state),
            None => by_answer.push((answer, vec![state])),
        }
    }
    by_answer.sort_by_key(|(_, states)| states.len());
    let line = |(answer, states): &(&str, Vec<&str>)| {
        format!("    {prefix}{answer}: {}", states.join(" "))
    };
    by_answer.iter().map(line).collect()
}

/// Tries a call in all states: which cells are wrong. With `IPN_STATES` the row as it is answered is
/// in the report.
fn wrong_cells(stages: &mut Stages, row: &Row, call: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut compare = |state: &State, whose: &str, got: &str, wanted: Option<&&str>| {
        let wanted = wanted.copied().unwrap_or("nothing");
        if got != wanted {
            wrong.push(format!(
                "{call}, {whose}{}: {got}, expected {wanted}",
                state.name
            ));
        }
    };
    let (mut ours, mut others) = (Vec::new(), Vec::new());
    for state in &TABLE.states {
        let got = stages.answer(call, state.name, false);
        compare(state, "", &got, row.answers.get(state.name));
        if let Some(unix) = row.unix.as_ref().filter(|_| state.unix != "-") {
            let theirs = stages.answer(call, state.unix, true);
            let wanted = unix.get(state.name).or(row.answers.get(state.name));
            compare(state, "AF_UNIX ", &theirs, wanted);
            if theirs != got {
                others.push((state.name, theirs));
            }
        }
        ours.push((state.name, got));
    }
    if !wrong.is_empty() && std::env::var_os("IPN_STATES").is_some() {
        remark(format_args!("row: {call}"));
        for line in lines("", &ours).into_iter().chain(lines("unix ", &others)) {
            remark(line);
        }
    }
    wrong
}

/// Tries the rows of a group, cell by cell.
fn answers_what_the_table_says(group: &str) {
    stage::prepare();
    signal::count(libc::SIGPIPE, 0).expect("sigaction");
    let mut stages = Stages::default();
    let rows = TABLE.rows.iter().filter(|row| row.group == group);
    let calls = rows.flat_map(|row| expand(row.call).into_iter().map(move |call| (row, call)));
    let calls: Vec<_> = calls.collect();
    let some = volume(calls.len() as u32, "calls").max(1) as usize;
    let tried = calls.iter().step_by(calls.len().div_ceil(some));
    let wrong: Vec<String> = tried
        .flat_map(|(row, call)| wrong_cells(&mut stages, row, call))
        .collect();
    drop(stages);
    let some = &wrong[..wrong.len().min(SHOWN)];
    assert!(
        some.is_empty(),
        "{} cells are wrong\n{}",
        wrong.len(),
        some.join("\n")
    );
}
