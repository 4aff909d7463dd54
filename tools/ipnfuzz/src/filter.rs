// SPDX-License-Identifier: GPL-2.0
//! Socket filters.

use crate::program::Filter;
use ipntest::sys::bpf::Instruction;

/// The instructions of a filter.
pub fn code(filter: Filter) -> Vec<Instruction> {
    const RETURN: u16 = 0x06;
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    let answer = |len| (RETURN, 0, 0, len);
    match filter {
        Filter::All => vec![answer(u32::MAX)],
        Filter::Nothing => vec![answer(0)],
        Filter::First(len) => vec![answer(len)],
        Filter::Odd => vec![
            (LOAD_BYTE, 0, 0, 0),
            (JUMP_IF_SET, 0, 1, 1),
            answer(u32::MAX),
            answer(0),
        ],
    }
}
