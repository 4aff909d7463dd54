// SPDX-License-Identifier: GPL-2.0

//! What the sends do that are simulated.

use crate::{
    kinds::{Network, KINDS},
    trace::{sends, Trace},
    words::Access,
};
use std::collections::HashSet;

/// The lines that are written in all of these.
fn written_in_all<'a>(mut traces: impl Iterator<Item = &'a Trace>) -> HashSet<u64> {
    let written = |trace: &Trace| -> HashSet<u64> {
        let lines = trace.iter().filter_map(|access| match access {
            Access::Write(line) => Some(*line),
            _ => None,
        });
        lines.collect()
    };
    let first = traces.next().map(written).unwrap_or_default();
    traces.fold(first, |all, trace| &all & &written(trace))
}

#[test]
fn a_lock_that_was_taken_is_given_back() {
    for kind in &KINDS {
        for trace in sends(kind, 2).iter().flatten() {
            let mut held = Vec::new();
            for access in trace {
                match access {
                    Access::Lock(lock) => held.push(*lock),
                    Access::Unlock(lock) => assert_eq!(held.pop(), Some(*lock)),
                    _ => {}
                }
            }
            assert_eq!(held, [], "{}", kind.name);
            assert!(trace.len() > 10, "{}: {trace:?}", kind.name);
        }
    }
}

#[test]
fn senders_share_lines_where_they_share_a_network() {
    for kind in &KINDS {
        let senders = sends(kind, 3);
        let of_one = written_in_all(senders[0].iter());
        let of_all = written_in_all(senders.iter().flatten());
        assert!(!of_one.is_empty());
        match kind.network {
            // On a switch each goes along a flow of its own.
            Network::HubEach | Network::Switch => {
                assert_eq!(of_all, HashSet::new(), "{}", kind.name)
            }
            _ => assert!(!of_all.is_empty() && of_all != of_one, "{}", kind.name),
        }
    }
}

#[test]
fn a_long_message_is_longer() {
    let lines = |bytes| {
        let kind = KINDS.iter().find(|kind| kind.bytes == bytes).unwrap();
        let sends = sends(kind, 1);
        sends[0].iter().map(Vec::len).min().unwrap()
    };
    assert!(lines(1500) > lines(8) + 1500 / 64);
}
