// SPDX-License-Identifier: GPL-2.0

//! What a port has counted, as a program gets it.

use crate::abi::statistics::Statistics;

const HEADER: &str = include_str!("../../../../include/uapi/linux/af_ipn.h");

#[test]
fn counters_stand_where_the_header_has_them() {
    let statistics = Statistics {
        sent: 1,
        sent_bytes: 2,
        received: 3,
        received_bytes: 4,
        lost: 5,
        refused: 6,
        lag: 7,
        waiting: u64::MAX - 8,
        waited: 9,
        window: 10,
        rate: 11,
        evicted: 12,
    };
    let (_, fields) = HEADER.split_once("struct ipn_statistics {").unwrap();
    let (fields, _) = fields.split_once("};").unwrap();
    let names = fields.lines().filter_map(|line| {
        let (_, field) = line.split_once("__u64 ")?;
        field.split(';').next()
    });
    let bytes = statistics.to_bytes();
    let told: Vec<(&str, u64)> = names
        .zip(bytes.chunks(8))
        .map(|(name, bytes)| (name, u64::from_ne_bytes(bytes.try_into().unwrap())))
        .collect();
    let expected = [
        ("sent", 1),
        ("sent_bytes", 2),
        ("received", 3),
        ("received_bytes", 4),
        ("lost", 5),
        ("refused", 6),
        ("lag", 7),
        ("waiting", u64::MAX - 8),
        ("waited", 9),
        ("window", 10),
        ("rate", 11),
        ("evicted", 12),
    ];
    assert_eq!(told, expected);
    assert_eq!(bytes.len(), 8 * expected.len());
}
