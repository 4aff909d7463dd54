// SPDX-License-Identifier: GPL-2.0
//! What is sent, and the model: what of that a receiver gets.

use crate::device::lab::{HEADER, PROTOCOL};
use crate::sys::bpf::Instruction;
use ipnmatrix::dimension::Filter;
use ipnmatrix::Cell;

/// Bytes of a message that a filter leaves.
const CUT: usize = 5;
/// As many instructions as a filter can have (`BPF_MAXINSNS`).
const INSTRUCTIONS: usize = 4096;

/// Who sends.
#[derive(Clone, Copy, PartialEq)]
pub enum From {
    /// The sender.
    Sender,
    /// The receiver, or the host behind it.
    Receiver,
}

/// The shortest message that carries something of its number.
pub fn least(cell: &Cell) -> usize {
    match (cell.kind.is_device(), cell.is_framed()) {
        (true, _) => HEADER + 4,
        (_, true) => HEADER,
        _ => 0,
    }
}

/// The message with this number: a frame to all where it has to be one, else any bytes. Those of less
/// than four bytes, or of a header alone, have a part of the number.
pub fn message(cell: &Cell, from: From, number: u32, len: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(len);
    if cell.is_framed() {
        bytes.extend([0xff; 6]);
        bytes.extend([2, 0, 0, 0, 0, 1 + from as u8]);
        let short = 0x4000 | (number & 0x3fff) as u16;
        let kind = match len {
            HEADER => short,
            _ => PROTOCOL,
        };
        bytes.extend(kind.to_be_bytes());
    }
    bytes.extend(number.to_le_bytes());
    bytes.truncate(len);
    let fill = bytes.len()..len;
    bytes.extend(fill.map(|place| (place as u32 ^ number) as u8));
    bytes
}

/// What a filter leaves of a message; nothing is what it refuses.
pub fn filtered(filter: Filter, message: &[u8]) -> Option<&[u8]> {
    match filter {
        Filter::None | Filter::Takes | Filter::Longest => Some(message),
        Filter::Refuses => None,
        Filter::Cuts => Some(&message[..message.len().min(CUT)]),
    }
}

/// The filter's program.
pub fn program(filter: Filter) -> Vec<Instruction> {
    const LOAD: u16 = 0;
    const RETURN: u16 = 6;
    let ends = |with: u32| vec![(RETURN, 0, 0, with)];
    match filter {
        Filter::None => Vec::new(),
        Filter::Takes => ends(u32::MAX),
        Filter::Refuses => ends(0),
        Filter::Cuts => ends(CUT as u32),
        Filter::Longest => {
            let mut program = vec![(LOAD, 0, 0, 1); INSTRUCTIONS - 1];
            program.extend(ends(u32::MAX));
            program
        }
    }
}
