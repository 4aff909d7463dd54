// SPDX-License-Identifier: GPL-2.0
//! The rows of the table, as they are read. The simulation (`tests/host/tests/sim`) reads them too: nothing
//! here knows of the family.

use std::collections::{BTreeMap, BTreeSet};

/// The table's files, and what is in them.
pub const FILES: &[(&str, &str)] = &[
    ("states.txt", include_str!("../../states/states.txt")),
    ("poll.txt", include_str!("../../states/poll.txt")),
    ("names.txt", include_str!("../../states/names.txt")),
    ("send.txt", include_str!("../../states/send.txt")),
    ("recv.txt", include_str!("../../states/recv.txt")),
    ("waits.txt", include_str!("../../states/waits.txt")),
    ("options.txt", include_str!("../../states/options.txt")),
    ("generic.txt", include_str!("../../states/generic.txt")),
    ("requests.txt", include_str!("../../states/requests.txt")),
    ("mmap.txt", include_str!("../../states/mmap.txt")),
    (
        "descriptors.txt",
        include_str!("../../states/descriptors.txt"),
    ),
];

/// A state that a socket can be in.
#[derive(Debug)]
pub struct State {
    /// Its name.
    pub name: &'static str,
    /// How the kernel calls it: a variant of `State` in `src/socket/state.rs`.
    pub kernel: &'static str,
    /// The state of a socket of AF_UNIX that is compared with it; none: `-`.
    pub unix: &'static str,
}

/// What a call answers in each state.
pub type Answers = BTreeMap<&'static str, &'static str>;

/// A call of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Where it stands.
    pub place: String,
    /// The topic's test that tries it.
    pub group: &'static str,
    /// The call; a word may have several values.
    pub call: &'static str,
    /// What it answers, by state.
    pub answers: Answers,
    /// What the sockets of AF_UNIX answer where that is something else; none where there is no such call.
    pub unix: Option<Answers>,
    /// Why that is so.
    pub why: Option<&'static str>,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Table {
    /// The states.
    pub states: Vec<State>,
    /// The calls.
    pub rows: Vec<Row>,
    /// What is wrong with it.
    pub faults: Vec<String>,
}

/// Answers that are not said yet, with the states' names as they stand.
type Lines = Vec<(&'static str, Vec<&'static str>)>;

/// A row that is being read.
struct Draft {
    row: Row,
    answers: Lines,
    unix: Lines,
    group_why: Option<&'static str>,
}

/// Reads files of the table.
pub fn read(files: &[(&'static str, &'static str)]) -> Table {
    let mut table = Table::default();
    let mut sets: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut drafts: Vec<Draft> = Vec::new();
    // What stands before a group's first row is so for all of its rows.
    let (mut group, mut unix, mut why, mut open) = ("", Some(Answers::new()), None, false);
    for (file, text) in files {
        for (line, number) in text.lines().zip(1..) {
            let place = || format!("tools/ipntest/states/{file}:{number}");
            let words: Vec<&str> = line.split_whitespace().collect();
            let inside = line.starts_with(' ');
            match words.as_slice() {
                [] | ["#", ..] => {}
                ["state", name, kernel, unix, _, ..] if !inside => {
                    table.states.push(State { name, kernel, unix });
                }
                ["set", name, "=", states @ ..] if !inside => {
                    sets.insert(name, states.to_vec());
                }
                ["group", name] if !inside => {
                    (group, unix, why) = (name, Some(Answers::new()), None);
                    open = true;
                }
                ["unix", "-"] if open => unix = None,
                ["why", _, ..] if open => why = Some(line.trim_start()),
                _ if !inside => {
                    open = false;
                    drafts.push(Draft {
                        row: Row {
                            place: place(),
                            group,
                            call: line,
                            answers: Answers::new(),
                            unix: unix.clone(),
                            why: None,
                        },
                        answers: Lines::new(),
                        unix: Lines::new(),
                        group_why: why,
                    });
                }
                words => {
                    if !drafts
                        .last_mut()
                        .is_some_and(|row| detail(row, line, words))
                    {
                        table
                            .faults
                            .push(format!("{}: not understood: {line}", place()));
                    }
                }
            }
        }
    }
    for draft in drafts {
        let row = complete(draft, &table.states, &sets, &mut table.faults);
        table.rows.push(row);
    }
    table
}

/// A line of a row; whether it is one.
fn detail(draft: &mut Draft, line: &'static str, words: &[&'static str]) -> bool {
    match words {
        ["unix", "-"] => draft.row.unix = None,
        ["why", _, ..] => draft.row.why = Some(line.trim_start()),
        ["unix", answer, states @ ..] if answer.ends_with(':') => {
            draft
                .unix
                .push((answer.trim_end_matches(':'), states.to_vec()));
        }
        [answer, states @ ..] if answer.ends_with(':') => {
            draft
                .answers
                .push((answer.trim_end_matches(':'), states.to_vec()));
        }
        _ => return false,
    }
    true
}

/// Names of states in place of sets and of "*", which is all that are left.
fn complete(
    draft: Draft,
    states: &[State],
    sets: &BTreeMap<&'static str, Vec<&'static str>>,
    faults: &mut Vec<String>,
) -> Row {
    let mut row = draft.row;
    let all: BTreeSet<&str> = states.iter().map(|state| state.name).collect();
    let mut fill = |lines: &Lines, place: &str| {
        let mut answers = Answers::new();
        let mut rest = None;
        for (answer, words) in lines {
            let mut names = Vec::new();
            for word in words {
                match sets.get(word) {
                    Some(set) => names.extend(set),
                    None if *word == "*" => rest = Some(*answer),
                    None => names.push(word),
                }
            }
            for name in names {
                if !all.contains(name) {
                    faults.push(format!("{place}: there is no state {name}"));
                } else if answers.insert(name, *answer).is_some() {
                    faults.push(format!("{place}: {name} stands there twice"));
                }
            }
        }
        if let Some(rest) = rest {
            all.iter().for_each(|name| {
                answers.entry(name).or_insert(rest);
            });
        }
        answers
    };
    row.answers = fill(&draft.answers, &row.place);
    if let Some(unix) = &mut row.unix {
        *unix = fill(&draft.unix, &row.place);
    }
    if row.unix.as_ref().is_none_or(|unix| !unix.is_empty()) {
        row.why = row.why.or(draft.group_why);
    }
    row
}

/// The calls that a row stands for: "a,b" in a word are two, "1..4" four.
pub fn expand(call: &str) -> Vec<String> {
    let mut calls = vec![String::new()];
    for word in call.split_whitespace() {
        let mut values = Vec::new();
        for value in word.split(',') {
            let bounds = value
                .split_once("..")
                .map(|(a, b)| (a.parse::<i64>(), b.parse::<i64>()));
            match bounds {
                Some((Ok(first), Ok(last))) => {
                    values.extend((first..=last).map(|number| number.to_string()));
                }
                _ => values.push(value.to_owned()),
            }
        }
        calls = calls
            .iter()
            .flat_map(|call| values.iter().map(move |value| format!("{call} {value}")))
            .collect();
    }
    calls
        .iter()
        .map(|call| call.trim_start().to_owned())
        .collect()
}
