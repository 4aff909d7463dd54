// SPDX-License-Identifier: GPL-2.0

//! Programs become as short as what they show lets them.

use super::*;
use crate::corpus::{Corpus, Source};
use crate::program::Call;

/// Any long program of several threads.
fn long() -> Program {
    let corpus = Corpus::new(11, 3, Vec::new());
    let mut all = (0..).map(|number| corpus.make(number, Source::New));
    all.find(|program| program.threads.len() == 3 && program.len() > 60)
        .expect("one of many")
}

/// Puts two calls in, in this order, with others between.
fn with(mut program: Program, calls: [Call; 2]) -> Program {
    let [first, second] = calls;
    let thread = &mut program.threads[1];
    thread.insert(thread.len() / 3, first);
    thread.push(second);
    program
}

const PAIR: [Call; 2] = [Call::Pause { ms: 77 }, Call::Pause { ms: 78 }];

fn shows_it(program: &Program) -> bool {
    program.threads.iter().any(|calls| {
        let place = |call: &Call| calls.iter().position(|other| other == call);
        matches!((place(&PAIR[0]), place(&PAIR[1])), (Some(a), Some(b)) if a < b)
    })
}

#[test]
fn only_what_it_takes_is_left() {
    let long = with(long(), PAIR);
    let short = minimise(long, 1000, |candidates| {
        candidates.iter().position(shows_it)
    });
    assert_eq!(short.threads, [PAIR]);
    assert_eq!(short.setting.user, 0);
    assert_eq!(short.setting.space, Space::Host);
}

#[test]
fn what_does_not_show_it_again_stays_as_it_is() {
    let long = long();
    assert_eq!(minimise(long.clone(), 1000, |_| None), long);
}

#[test]
fn it_is_asked_no_more_than_it_may_be() {
    let mut asked = 0;
    minimise(with(long(), PAIR), 3, |candidates| {
        asked += 1;
        candidates.iter().position(shows_it)
    });
    assert_eq!(asked, 3);
}

#[test]
fn each_candidate_lacks_something_or_is_plainer() {
    let long = long();
    for candidate in candidates(&long) {
        assert!(candidate.len() < long.len() || candidate.setting != long.setting);
    }
}
