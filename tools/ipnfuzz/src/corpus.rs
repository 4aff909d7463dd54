// SPDX-License-Identifier: GPL-2.0
//! Programs that reached something, and how the next ones come of them.

use crate::generate;
use crate::mutate::mutate;
use crate::program::Program;
use fastrand::Rng;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a program is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Source {
    /// Nothing.
    New,
    /// Two that were kept, by number.
    Mix(usize, usize),
}

/// Programs that were kept.
pub struct Corpus {
    seed: u64,
    threads: usize,
    kept: Vec<Program>,
    choices: Rng,
}

impl Corpus {
    /// Begins with these.
    pub fn new(seed: u64, threads: usize, kept: Vec<Program>) -> Corpus {
        Corpus {
            seed,
            threads,
            kept,
            choices: Rng::with_seed(seed),
        }
    }

    /// What the next program is to be made of.
    pub fn choose(&mut self) -> Source {
        if self.kept.is_empty() || self.choices.u32(0..3) == 0 {
            return Source::New;
        }
        let all = self.kept.len();
        // The last ones are the rarest.
        let one = if self.choices.bool() {
            all.saturating_sub(20)
        } else {
            0
        };
        Source::Mix(self.choices.usize(one..all), self.choices.usize(0..all))
    }

    /// Makes a program. The same number and source make the same again.
    pub fn make(&self, number: u64, source: Source) -> Program {
        let mut rng = Rng::with_seed(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ number);
        match source {
            Source::Mix(a, b) if a < self.kept.len() && b < self.kept.len() => {
                mutate(&mut rng, &self.kept[a], &self.kept[b], self.threads)
            }
            _ => generate::program(&mut rng, self.threads),
        }
    }

    /// Keeps one.
    pub fn keep(&mut self, program: Program) {
        self.kept.push(program);
    }

    /// How many were kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }
}

/// Reads a program.
pub fn read(file: &Path) -> io::Result<Program> {
    let text = fs::read(file).map_err(|e| io::Error::other(format!("{}: {e}", file.display())))?;
    serde_json::from_slice(&text).map_err(|e| io::Error::other(format!("{}: {e}", file.display())))
}

/// Writes a program, a line for each call.
pub fn write(file: &Path, program: &Program) -> io::Result<()> {
    fs::write(file, text(program)?)
}

/// A program as text, a line for each call.
fn text(program: &Program) -> io::Result<String> {
    let mut text = format!(
        "{{\"setting\": {},\n \"threads\": [",
        serde_json::to_string(&program.setting)?
    );
    for (number, calls) in program.threads.iter().enumerate() {
        text += if number == 0 { "[" } else { ", [" };
        for (number, call) in calls.iter().enumerate() {
            text += if number == 0 { "\n  " } else { ",\n  " };
            text += &serde_json::to_string(call)?;
        }
        text += "]";
    }
    Ok(text + "]}\n")
}

/// The programs of a directory, in the order of their names; of a file, that one.
pub fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files: Vec<PathBuf> = fs::read_dir(path)?
        .flatten()
        .map(|entry| entry.path())
        .collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "json"));
    files.sort();
    Ok(files)
}

#[cfg(test)]
#[path = "corpus_tests.rs"]
mod tests;
