// SPDX-License-Identifier: GPL-2.0

//! An observer gets what others send, is woken for it, and is told what it missed; no sender waits for it.

use crate::{
    explore,
    world::{message, observer, receive, receive_now, settle, Message, Network, Shape},
};
use loom::thread;

/// Port 1 sends to port 0, which waits for each message; an observer waits for one, and reads what is left
/// when all is done.
fn observed(shared: bool, lossless: bool, pool: u32, messages: u64) {
    let (network, ports) = Network::new(Shape {
        pool,
        ports: 3,
        lossless,
        shared,
        in_parts: false,
    });
    network.leave(&ports[2]);
    let third = observer(2);
    network.shut_receive(&ports[1]);
    let sender = {
        let (network, sock) = (network.clone(), ports[1].clone());
        thread::spawn(move || {
            for value in 0..messages {
                let to = if shared { &[][..] } else { &[0] };
                let message = Message {
                    to,
                    ..message(value)
                };
                network.send(&sock, message, true).unwrap();
            }
        })
    };
    let observes = {
        let (network, third) = (network.clone(), third.clone());
        // Whatever is overwritten, the last message is there.
        thread::spawn(move || receive(&network, &third).unwrap().value)
    };
    let got = match lossless {
        true => (0..messages)
            .filter_map(|_| receive(&network, &ports[0]))
            .collect(),
        false => Vec::new(),
    };
    sender.join().unwrap();
    let mut seen = vec![observes.join().unwrap()];
    while let Some(got) = receive_now(&network, &third) {
        seen.push(got.value);
    }
    assert!(seen.is_sorted_by(|one, next| one < next), "{seen:?}");
    let missed = u64::from(third.drops());
    assert_eq!(seen.len() as u64 + missed, messages, "seen and missed");
    if lossless {
        assert_eq!(network.dropped(), 0, "what an observer misses is not lost");
    }
    settle(&network, &ports[0], got);
}

#[test]
fn a_hub_with_backpressure_waits_for_no_observer() {
    explore(1, || observed(true, true, 1, 2));
}

#[test]
fn a_policy_with_backpressure_waits_for_no_observer() {
    explore(1, || observed(false, true, 1, 2));
}

#[test]
fn an_observer_of_a_lossy_hub_is_told_what_it_missed() {
    explore(2, || observed(true, false, 1, 2));
}

#[test]
fn an_observer_sees_what_a_policy_sends_to_others() {
    explore(2, || observed(false, false, 1, 2));
}
