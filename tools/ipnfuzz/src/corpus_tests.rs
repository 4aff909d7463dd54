// SPDX-License-Identifier: GPL-2.0

//! Programs are the same whenever they are made, sound, and kept as they are.

use super::*;
use crate::program::Space;

/// Programs as a run makes them: some out of nothing, some of those before.
fn programs(seed: u64, count: u64) -> Vec<Program> {
    let mut corpus = Corpus::new(seed, 3, Vec::new());
    let mut programs = Vec::new();
    for number in 0..count {
        let source = corpus.choose();
        let program = corpus.make(number, source);
        if number % 3 == 0 {
            corpus.keep(program.clone());
        }
        programs.push(program);
    }
    programs
}

#[test]
fn a_seed_makes_the_same_programs_again() {
    assert_eq!(programs(7, 300), programs(7, 300));
}

#[test]
fn another_seed_makes_others() {
    let (one, other) = (programs(7, 50), programs(8, 50));
    let same = one.iter().zip(&other).filter(|(a, b)| a == b);
    assert_eq!(same.count(), 0);
}

#[test]
fn a_program_that_was_mixed_is_like_its_first_part() {
    let mut corpus = Corpus::new(1, 3, Vec::new());
    let (a, b) = (corpus.make(1, Source::New), corpus.make(2, Source::New));
    corpus.keep(a.clone());
    corpus.keep(b);
    let mixed: Vec<Program> = (3..20).map(|n| corpus.make(n, Source::Mix(0, 1))).collect();
    assert!(mixed.iter().all(|program| program.setting == a.setting));
    assert!(mixed.iter().any(|program| *program != a));
}

#[test]
fn programs_keep_within_their_bounds() {
    for program in programs(3, 2000) {
        assert!((1..=3).contains(&program.threads.len()), "{program:?}");
        assert!(program.len() <= 220, "{} calls", program.len());
        if program.setting.modelled {
            assert_eq!(program.threads.len(), 1, "the model knows one thread");
            assert_eq!(program.setting.space, Space::Host);
        }
    }
}

#[test]
fn every_kind_of_call_is_made() {
    let kinds: std::collections::BTreeSet<&str> = programs(4, 3000)
        .iter()
        .flat_map(|program| program.threads.iter().flatten())
        .map(crate::kinds::kind)
        .collect();
    for kind in [
        "bind",
        "connect",
        "sendmmsg",
        "recvmmsg",
        "splice",
        "sendfile",
        "mmap",
        "mprotect",
        "madvise",
        "mremap",
        "write to mapping",
        "sysfs open",
        "sysfs write",
        "SCM_RIGHTS",
        "epoll_wait",
        "packet(7)",
        "ip",
        "unshare",
    ] {
        assert!(kinds.contains(kind), "no {kind} in 3000 programs");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let file = std::env::temp_dir().join(format!("ipnfuzz-{}.json", std::process::id()));
    for program in programs(6, 300) {
        write(&file, &program).expect("written");
        assert_eq!(read(&file).expect("read"), program);
    }
    fs::remove_file(&file).expect("removed");
}

#[test]
fn a_line_is_a_call() {
    for program in programs(9, 20) {
        let lines = text(&program).expect("text");
        let calls = lines.lines().filter(|line| line.starts_with("  ")).count();
        assert_eq!(calls, program.len());
    }
}

#[test]
fn the_regressions_can_be_read() {
    // Where the checkout is now, and not where it was compiled.
    let directory = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo runs the tests");
    let directory = Path::new(&directory).join("regressions");
    let files = files(&directory).expect("a directory");
    assert!(!files.is_empty());
    for file in files {
        read(&file).expect("a program");
    }
}
