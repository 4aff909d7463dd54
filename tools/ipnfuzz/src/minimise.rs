// SPDX-License-Identifier: GPL-2.0
//! Makes a program that fails shorter, as long as it still does.

use crate::program::{Program, Setting, Space};

/// Programs with a part less, the largest parts first.
pub fn candidates(program: &Program) -> Vec<Program> {
    let mut all = Vec::new();
    if program.threads.len() > 1 {
        for number in 0..program.threads.len() {
            let mut less = program.clone();
            less.threads.remove(number);
            all.push(less);
        }
    }
    let longest = program.threads.iter().map(Vec::len).max().unwrap_or(0);
    let mut part = longest.div_ceil(2);
    while part > 0 {
        for (number, calls) in program.threads.iter().enumerate() {
            // From the end: what comes first makes what follows possible.
            for start in (0..calls.len()).step_by(part).rev() {
                let mut less = program.clone();
                less.threads[number].drain(start..(start + part).min(calls.len()));
                all.push(less);
            }
        }
        part /= 2;
    }
    let plain = Setting {
        user: 0,
        space: Space::Host,
        modelled: program.setting.modelled,
    };
    if program.setting != plain {
        all.push(Program {
            setting: plain,
            ..program.clone()
        });
    }
    all
}

/// The shortest program that was found to fail, starting with one that does. `fails` says which of
/// several does first, if any; it is asked no more than `most` times.
pub fn minimise(
    mut program: Program,
    most: usize,
    mut fails: impl FnMut(&[Program]) -> Option<usize>,
) -> Program {
    for _ in 0..most {
        let candidates = candidates(&program);
        match fails(&candidates) {
            Some(number) => program = candidates[number].clone(),
            None => break,
        }
    }
    program
}

#[cfg(test)]
#[path = "minimise_tests.rs"]
mod tests;
