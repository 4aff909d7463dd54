// SPDX-License-Identifier: GPL-2.0
//! What is done on the host: programs out of a trace, and shorter ones.

use crate::corpus::{self, Corpus};
use crate::minimise;
use crate::program::Program;
use crate::trace::{self, Line};
use clap::Args;
use std::collections::VecDeque;
use std::fs;
use std::io;
use std::path::PathBuf;

/// Make the last programs of a trace again
#[derive(Debug, Args)]
pub struct Recover {
    /// The trace of a guest
    trace: PathBuf,
    /// Where the programs go, as the numbers of their turns
    directory: PathBuf,
    /// How many
    #[arg(long, default_value_t = 1)]
    last: usize,
    /// The programs that the guest began with
    #[arg(long, value_name = "DIRECTORY")]
    corpus: Option<PathBuf>,
}

/// Make programs with a part less
#[derive(Debug, Args)]
pub struct Candidates {
    /// The program
    program: PathBuf,
    /// Where they go
    directory: PathBuf,
}

/// Writes the last programs of a trace into a directory. True when there are any.
pub fn recover(arguments: &Recover) -> io::Result<bool> {
    let first = match &arguments.corpus {
        None => Vec::new(),
        Some(directory) => corpus::files(directory)?
            .iter()
            .map(|file| corpus::read(file))
            .collect::<io::Result<_>>()?,
    };
    let mut corpus = Corpus::new(0, 1, first.clone());
    let mut last: VecDeque<(String, Program)> = VecDeque::new();
    for line in trace::parse(&fs::read_to_string(&arguments.trace)?) {
        match line {
            Line::Begin(seed, threads) => corpus = Corpus::new(seed, threads, first.clone()),
            Line::Next(number, source) => {
                last.push_back((format!("{number:08}"), corpus.make(number, source)))
            }
            Line::Keep => {
                if let Some((_, program)) = last.back() {
                    corpus.keep(program.clone());
                }
            }
            Line::File(name) => println!("file {name}"),
        }
        if last.len() > arguments.last {
            last.pop_front();
        }
    }
    for (name, program) in &last {
        let file = arguments.directory.join(format!("{name}.json"));
        corpus::write(&file, program)?;
        println!("{}", file.display());
    }
    Ok(!last.is_empty())
}

/// Writes programs that lack a part into a directory. True when there are any.
pub fn candidates(arguments: &Candidates) -> io::Result<bool> {
    let candidates = minimise::candidates(&corpus::read(&arguments.program)?);
    for (number, program) in candidates.iter().enumerate() {
        corpus::write(
            &arguments.directory.join(format!("{number:04}.json")),
            program,
        )?;
    }
    Ok(!candidates.is_empty())
}
