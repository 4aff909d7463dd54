// SPDX-License-Identifier: GPL-2.0

//! Expressions of pcap-filter(7), as a program for the kernel.
//!
//! The command tcpdump translates them, not libpcap by a binding: who filters packets has it, and others
//! need no library, neither to build this command nor to run it.

use super::link::ETHERNET;
use crate::failure::Failure;
use ipn::Instruction;
use std::io::ErrorKind;
use std::process::{Command, Stdio};

/// The program of an expression, for messages of a link type.
pub fn compile(expression: &str, link: u16) -> Result<Vec<Instruction>, Failure> {
    let link = match link {
        ETHERNET => "EN10MB",
        // tcpdump has no name for types of users' own. Here too bytes count from the beginning of the
        // message, where raw IP has its header.
        _ => "RAW",
    };
    let answer = Command::new("tcpdump")
        // Without a device, and the whole message of what matches.
        .args(["-ddd", "-s", "262144", "-y", link, "--", expression])
        .stdin(Stdio::null())
        .output();
    let output = match answer {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(Failure::new(
                "cannot use --filter: there is no command tcpdump, which translates it",
                "install tcpdump, or dump all with -w and let Wireshark filter",
            ))
        }
        Err(error) => {
            return Err(Failure::Error {
                text: format!("cannot run tcpdump, which translates --filter: {error}"),
                hint: None,
            })
        }
    };
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        // Its last line is the error; those before tell of the link type.
        let said = said
            .lines()
            .rfind(|line| !line.is_empty())
            .unwrap_or_default();
        return Err(Failure::new(
            format!(
                "the filter is not understood: {}",
                said.trim_start_matches("tcpdump: ")
            ),
            "see pcap-filter(7), which tcpdump has",
        ));
    }
    parse(&String::from_utf8_lossy(&output.stdout)).ok_or_else(|| Failure::Error {
        text: "tcpdump -ddd has printed no program".to_owned(),
        hint: None,
    })
}

/// A program as `tcpdump -ddd` prints it: the number of its instructions, then code, jt, jf and k of each.
fn parse(text: &str) -> Option<Vec<Instruction>> {
    let mut lines = text.lines();
    let count: usize = lines.next()?.trim().parse().ok()?;
    let instruction = |line: &str| {
        let mut fields = line.split_whitespace();
        Some(Instruction {
            code: fields.next()?.parse().ok()?,
            jt: fields.next()?.parse().ok()?,
            jf: fields.next()?.parse().ok()?,
            k: fields.next()?.parse().ok()?,
        })
    };
    let program: Option<Vec<_>> = lines.map(instruction).collect();
    program.filter(|program| program.len() == count && count != 0)
}

#[cfg(test)]
#[path = "filter_tests.rs"]
mod tests;
