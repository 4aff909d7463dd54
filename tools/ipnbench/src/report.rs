// SPDX-License-Identifier: GPL-2.0

//! `ipnbench report`: what was measured, for people and for other programs.

use crate::results::{Guest, Results};
use crate::section::SECTIONS;
use crate::target::{verdicts, Verdict};
use crate::{cells, chart, document, entries};
use clap::Args;
use serde::Serialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What to report.
#[derive(Debug, Args)]
pub struct Report {
    /// What `ipnbench run` printed
    #[arg(required = true)]
    records: Vec<PathBuf>,
    /// Where the report goes: results.json, performance.svg
    #[arg(long)]
    to: PathBuf,
    /// A document whose tables are to be made anew; the new one goes there too
    #[arg(long)]
    document: Option<PathBuf>,
    /// Of the document only these parts
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
}

/// What `results.json` has.
#[derive(Debug, Serialize)]
struct Json<'a> {
    guests: &'a [Guest],
    targets: Vec<Verdict>,
}

/// Writes the report, and prints its tables. An error if an entry costs more than its bound allows.
pub fn run(report: &Report) -> io::Result<()> {
    let texts = report.records.iter().map(fs::read_to_string);
    let texts: Vec<String> = texts.collect::<io::Result<_>>()?;
    let results = Results::read(&texts.concat())?;
    fs::create_dir_all(&report.to)?;
    let json = Json {
        guests: &results.guests,
        targets: verdicts(&results),
    };
    let json = serde_json::to_string_pretty(&json)?;
    fs::write(report.to.join("results.json"), json + "\n")?;
    let svg = chart::svg(&results).map_err(|error| io::Error::other(error.to_string()))?;
    fs::write(report.to.join("performance.svg"), svg)?;
    if let Some(path) = &report.document {
        let old = fs::read_to_string(path)?;
        let wanted =
            |name: &str| report.only.is_empty() || report.only.iter().any(|one| one == name);
        let new = document::renew(&old, |name| match wanted(name) {
            true => part(name, &results, &report.to).map(Some),
            false => Ok(None),
        });
        let name = path.file_name().unwrap_or(path.as_os_str());
        fs::write(report.to.join(name), new?)?;
    }
    for section in SECTIONS {
        let text = (section.text)(&results);
        if !text.is_empty() {
            println!("{}\n\n{text}", section.title);
        }
    }
    let entries = entries::exceeded(&results).into_iter().map(str::to_owned);
    let exceeded: Vec<_> = entries.chain(cells::exceeded(&results)).collect();
    match exceeded[..] {
        [] => Ok(()),
        _ => {
            let text = format!("beyond their bounds: {}", exceeded.join("; "));
            Err(io::Error::other(text))
        }
    }
}

/// A part of the document: a section, or a file that is in the report's directory.
fn part(name: &str, results: &Results, directory: &Path) -> io::Result<String> {
    if let Some(section) = SECTIONS.iter().find(|section| section.name == name) {
        return Ok((section.text)(results));
    }
    let path = directory.join(name);
    let text = fs::read_to_string(&path).map_err(|error| {
        let text = format!("the document's part {name}: {}: {error}", path.display());
        io::Error::new(error.kind(), text)
    })?;
    Ok(format!("```\n{}\n```", text.trim_end()))
}
