// SPDX-License-Identifier: GPL-2.0

use super::parse;
use ipn::Instruction;

#[test]
fn a_program_is_read_as_tcpdump_prints_it() {
    let program = parse("2\n40 0 0 12\n21 1 65 2048\n").expect("a program");
    let second = Instruction {
        code: 21,
        jt: 1,
        jf: 65,
        k: 2048,
    };
    assert_eq!((program.len(), program[1]), (2, second));
}

#[test]
fn what_is_no_program_is_refused() {
    for text in [
        "",
        "0\n",
        "x\n",
        "1\n",
        "2\n6 0 0 0\n",
        "1\n6 0 0\n",
        "1\n6 256 0 0\n",
        "1\n-6 0 0 0\n",
    ] {
        assert_eq!(parse(text), None, "{text:?}");
    }
}
