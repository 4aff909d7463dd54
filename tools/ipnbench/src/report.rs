// SPDX-License-Identifier: GPL-2.0

//! `ipnbench report`: what was measured, for people.

use crate::media::MEDIA;
use crate::record::{Conditions, Line, Measure, Record};
use clap::Args;
use serde::Serialize;
use std::fs;
use std::io;
use std::path::PathBuf;

/// What to report.
#[derive(Debug, Args)]
pub struct Report {
    /// What `ipnbench run` printed
    records: PathBuf,
    /// Where the report goes
    directory: PathBuf,
}

/// All that was measured.
#[derive(Debug, Serialize)]
struct Results {
    conditions: Conditions,
    records: Vec<Record>,
}

/// Writes the report, and prints its tables.
pub fn run(report: &Report) -> io::Result<()> {
    let results = Results::read(&fs::read_to_string(&report.records)?)?;
    fs::create_dir_all(&report.directory)?;
    let json = serde_json::to_string_pretty(&results)?;
    fs::write(report.directory.join("results.json"), json)?;
    let unit = results.conditions.clock.unit();
    for (measure, title) in [
        (Measure::Message, "A message: its send and all its receives"),
        (Measure::Send, "Its send alone"),
    ] {
        println!("{title}, in {unit}\n\n{}", table(&results.records, measure));
    }
    Ok(())
}

impl Results {
    /// Reads what the guest printed; what is no record is a message to a person.
    fn read(text: &str) -> io::Result<Self> {
        let (mut conditions, mut records) = (None, Vec::new());
        for line in text.lines().filter(|line| line.starts_with('{')) {
            match serde_json::from_str(line)? {
                Line::Conditions(found) => conditions = Some(found),
                Line::Record(record) => records.push(record),
            }
        }
        let conditions = conditions.ok_or_else(|| io::Error::other("there are no conditions"))?;
        Ok(Self {
            conditions,
            records,
        })
    }
}

/// The table of a measure: settings down, media across.
fn table(records: &[Record], measure: Measure) -> String {
    let records = records.iter().filter(|record| record.measure == measure);
    let records: Vec<&Record> = records.collect();
    let mut rows: Vec<(usize, usize)> = Vec::new();
    for record in &records {
        let row = (record.bytes, record.receivers);
        if !rows.contains(&row) {
            rows.push(row);
        }
    }
    let media = MEDIA.iter().map(|kind| kind.name);
    let media = media.filter(|name| records.iter().any(|record| record.medium == *name));
    let media: Vec<&str> = media.collect();
    let mut text = format!("| bytes | receivers | {} |\n", media.join(" | "));
    text += &format!("|{}\n", " --: |".repeat(media.len() + 2));
    for (bytes, receivers) in rows {
        let cells = media.iter().map(|name| {
            let found = records.iter().find(|record| {
                record.medium == *name && record.bytes == bytes && record.receivers == receivers
            });
            found.map_or("-".into(), |record| thousands(record.value))
        });
        let cells: Vec<String> = cells.collect();
        text += &format!("| {bytes} | {receivers} | {} |\n", cells.join(" | "));
    }
    text
}

/// A number with its thousands apart.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
