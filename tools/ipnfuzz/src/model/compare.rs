// SPDX-License-Identifier: GPL-2.0
//! An answer beside the one that was expected.

use super::Expected;
use crate::outcome::{Answer, Message, Outcome};
use crate::program::Call;
use ipntest::abi::{IPN_SO_FILE, LEVEL};
use ipntest::errno::name;

/// The flags beside a message that are compared.
const FLAGS: i32 = libc::MSG_TRUNC | libc::MSG_OOB | libc::MSG_EOR | libc::MSG_ERRQUEUE;

/// What was expected instead, if it was something else.
pub fn compare(call: &Call, expected: &Expected, outcome: &Outcome) -> Result<(), String> {
    let fits = match (expected, outcome) {
        (Expected::Fails(errnos), Err(errno)) => errnos.contains(errno),
        (Expected::Answers(expected), Ok(answer)) => same(call, expected, answer),
        (Expected::Either(errnos, _), Err(errno)) => errnos.contains(errno),
        (Expected::Either(_, expected), Ok(answer)) => same(call, expected, answer),
        (Expected::Within(errnos, _), Err(errno)) => errnos.contains(errno),
        (Expected::Within(_, most), Ok(answer)) => is_within(answer, *most),
        (Expected::Counts(len, bounds), Ok(answer)) => counts(answer, *len, bounds),
        (Expected::Any, _) => true,
        _ => false,
    };
    if fits {
        return Ok(());
    }
    let got = match outcome {
        Ok(answer) => show(answer),
        Err(errno) => name(*errno),
    };
    let names = |errnos: &[i32]| {
        errnos
            .iter()
            .map(|errno| name(*errno))
            .collect::<Vec<_>>()
            .join(" or ")
    };
    let wanted = match expected {
        Expected::Fails(errnos) => names(errnos),
        Expected::Answers(answer) => show(answer),
        Expected::Either(errnos, answer) => format!("{} or {}", names(errnos), show(answer)),
        Expected::Within(errnos, most) => format!("{} or up to {most} bytes", names(errnos)),
        Expected::Counts(len, bounds) => format!("{len} bytes of numbers within {bounds:?}"),
        Expected::Any | Expected::Unknown => "anything".into(),
    };
    Err(format!("answered {got}, the model says {wanted}"))
}

/// Whether so many bytes of numbers were stored, each of which is within bounds.
fn counts(answer: &Answer, len: usize, bounds: &[(u64, u64)]) -> bool {
    let numbers = answer.bytes.chunks_exact(8);
    let numbers = numbers.map(|bytes| bytes.try_into().map_or(0, u64::from_ne_bytes));
    let mut both = numbers.zip(bounds);
    answer.value == len as i64
        && answer.bytes.len() == len
        && both.all(|(number, (least, most))| (*least..=*most).contains(&number))
}

/// Whether no length is over that.
fn is_within(answer: &Answer, most: usize) -> bool {
    let lens = answer.messages.iter().map(|message| message.len);
    answer.value <= most as i64 && lens.max().unwrap_or(0) <= most
}

fn same(call: &Call, expected: &Answer, answer: &Answer) -> bool {
    match call {
        // Descriptors, and what is stored elsewhere.
        Call::Socket { .. } | Call::Unlink { .. } | Call::Rename { .. } | Call::Become { .. } => {
            true
        }
        Call::Get {
            level: LEVEL,
            option: IPN_SO_FILE,
            ..
        } => expected.value == answer.value && expected.bytes.len() == answer.bytes.len(),
        Call::List => rows(&answer.bytes) == expected.bytes,
        // A line.
        Call::Look { .. } => answer.bytes.strip_suffix(b"\n") == Some(&expected.bytes),
        Call::Request { .. } if expected.value == 0 => answer.value <= 0,
        Call::Receive { .. } => {
            expected.value == answer.value
                && expected.messages.len() == answer.messages.len()
                && expected
                    .messages
                    .iter()
                    .zip(&answer.messages)
                    .all(same_message)
        }
        _ => expected.value == answer.value && expected.bytes == answer.bytes,
    }
}

fn same_message((expected, message): (&Message, &Message)) -> bool {
    let beside = match (&expected.beside, &message.beside) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(expected), Some(beside)) => {
            // A message tells of losses where it was asked to and there is room, as far as it must.
            expected.flags & FLAGS == beside.flags & FLAGS
                && expected
                    .missed
                    .is_none_or(|missed| beside.missed == Some(missed))
                && (expected.gaps.is_none() || expected.gaps == beside.gaps)
                && (expected.told.is_none() || expected.told == beside.told)
        }
    };
    expected.len == message.len && expected.data == message.data && beside
}

/// What the model knows of the rows of `/proc/net/ipn`, in order.
fn rows(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let mut rows: Vec<String> = text
        .lines()
        .skip(1)
        .map(|line| {
            // inode policy flags mtu ports used readers writers pool sent dropped path
            let words: Vec<&str> = line.split(' ').collect();
            words.get(1..10).unwrap_or_default().join(" ")
        })
        .collect();
    rows.sort();
    rows.join("\n").into_bytes()
}

fn show(answer: &Answer) -> String {
    let mut text = format!("{}", answer.value);
    if !answer.bytes.is_empty() {
        text += &format!(", \"{}\"", answer.bytes.escape_ascii());
    }
    for message in &answer.messages {
        let head = message.data[..message.data.len().min(20)].escape_ascii();
        let len = message.data.len();
        text += &format!(
            ", a message of length {} with {len} bytes \"{head}\"",
            message.len
        );
        if let Some(beside) = &message.beside {
            text += &format!(" flags {:#x} missed {:?}", beside.flags, beside.missed);
            text += &format!(" gaps {:?} told {:?}", beside.gaps, beside.told);
        }
    }
    text
}
