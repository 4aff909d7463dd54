// SPDX-License-Identifier: GPL-2.0
//! Every call in every state: the table in `states/`, as `Documentation/testing.md` says how to read it.

pub mod check;
pub mod numbers;
mod rows;

pub use rows::{expand, Row, State, Table};

use rows::{read, FILES};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

/// The table. The environment variable `IPN_STATES` is a directory with other files of it, for who writes
/// rows.
pub static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let Some(directory) = std::env::var_os("IPN_STATES") else {
        return read(FILES);
    };
    let other = |name: &'static str| {
        let path = Path::new(&directory).join(name);
        let text = std::fs::read_to_string(&path);
        let text = text.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (name, &*text.leak())
    };
    read(
        &FILES
            .iter()
            .map(|(name, _)| other(name))
            .collect::<Vec<_>>(),
    )
});

/// The errors that the table gives calls which begin with these words.
pub fn errnos(begins: &str) -> BTreeSet<i32> {
    let rows = TABLE.rows.iter().filter(|row| {
        let mut words = row.call.split_whitespace();
        begins.split(' ').all(|wanted| {
            words
                .next()
                .is_some_and(|word| word.split(',').any(|value| value == wanted))
        })
    });
    rows.flat_map(|row| row.answers.values())
        .filter_map(|answer| crate::errno::number(answer.split('+').next()?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: &str = "state one Fresh - first\nstate two Bound - second\nset both = one two\n";

    fn faults_of(rows: &str) -> Vec<String> {
        let text: &str = format!("{STATES}group some\n{rows}").leak();
        let faults = check::faults(&read(&[("file", text)])).into_iter();
        // Of what is not in so small a table, there is much.
        faults.filter(|fault| !fault.starts_with("no ")).collect()
    }

    #[test]
    fn rows_are_read() {
        assert_eq!(faults_of("call\n    EINVAL: *\n    0: two\n"), [""; 0]);
        assert_eq!(
            faults_of("call\n    0: both\n    unix -\n    why so\n"),
            [""; 0]
        );
        assert_eq!(expand("a 1..2 x,y"), ["a 1 x", "a 1 y", "a 2 x", "a 2 y"]);
    }

    #[test]
    fn wrong_rows_are_found() {
        for (rows, fault) in [
            ("call\n    0: one\n", "empty cell: call in state two"),
            (
                "call\n    0: both\n    EPERM: one\n",
                "one stands there twice",
            ),
            (
                "call\n    0: *\n    EPERM: three\n",
                "there is no state three",
            ),
            ("call\n    0: *\n    unix 1: one\n", "has a line why"),
            ("call\n    0: *\n    why so\n", "has a line why"),
            ("call 1,2\n    0: *\ncall 2..3\n    0: *\n", "twice: call 2"),
            ("call\n    0\n", "not understood"),
        ] {
            let found = faults_of(rows);
            assert!(
                found.iter().any(|found| found.contains(fault)),
                "{rows}: {found:?}"
            );
        }
    }
}
