// SPDX-License-Identifier: GPL-2.0
//! Records: several messages a call (`IPN_SO_RECORDS`).

pub mod received;
pub mod sent;

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::sys::socket::Sock;

/// Bytes before a message.
pub const HEADER: usize = 24;

/// What stands before a message, and the message.
#[derive(Debug, PartialEq)]
pub struct Record {
    /// The sender's port.
    pub from: u32,
    /// The message's number.
    pub number: u64,
    /// When it was sent.
    pub stamp: u64,
    /// Its bytes.
    pub message: Vec<u8>,
}

/// The records in a buffer that are whole.
#[track_caller]
pub fn parse(bytes: &[u8]) -> Vec<Record> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let record = &bytes[at..];
        let word = |at: usize| u32::from_ne_bytes(record[at..at + 4].try_into().unwrap());
        let long = |at: usize| u64::from_ne_bytes(record[at..at + 8].try_into().unwrap());
        let end = HEADER + word(0) as usize;
        found.push(Record {
            from: word(4),
            number: long(8),
            stamp: long(16),
            message: record[HEADER..end].to_vec(),
        });
        let next = end.next_multiple_of(8).min(record.len());
        same("between records", &record[end..next], &[0; 8][..next - end]);
        at += next;
    }
    found
}

/// Messages as records.
pub fn pack<T: AsRef<[u8]>>(messages: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for message in messages.iter().map(AsRef::as_ref) {
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.extend((message.len() as u32).to_ne_bytes());
        // What is not looked at.
        bytes.extend([0xaa; HEADER - 4]);
        bytes.extend(message);
    }
    bytes
}

#[track_caller]
pub fn by_records(sock: Sock) -> Sock {
    ok("IPN_SO_RECORDS", sock.set(IPN_SO_RECORDS, 1));
    sock
}

/// The records that a call gives.
#[track_caller]
pub fn take(sock: &Sock, room: usize) -> Vec<Record> {
    let mut place = vec![0x55; room];
    let len = ok("recv of records", sock.recv(&mut place, NOW));
    parse(&place[..len])
}

pub fn messages(records: Vec<Record>) -> Vec<Vec<u8>> {
    records.into_iter().map(|record| record.message).collect()
}

/// The messages that a call gives.
#[track_caller]
pub fn hear_all(sock: &Sock, expected: &[&[u8]]) {
    same(
        "messages",
        messages(take(sock, 1 << 17)),
        to_owned(expected),
    );
}

pub fn to_owned(messages: &[&[u8]]) -> Vec<Vec<u8>> {
    messages.iter().map(|message| message.to_vec()).collect()
}

/// Sends messages as records, all of them.
#[track_caller]
pub fn say_all(sock: &Sock, messages: &[&[u8]]) {
    let bytes = pack(messages);
    same("sent", ok("send", sock.send(&bytes, NOW)), bytes.len());
}
