// SPDX-License-Identifier: GPL-2.0
//! Every call in every state answers what the table says (`tools/ipntest/states`), and so does AF_UNIX.

mod calls;
mod messages;
mod settings;
mod stage;
mod waits;

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
    "waits_to_receive" @ 120,
    "waits_to_send" @ 120,
    "waits_for_events" @ 120,
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

/// A state, of this family's sockets or of those of AF_UNIX, and what a call answers in it.
struct Cell<'a> {
    state: &'a State,
    unix: bool,
    wanted: &'a str,
    got: String,
}

impl Cell<'_> {
    /// What it is a cell of.
    fn name(&self) -> &'static str {
        if self.unix {
            self.state.unix
        } else {
            self.state.name
        }
    }
}

/// Sockets by state, made when they are asked for.
#[derive(Default)]
struct Stages {
    made: BTreeMap<(bool, &'static str), Stage>,
    count: u32,
}

impl Stages {
    /// A socket in a cell's state.
    fn take(&mut self, cell: &Cell<'_>) -> Stage {
        let made = self.made.remove(&(cell.unix, cell.name()));
        made.unwrap_or_else(|| {
            self.count += 1;
            let name = format!("n{}", self.count);
            match cell.unix {
                true => stage::set_unix(cell.name(), &name),
                false => stage::set(cell.name(), &name),
            }
        })
    }

    /// It may be used again, unless something has changed it.
    fn put_back(&mut self, cell: &Cell<'_>, stage: Stage, changes: bool) {
        if !changes {
            self.made.insert((cell.unix, cell.name()), stage);
        }
    }
}

/// Makes a call on each of these sockets.
fn answers<'a>(stages: &mut Stages, call: &str, mut cells: Vec<Cell<'a>>) -> Vec<Cell<'a>> {
    for cell in &mut cells {
        let stage = stages.take(cell);
        let done = calls::call(&stage, call);
        cell.got = done.answer;
        // One of AF_UNIX loses a message whose receiver's memory is not there.
        let changes = done.changes || cell.unix && call.ends_with("nowhere");
        stages.put_back(cell, stage, changes);
        amounts::add(Answers, 1);
    }
    cells
}

/// All cells of a row.
fn cells(row: &Row) -> Vec<Cell<'_>> {
    let cell = |state, unix, wanted: Option<&&'static str>| Cell {
        state,
        unix,
        wanted: wanted.copied().unwrap_or_default(),
        got: String::new(),
    };
    let mut cells = Vec::new();
    for state in &TABLE.states {
        let wanted = row.answers.get(state.name);
        cells.push(cell(state, false, wanted));
        if let Some(unix) = row.unix.as_ref().filter(|_| state.unix != "-") {
            cells.push(cell(state, true, unix.get(state.name).or(wanted)));
        }
    }
    cells
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
    let cells = match call.starts_with("wait ") {
        true => waits::answers(stages, call, cells(row)),
        false => answers(stages, call, cells(row)),
    };
    let mut wrong = Vec::new();
    // What another family's answer depends on, as on which comes first, is not ours to say.
    let is_wrong = |cell: &&Cell| !cell.wanted.split('/').any(|wanted| wanted == cell.got);
    for cell in cells.iter().filter(is_wrong) {
        let whose = if cell.unix { "AF_UNIX " } else { "" };
        let wanted = match cell.wanted {
            "" => "nothing",
            wanted => wanted,
        };
        wrong.push(format!(
            "{call}, {whose}{}: {}, expected {wanted}",
            cell.state.name, cell.got
        ));
    }
    if !wrong.is_empty() && std::env::var_os("IPN_STATES").is_some() {
        let of = |unix| {
            let cells = cells.iter().filter(move |cell| cell.unix == unix);
            cells.map(|cell| (cell.state.name, cell.got.clone()))
        };
        let ours: Vec<_> = of(false).collect();
        let others: Vec<_> = of(true).filter(|other| !ours.contains(other)).collect();
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
    waits::prepare();
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
