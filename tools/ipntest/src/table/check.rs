// SPDX-License-Identifier: GPL-2.0
//! Whether the table is whole: a row for whatever the header has, an answer in each cell.

use super::numbers::number;
use super::{expand, Table};
use std::collections::{BTreeMap, BTreeSet};

/// What the interface is: the one list of options and requests.
const HEADER: &str = include_str!("../../../../include/uapi/linux/af_ipn.h");

/// What the kernel calls the states of a socket.
const KERNEL_STATES: &str = include_str!("../../../../src/socket/state.rs");

/// Macros of the header: name, and what it stands for.
fn macros() -> Vec<(&'static str, &'static str)> {
    let line = |line: &'static str| {
        let (name, value) = line
            .strip_prefix("#define ")?
            .split_once(char::is_whitespace)?;
        Some((name, value.trim()))
    };
    HEADER.lines().filter_map(line).collect()
}

/// The header's options. `IPN_SO_PREBIND` is a bit in their numbers.
pub fn options() -> Vec<&'static str> {
    let names = macros().into_iter().map(|(name, _)| name);
    names
        .filter(|name| name.starts_with("IPN_SO_") && *name != "IPN_SO_PREBIND")
        .collect()
}

/// The header's requests.
pub fn requests() -> Vec<&'static str> {
    let requests = macros()
        .into_iter()
        .filter(|(_, value)| value.starts_with("_IO"));
    requests.map(|(name, _)| name).collect()
}

/// Bytes of an option that is no int.
fn size(option: &str) -> Option<usize> {
    match option {
        "IPN_SO_DESCR" => Some(128),
        "IPN_SO_FILE" => Some(16),
        _ => None,
    }
}

/// Lengths that an option is to be read and written with, from none to one too many.
fn lengths(option: &str) -> Vec<usize> {
    match size(option) {
        None => (0..=5).collect(),
        Some(size) => vec![0, 1, size - 1, size, size + 1],
    }
}

/// Values that an int option is to be set to: its bounds, and one beyond each.
fn values(option: &str) -> Vec<i64> {
    let macros: BTreeMap<_, _> = macros().into_iter().collect();
    let bound = |end: &str| {
        let name = option
            .replace("IPN_SO_CHANGE_", "IPN_")
            .replace("IPN_SO_", "IPN_");
        macros
            .get(format!("{name}_{end}").as_str())?
            .split_whitespace()
            .next()?
            .parse::<i64>()
            .ok()
    };
    match (bound("MIN"), bound("MAX")) {
        (Some(least), Some(most)) => vec![least - 1, least, most, most + 1],
        // A switch, flags, or a number whose bounds are no macros.
        _ => vec![-1, 0, 1, 2],
    }
}

/// What must be in the table.
fn wanted() -> Vec<String> {
    let mut calls = Vec::new();
    for option in options() {
        for len in lengths(option) {
            calls.push(format!("getsockopt {option} len {len}"));
            calls.push(format!("setsockopt {option} len {len}"));
        }
        calls.push(format!("getsockopt {option} nowhere"));
        calls.push(format!("setsockopt {option} nowhere"));
        if size(option).is_none() {
            calls.extend(
                values(option)
                    .iter()
                    .map(|value| format!("setsockopt {option} {value}")),
            );
        }
    }
    calls.extend(requests().iter().map(|request| format!("ioctl {request}")));
    for (call, acts) in [
        ("recv 64", "peer-sends"),
        ("send 9", "peer-reads"),
        ("poll IN", "peer-sends"),
        ("poll OUT", "peer-reads"),
    ] {
        let ends = [
            "peer-leaves",
            "signal",
            "restart",
            "shutdown",
            "end",
            "time",
        ];
        calls.extend(
            [acts]
                .iter()
                .chain(&ends)
                .map(|end| format!("wait {call} {end}")),
        );
        let has_time_out = !call.starts_with("poll");
        calls.extend(has_time_out.then(|| format!("wait {call} timed-restart")));
    }
    for bit in 0..32 {
        calls.push(format!("send flag {bit}"));
        calls.push(format!("recv flag {bit}"));
    }
    calls
}

/// What is wrong with the table; nothing, if it is whole.
pub fn faults(table: &Table) -> Vec<String> {
    let mut faults = table.faults.clone();
    let mut calls: BTreeSet<String> = BTreeSet::new();
    for row in &table.rows {
        let place = &row.place;
        for state in table
            .states
            .iter()
            .filter(|state| !row.answers.contains_key(state.name))
        {
            faults.push(format!(
                "{place}: empty cell: {} in state {}",
                row.call, state.name
            ));
        }
        let differs = row.unix.as_ref().is_none_or(|unix| !unix.is_empty());
        if differs != row.why.is_some() {
            faults.push(format!(
                "{place}: a difference from AF_UNIX has a line why, and only that"
            ));
        }
        for call in expand(row.call) {
            if !calls.insert(call.clone()) {
                faults.push(format!(
                    "{place}: the row of this call stands there twice: {call}"
                ));
            }
        }
    }
    for wanted in wanted() {
        let begins = format!("{wanted} ");
        if !calls
            .iter()
            .any(|call| *call == wanted || call.starts_with(&begins))
        {
            faults.push(format!("no row for: {wanted}"));
        }
    }
    for name in options().into_iter().chain(requests()) {
        if number(name).is_none() {
            faults.push(format!(
                "{name} of the header is not in tools/ipntest/src/table/numbers.rs"
            ));
        }
    }
    let body = KERNEL_STATES
        .split("pub(crate) enum State<E> {")
        .nth(1)
        .unwrap_or_default();
    let variants = body
        .lines()
        .take_while(|line| *line != "}")
        .filter_map(|line| {
            let name = line
                .strip_prefix("    ")
                .filter(|line| line.starts_with(char::is_uppercase))?;
            name.split(|c: char| !c.is_alphanumeric()).next()
        });
    for variant in variants {
        if !table.states.iter().any(|state| state.kernel == variant) {
            faults.push(format!(
                "no state for State::{variant} of src/socket/state.rs"
            ));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::super::TABLE;
    use super::*;

    #[test]
    fn each_cell_has_an_answer_and_the_header_nothing_else() {
        let faults = faults(&TABLE);
        assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    }

    #[test]
    fn bounds_are_those_of_the_header() {
        assert_eq!(values("IPN_SO_MTU"), [0, 1, 16_777_216, 16_777_217]);
        assert_eq!(values("IPN_SO_CHANGE_NUMNODES"), [0, 1, 4096, 4097]);
        assert!(requests().contains(&"IPN_TERMINATE") && options().contains(&"IPN_SO_FILE"));
    }
}
