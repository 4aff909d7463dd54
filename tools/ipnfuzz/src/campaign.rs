// SPDX-License-Identifier: GPL-2.0
//! Programs one after the other, for some time, and the report.

use crate::corpus::{self, Corpus};
use crate::coverage::{Map, Traces};
use crate::finding::{Finding, Kind};
use crate::limits;
use crate::minimise::minimise;
use crate::program::Program;
use crate::remains::Remains;
use crate::tally::Tally;
use crate::trace::Log;
use crate::worker;
use clap::Args;
use ipntest::ktap::{remark, Outcome, Report};
use ipntest::sys::{module, privilege, process};
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Fuzz for some time, and report in KTAP
#[derive(Debug, Args)]
pub struct Run {
    /// What everything is derived from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Most threads of a program
    #[arg(long, default_value_t = 3)]
    threads: usize,
    /// Programs to run first, and to begin with
    #[arg(long, value_name = "DIRECTORY", default_value = REGRESSIONS)]
    corpus: PathBuf,
}

/// Run programs out of files again
#[derive(Debug, Args)]
pub struct Replay {
    /// A program, or a directory of them
    #[arg(default_value = REGRESSIONS)]
    path: PathBuf,
    /// How often each is run: what takes two threads does not come every time
    #[arg(long, default_value_t = TIMES)]
    times: usize,
}

/// Where the guest has the programs of `tools/ipnfuzz/regressions`.
const REGRESSIONS: &str = "/lib/ipnfuzz";

/// How often a program out of a file is run, unless told.
const TIMES: usize = 5;

/// How many findings are reported of a kind.
const REPORTED: usize = 3;

/// A look at all memory after so many programs.
const THOROUGHLY: u64 = 100;

/// How long a finding may be made shorter.
const PATIENCE: Duration = Duration::from_secs(60);

/// The modules, in the order in which they are loaded.
const MODULES: [&str; 3] = ["af_ipn", "kvde_switch", "midi_channel"];

/// What it takes to run programs.
struct Stage {
    log: Log,
    traces: Traces,
    before: Remains,
    /// The same with the memory.
    whole: Remains,
    tally: Tally,
    programs: u64,
    map: Map,
}

impl Stage {
    fn new(threads: usize) -> io::Result<Stage> {
        process::adopt_orphans()?;
        // Bounds are to be met.
        privilege::give_up(&[privilege::CAP_SYS_RESOURCE])?;
        reload(&limits::parameters())?;
        Ok(Stage {
            log: Log::open()?,
            traces: Traces::new(threads),
            before: Remains::now(false),
            whole: Remains::now(true),
            tally: Tally::default(),
            programs: 0,
            map: Map::new(),
        })
    }

    /// Runs a program: what was found, and whether it reached something new.
    fn run(&mut self, program: &Program) -> io::Result<(Vec<Finding>, bool)> {
        let report = worker::run(program, &self.traces)?;
        let mut findings = report.findings;
        findings.extend(self.before.check());
        self.tally.merge(&report.tally);
        self.programs += 1;
        let reached = if self.traces.are_there() {
            self.traces.edges()
        } else {
            report.features
        };
        Ok((findings, self.map.add(&reached)))
    }

    /// Whether a program finds something like this, within a few times.
    fn finds(&mut self, program: &Program, finding: &Finding) -> bool {
        let times = if program.threads.len() > 1 { 3 } else { 1 };
        (0..times).any(|_| {
            let found = self
                .run(program)
                .map(|(findings, _)| findings)
                .unwrap_or_default();
            found.iter().any(|other| other.is_like(finding))
        })
    }

    /// Says in the report what was tried.
    fn tell(&self, arguments: &Run, kept: usize) {
        let reached = if self.traces.are_there() {
            "edges of the modules"
        } else {
            "pairs of answers"
        };
        remark(format_args!(
            "fuzz: seed {}, {} s: {} sequences, {} calls, {kept} sequences kept for {} {reached}",
            arguments.seed,
            arguments.seconds,
            self.programs,
            self.tally.calls(),
            self.map.count(),
        ));
        self.tally.lines().iter().for_each(remark);
    }

    fn shorten(&mut self, program: &Program, finding: &Finding) -> Program {
        let start = Instant::now();
        minimise(program.clone(), 100, |candidates| {
            candidates
                .iter()
                .position(|candidate| start.elapsed() < PATIENCE && self.finds(candidate, finding))
        })
    }
}

/// Loads the modules anew.
fn reload(parameters: &str) -> io::Result<()> {
    let named = |name: &str, error: io::Error| io::Error::other(format!("{name}: {error}"));
    for name in MODULES.iter().rev() {
        if Path::new("/sys/module").join(name).exists() {
            module::unload(&CString::new(*name)?).map_err(|e| named(name, e))?;
        }
    }
    for name in MODULES {
        let file = File::open(format!("/lib/modules/{name}.ko")).map_err(|e| named(name, e))?;
        let parameters = if name == MODULES[0] { parameters } else { "" };
        module::load(&file, &CString::new(parameters)?).map_err(|e| named(name, e))?;
    }
    Ok(())
}

/// Runs programs for some time. True when nothing was found.
pub fn run(arguments: &Run) -> io::Result<bool> {
    let files = corpus::files(&arguments.corpus)?;
    let mut report = Report::begin(files.len() + Kind::ALL.len());
    let mut stage = Stage::new(arguments.threads)?;
    let mut first = Vec::new();
    for file in &files {
        let program = corpus::read(file)?;
        report.add(&name(file), &again(&mut stage, file, &program, 1)?);
        first.push(program);
    }
    let (findings, kept) = fuzz(arguments, &mut stage, first)?;
    for (kind, name) in Kind::ALL {
        let texts: Vec<&str> = findings
            .iter()
            .filter(|(found, _)| found.kind == kind)
            .map(|(_, text)| &**text)
            .collect();
        let outcome = if texts.is_empty() {
            Outcome::Passed
        } else {
            Outcome::Failed(texts.join("\n"))
        };
        report.add(&format!("fuzz.{name}"), &outcome);
    }
    stage.tell(arguments, kept);
    reload("")?;
    Ok(report.end())
}

/// What the test is called that runs the program of a file.
fn name(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default();
    format!("fuzz.again.{}", stem.to_string_lossy())
}

/// Runs a program out of a file some times.
fn again(stage: &mut Stage, file: &Path, program: &Program, times: usize) -> io::Result<Outcome> {
    stage
        .log
        .file(file.file_name().unwrap_or_default().to_string_lossy());
    for _ in 0..times {
        let (findings, _) = stage.run(program)?;
        if let Some(finding) = findings.first() {
            return Ok(Outcome::Failed(finding.text.clone()));
        }
    }
    Ok(Outcome::Passed)
}

/// What was found, each with the text of its report, and how many programs were kept.
fn fuzz(
    arguments: &Run,
    stage: &mut Stage,
    first: Vec<Program>,
) -> io::Result<(Vec<(Finding, String)>, usize)> {
    let start = Instant::now();
    let limit = Duration::from_secs(arguments.seconds);
    let mut corpus = Corpus::new(arguments.seed, arguments.threads, first);
    let mut found: Vec<(Finding, String)> = Vec::new();
    stage.log.begin(arguments.seed, arguments.threads);
    let mut number = 0;
    while start.elapsed() < limit {
        let source = corpus.choose();
        stage.log.next(number, source);
        let program = corpus.make(number, source);
        let (mut findings, new) = stage.run(&program)?;
        number += 1;
        if number % THOROUGHLY == 0 {
            findings.extend(stage.whole.check());
        }
        if new {
            stage.log.keep();
            corpus.keep(program.clone());
        }
        for finding in findings {
            let alike = found.iter().any(|(other, _)| other.is_like(&finding));
            let count = found
                .iter()
                .filter(|(other, _)| other.kind == finding.kind)
                .count();
            if alike || count >= REPORTED {
                continue;
            }
            let program = stage.shorten(&program, &finding);
            let text = format!(
                "{}\nprogram {number}-{}: {}",
                finding.text,
                found.len(),
                serde_json::to_string(&program)?
            );
            found.push((finding, text));
        }
    }
    Ok((found, corpus.len()))
}

/// Runs programs out of files. True when nothing was found.
pub fn replay(arguments: &Replay) -> io::Result<bool> {
    let files = corpus::files(&arguments.path)?;
    let mut stage = Stage::new(8)?;
    let mut report = Report::begin(files.len());
    for file in &files {
        let program = corpus::read(file)?;
        let outcome = again(&mut stage, file, &program, arguments.times)?;
        report.add(&name(file), &outcome);
    }
    reload("")?;
    Ok(report.end())
}
