// SPDX-License-Identifier: GPL-2.0

//! Rates of counts.

use super::*;

const FILE: FileNumbers = FileNumbers::new(0, 27, 1);

fn seen(sent: u64, since: u64) -> Snapshot {
    let mut network = Network::new(FILE);
    (network.sent, network.lost, network.sent_bytes) = (sent, sent / 10, 8 * sent);
    let mut port = Port::new(FILE, 3);
    (port.sent, port.received, port.since) = (sent, 2 * sent, Some(Duration::from_secs(since)));
    Snapshot::new(vec![network], vec![port], None)
}

#[test]
fn a_rate_is_what_came_in_the_time_between() {
    let (mut rates, begin) = (Rates::default(), Instant::now());
    rates.take(seen(100, 1), begin);
    let first = seen(100, 1);
    let (network, ports) = &first.networks[0];
    assert_eq!(
        rates.port(&ports[0]),
        Rate::default(),
        "nothing is known yet"
    );
    rates.take(seen(200, 1), begin + Duration::from_secs(2));
    assert_eq!(rates.network(network).sent, 50.0);
    assert_eq!(rates.network(network).lost, 5.0);
    assert_eq!(rates.network(network).sent_bytes, 400.0);
    let rate = rates.port(&ports[0]);
    assert_eq!((rate.sent, rate.received, rate.sum()), (50.0, 100.0, 150.0));
}

#[test]
fn the_next_holder_of_a_port_begins_anew() {
    let (mut rates, begin) = (Rates::default(), Instant::now());
    rates.take(seen(100, 1), begin);
    let next = seen(30, 2);
    rates.take(next.clone(), begin + Duration::from_secs(1));
    assert_eq!(rates.port(&next.networks[0].1[0]).sent, 30.0);
    assert_eq!(
        rates.network(&next.networks[0].0).sent,
        0.0,
        "a count that went back is another's"
    );
}

#[test]
fn no_time_is_no_rate() {
    let (mut rates, begin) = (Rates::default(), Instant::now());
    rates.take(seen(1, 1), begin);
    rates.take(seen(9, 1), begin);
    assert_eq!(rates.network(&seen(9, 1).networks[0].0).sent, 0.0);
}
