// SPDX-License-Identifier: GPL-2.0
//! Several messages a call (`IPN_SO_RECORDS`).

use super::messages::{aside, nothing, Got, Hears};
use super::{Errnos, Model};
use crate::outcome::{Answer, Outcome};
use crate::program::{put_record, Memory, Sender, Slot, ORIGIN, RECORD_HEADER, SEQUENCED_HEADER};
use libc::*;

impl Model {
    /// Sends records. `wrong`: what is wrong with the call anyhow.
    pub(super) fn send_records(
        &mut self,
        slot: Slot,
        by: &Sender,
        bytes: &[u8],
        wrong: Vec<i32>,
        outcome: &Outcome,
    ) -> Result<Answer, Errnos> {
        let faults = matches!(by, Sender::From(Memory::Nowhere | Memory::Cut));
        if faults || bytes.is_empty() || matches!(by, Sender::Many(_)) {
            // How much comes before the fault is the kernel's choice, what is wrong with a call that
            // sends nothing too; and sendmmsg() does not say how much of its last part was taken.
            self.lost = true;
            return Err(wrong);
        }
        let went = match outcome {
            Ok(answer) => usize::try_from(answer.value).unwrap_or(0),
            Err(_) => 0,
        };
        let header = record_header(self.sock(slot).sequenced);
        let mut taken = 0;
        while taken < bytes.len() {
            let (message, wrong_here) = first(&bytes[taken..], header);
            let wrong = [&wrong[..], &wrong_here].concat();
            match self.send_one(
                slot,
                (message, message.len()),
                &wrong,
                (taken < went, [0; ORIGIN]),
            ) {
                Ok(()) => {
                    let len = header + message.len();
                    taken += len.next_multiple_of(8).min(bytes.len() - taken);
                }
                Err(_) if taken != 0 => break,
                Err(errnos) => return Err(errnos),
            }
        }
        Ok(Answer::number(taken))
    }

    /// Receives as many messages as are there and fit, when none is out-of-band: as `receive_one` does.
    pub(super) fn receive_records(
        &mut self,
        slot: Slot,
        room: usize,
        good: usize,
        flags: i32,
        hears: Hears,
    ) -> Result<Option<Got>, Errnos> {
        let id = self.id(slot);
        let sock = &self.socks[id];
        let handles_oob = sock.handles_oob;
        // Those of a call are of one sender then, and who that is, is not modelled.
        let (asks, sequenced) = (sock.sender, sock.sequenced);
        let network = sock.connected().expect("it was looked at");
        let network = &mut self.networks[network];
        let mut records = Vec::new();
        let mut count = 0;
        loop {
            // The kernel may look on, past what a filter refuses, or not.
            self.lost |= count != 0 && (asks || !network.refuses_none(id));
            let Some(bytes) = network.next(id) else {
                break;
            };
            // Those before what was skipped come first.
            if count != 0 && network.is_behind_skipped(id) {
                break;
            }
            let header = record_header(sequenced);
            let end = records.len().next_multiple_of(8) + header + bytes.len();
            if count != 0 && end > room {
                break;
            }
            let (number, from) = network.next_numbers(id);
            let sequence = network.told(number as usize).sequence;
            put_record(
                &mut records,
                &bytes,
                (from, number),
                sequenced.then_some(sequence),
            );
            count += 1;
            if end.min(room) > good {
                // How much is copied in one piece is the kernel's choice.
                self.lost |= count != 1;
                return Err(vec![EFAULT]);
            }
            if flags & MSG_PEEK == 0 && network.meets_gap(id) {
                return Err(vec![ECONNRESET]);
            }
            if flags & MSG_PEEK != 0 {
                // It may give more.
                let all = network.published() as u64;
                self.lost |= number + 1 != all;
                break;
            }
            network.take(id);
            if end > room {
                break;
            }
        }
        if count == 0 {
            return nothing(network, id, handles_oob);
        }
        let beside = aside(network, id, hears, None);
        Ok(Some(Got::of(&records, room, flags, beside, false)))
    }
}

/// Bytes before each message.
pub(super) fn record_header(sequenced: bool) -> usize {
    match sequenced {
        true => SEQUENCED_HEADER,
        false => RECORD_HEADER,
    }
}

/// The message of the first record, and what is wrong with it.
fn first(bytes: &[u8], header: usize) -> (&[u8], Vec<i32>) {
    let Some((header, behind)) = bytes.split_at_checked(header) else {
        // A kernel may look at the length before it looks for the rest.
        return (&[], vec![EINVAL]);
    };
    let len = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
    match behind.get(..len) {
        Some(message) => (message, Vec::new()),
        None => (&[], vec![EINVAL, EMSGSIZE]),
    }
}
