// SPDX-License-Identifier: GPL-2.0

//! What a device sends that is much for all of its ports together: a worker sends it, and what comes behind.

use crate::{
    explore,
    rust::{glue::netdev::NetDevice, task::workers},
    world::{inject, message, receive, Message, Network, Port, Shape},
};
use std::sync::Arc;

/// More for all of them than is copied in a turn of the models.
const ALL: &[u32] = &[0, 1, 2];

/// A network whose port 3 is a device.
fn with_a_device(pool: u32, lossless: bool) -> (Arc<Network>, Vec<Arc<Port>>) {
    let (network, ports) = Network::new(Shape {
        pool,
        ports: 4,
        lossless,
        shared: false,
        in_parts: false,
    });
    ports[3].device.put(NetDevice::default()).unwrap();
    (network, ports)
}

fn to(to: &'static [u32], value: u64) -> Message {
    Message {
        to,
        ..message(value)
    }
}

#[test]
fn what_comes_behind_a_flood_stays_behind() {
    explore(2, || {
        let (network, ports) = with_a_device(2, false);
        inject(&ports[3], to(ALL, 1)).unwrap();
        inject(&ports[3], to(&[0], 2)).unwrap();
        workers::flush();
        for value in [1, 2] {
            assert_eq!(receive(&network, &ports[0]).unwrap().value, value);
        }
    });
}

/// The place that it had seen is taken when the worker comes; the reader that makes room has it go on.
#[test]
fn a_flood_that_finds_no_room_goes_on_when_there_is_some() {
    explore(2, || {
        let (network, ports) = with_a_device(1, true);
        // Few threads: one port reads.
        ports[1..3]
            .iter()
            .for_each(|port| network.shut_receive(port));
        inject(&ports[3], to(ALL, 1)).unwrap();
        let was_faster = network.send(&ports[1], to(&[0], 2), false).is_ok();
        let values: Vec<u64> = (0..=u32::from(was_faster))
            .map(|_| receive(&network, &ports[0]).unwrap().value)
            .collect();
        assert!(values.contains(&1));
        workers::flush();
    });
}
