// SPDX-License-Identifier: GPL-2.0
//! Assertions that say what was called, what came and what was expected. A failed one ends the test.

pub use crate::errno::{describe, name};
use crate::lab::amounts::{self, Amount::Answers};
use std::fmt::{Debug, Display};
use std::io;

/// The call succeeds; its value.
#[track_caller]
pub fn ok<T>(what: impl Display, result: io::Result<T>) -> T {
    amounts::add(Answers, 1);
    match result {
        Ok(value) => value,
        Err(error) => panic!("{what}: {}, expected success", describe(&error)),
    }
}

/// The call fails with this errno.
#[track_caller]
pub fn fails<T: Debug>(what: impl Display, result: io::Result<T>, errno: i32) {
    fails_with(what, result, &[errno]);
}

/// The call fails with one of these.
#[track_caller]
pub fn fails_with<T: Debug>(what: impl Display, result: io::Result<T>, errnos: &[i32]) {
    amounts::add(Answers, 1);
    let wanted = || {
        errnos
            .iter()
            .map(|e| name(*e))
            .collect::<Vec<_>>()
            .join(" or ")
    };
    match result {
        Ok(value) => panic!("{what}: success ({value:?}), expected {}", wanted()),
        Err(error) => {
            let fits = error.raw_os_error().is_some_and(|e| errnos.contains(&e));
            assert!(fits, "{what}: {}, expected {}", describe(&error), wanted());
        }
    }
}

/// Both are the same.
#[track_caller]
pub fn same<T: PartialEq + Debug>(what: impl Display, got: T, expected: T) {
    amounts::add(Answers, 1);
    assert!(got == expected, "{what}: {got:?}, expected {expected:?}");
}

/// This is so.
#[track_caller]
pub fn holds(what: impl Display, so: bool) {
    amounts::add(Answers, 1);
    assert!(so, "{what}: not so");
}
