// SPDX-License-Identifier: GPL-2.0

//! The table of every call in every state (`tools/ipntest/states`): what the simulation takes for right.

use crate::caller::Answer;
use kernel::error::Error;
use std::{collections::BTreeMap, sync::LazyLock};

#[allow(dead_code, reason = "the guest's tests use more of it")]
#[path = "../../../../tools/ipntest/src/errno.rs"]
pub(crate) mod errno;

#[allow(dead_code, missing_docs, reason = "the guest's tests use more of it")]
#[path = "../../../../tools/ipntest/src/table/rows.rs"]
mod rows;

use rows::Row;

/// A row of each call.
static ROWS: LazyLock<BTreeMap<String, Row>> = LazyLock::new(|| {
    let table = rows::read(rows::FILES);
    assert!(table.faults.is_empty(), "{:?}", table.faults);
    let calls = table.rows.into_iter().flat_map(|row| {
        let calls = rows::expand(row.call);
        calls.into_iter().map(move |call| (call, row.clone()))
    });
    calls.collect()
});

/// The calls.
pub(crate) fn calls() -> impl Iterator<Item = &'static str> {
    ROWS.keys().map(|call| &**call)
}

/// What a call answers in a state, in the table's words.
#[track_caller]
pub(crate) fn cell(call: &str, state: &str) -> &'static str {
    let row = ROWS.get(call);
    let answer = row.and_then(|row| row.answers.get(state));
    answer.unwrap_or_else(|| panic!("not in the table: {call} in state {state}"))
}

/// Its errno, or the number that it returns.
#[track_caller]
pub(crate) fn says(call: &str, state: &str) -> Answer<usize> {
    let answer = cell(call, state);
    let word = answer.split('+').next().unwrap();
    match errno::number(word) {
        Some(errno) => Err(errno),
        None => Ok(word.parse().unwrap_or_default()),
    }
}

/// Its error.
#[track_caller]
pub(crate) fn error(call: &str, state: &str) -> Error {
    match says(call, state) {
        Err(errno) => Error::from_errno(-errno),
        Ok(value) => panic!("the table has no error: {call} in state {state}: {value}"),
    }
}
