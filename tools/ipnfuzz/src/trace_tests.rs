// SPDX-License-Identifier: GPL-2.0

//! What a guest has sent is understood.

use super::*;

#[test]
fn every_line_is_read() {
    let text = "file a b.json\nseed 5 threads 3\nnew 0\nkeep\nmix 1 0 7\n";
    let lines = [
        // A name is one word.
        Line::Begin(5, 3),
        Line::Next(0, Source::New),
        Line::Keep,
        Line::Next(1, Source::Mix(0, 7)),
    ];
    assert_eq!(parse(text.split_once('\n').expect("a line").1), lines);
    assert_eq!(parse("file a.json\n"), [Line::File("a.json".into())]);
}

#[test]
fn a_line_that_is_cut_is_the_end() {
    assert_eq!(parse("new 1\nmix 2 3"), [Line::Next(1, Source::New)]);
    assert_eq!(parse(""), []);
}
