// SPDX-License-Identifier: GPL-2.0

//! What a reader got, and what it says it lost, against what was sent.

use crate::{
    endpoint::Endpoint,
    network::Network,
    transfer::{receive_now, Got},
};

/// Reads what is left and checks that every message is accounted for. All threads are done.
///
/// Returns the values that the port got.
pub(crate) fn settle(network: &Network, sock: &Endpoint, mut got: Vec<Got>) -> Vec<u64> {
    while let Some(more) = receive_now(network, sock) {
        got.push(more);
    }
    let log = network.members.lock().unwrap().log.clone();
    let mut next = sock.joined;
    for message in &got {
        assert!(message.number >= next, "in order, and each once");
        next = message.number + 1;
        let (from, value) = log[(message.number - sock.joined) as usize];
        assert_ne!(from, sock.number, "nobody gets what they sent");
        assert_eq!((message.meta.from, message.meta.stamp), (from, value));
        assert_eq!(u64::from(message.meta.len), value, "a torn header");
        assert!(message.words.iter().all(|&word| word == value), "torn");
    }
    let own = log.iter().filter(|sent| sent.0 == sock.number).count() as u64;
    let others = log.len() as u64 - own;
    assert_eq!(got.len() as u64 + sock.drops.load(), others, "got and lost");
    assert_eq!(sock.port.sent.load(), own);
    let passed = sock.port.own_skipped.load() + sock.port.cursor.own_skipped();
    assert_eq!(passed, own, "own messages passed");
    assert_eq!(sock.reader().position(), sock.ring.published());
    if !sock.port.cursor.is_mapped() {
        assert_eq!(sock.port.received.load(), got.len() as u64);
    }
    if network.lossless {
        assert_eq!(sock.drops.load(), 0, "a lossless network loses nothing");
    }
    got.iter().map(|message| message.meta.stamp).collect()
}
