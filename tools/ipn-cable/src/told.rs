// SPDX-License-Identifier: GPL-2.0

//! What a cable says to people: on the standard error, and not for every message.

use ipn::Shown;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What has happened is summed up for so long before it is said.
const PAUSE: Duration = Duration::from_secs(1);

/// Says what was lost, and why.
#[derive(Debug)]
pub struct Told {
    path: PathBuf,
    counts: BTreeMap<&'static str, u64>,
    texts: Vec<String>,
    last: Option<Instant>,
}

impl Told {
    /// Of the cable of the bus at `path`.
    pub fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            counts: BTreeMap::new(),
            texts: Vec::new(),
            last: None,
        }
    }

    /// So many things have happened, in words that can follow a number.
    pub fn count(&mut self, what: &'static str, how_many: u64) {
        if how_many > 0 {
            let count = self.counts.entry(what).or_default();
            *count = count.saturating_add(how_many);
        }
    }

    /// Something has happened; of several in a second the first few are said.
    pub fn text(&mut self, text: String) {
        if self.texts.len() < 4 {
            self.texts.push(text);
        }
    }

    /// Says what there is to say, if it is time to.
    pub fn say(&mut self) {
        if self.last.is_none_or(|last| last.elapsed() >= PAUSE) {
            self.say_now();
        }
    }

    /// Says it all.
    pub fn say_now(&mut self) {
        let path = Shown::of(&self.path).to_string();
        let mut out = std::io::stderr().lock();
        for (what, count) in std::mem::take(&mut self.counts) {
            self.last = Some(Instant::now());
            // There is nobody to tell when that fails.
            let _ = writeln!(out, "{path}: {count} {what}");
        }
        for text in std::mem::take(&mut self.texts) {
            self.last = Some(Instant::now());
            let _ = writeln!(out, "{path}: {text}");
        }
    }
}
