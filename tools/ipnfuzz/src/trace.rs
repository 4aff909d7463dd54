// SPDX-License-Identifier: GPL-2.0
//! What is tried is written out of the guest before it is: a finding of the kernel ends the guest.
//!
//! A line each:
//!
//! - `seed N threads T`: what follows was derived with these;
//! - `new I`: program number I is made of the seed and I;
//! - `mix I A B`: and of two that were kept;
//! - `keep`: the last one was kept;
//! - `file NAME`: a program out of a file.

use crate::corpus::Source;
use crate::sys::port::Port;
use std::fmt::Display;
use std::io;

/// The way out.
pub struct Log(Port);

impl Log {
    /// Opens it, for which one must be root.
    pub fn open() -> io::Result<Log> {
        Port::open().map(Log)
    }

    fn line(&self, line: impl Display) {
        self.0.write(format!("{line}\n").as_bytes());
    }

    /// A series begins.
    pub fn begin(&self, seed: u64, threads: usize) {
        self.line(format_args!("seed {seed} threads {threads}"));
    }

    /// This program comes next.
    pub fn next(&self, number: u64, source: Source) {
        match source {
            Source::New => self.line(format_args!("new {number}")),
            Source::Mix(a, b) => self.line(format_args!("mix {number} {a} {b}")),
        }
    }

    /// The last one was kept.
    pub fn keep(&self) {
        self.line("keep");
    }

    /// A program out of a file comes next.
    pub fn file(&self, name: impl Display) {
        self.line(format_args!("file {name}"));
    }
}

/// A line that was read back.
#[derive(Debug, PartialEq)]
pub enum Line {
    /// `seed N threads T`.
    Begin(u64, usize),
    /// `new I` or `mix I A B`.
    Next(u64, Source),
    /// `keep`.
    Keep,
    /// `file NAME`.
    File(String),
}

/// Reads a trace. A last line that is cut is left out.
pub fn parse(text: &str) -> Vec<Line> {
    text.lines().map_while(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Line> {
    let words: Vec<&str> = line.split(' ').collect();
    Some(match words[..] {
        ["seed", seed, "threads", threads] => {
            Line::Begin(seed.parse().ok()?, threads.parse().ok()?)
        }
        ["new", number] => Line::Next(number.parse().ok()?, Source::New),
        ["mix", number, a, b] => {
            let source = Source::Mix(a.parse().ok()?, b.parse().ok()?);
            Line::Next(number.parse().ok()?, source)
        }
        ["keep"] => Line::Keep,
        ["file", name] => Line::File(name.into()),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "trace_tests.rs"]
mod tests;
