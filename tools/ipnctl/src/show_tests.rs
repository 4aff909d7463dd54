// SPDX-License-Identifier: GPL-2.0

//! How networks are shown.

use super::*;
use ipn::{DropReason, FileNumbers};
use std::time::Duration;

fn entries() -> Vec<Entry> {
    let table = "inode policy flags mtu ports used readers writers pool sent dropped path\n\
                 23 hub 0x1 1514 64 3 2 1 256 1000 0 /tmp/bus\n\
                 7 hub 0x1002 65535 4096 0 0 0 8 5 77 /tmp/odd\\012name\n";
    ipn::parse_table(table.as_bytes()).expect("a table")
}

#[test]
fn all_networks_are_a_table() {
    assert_eq!(
        all(&entries(), &[], false),
        "POLICY  FLAGS       MTU    PORTS   READERS  WRITERS  POOL  SENT  LOST  PATH\n\
         hub     lossless    1514   3/64    2        1        256   1000  0     /tmp/bus\n\
         hub     excl,ended  65535  0/4096  0        0        8     5     77    $'/tmp/odd\\012name'\n"
    );
}

#[test]
fn one_network_is_a_list() {
    let text = one(&entries()[0], None, &[], false);
    assert!(
        text.starts_with("/tmp/bus\n  policy   hub\n  flags    lossless\n"),
        "{text}"
    );
    assert!(text.contains("\n  ports    3 of 64 in use\n"), "{text}");
    assert!(text.ends_with("\n  lost     0 messages\n"), "{text}");
}

#[test]
fn json_is_an_object_or_a_list_of_them() {
    let value: serde_json::Value = serde_json::from_str(&all(&entries(), &[], true)).expect("JSON");
    assert_eq!(value[0]["path"], "/tmp/bus");
    assert_eq!(value[0]["lossless"], true);
    assert_eq!(value[1]["terminated"], true);
    assert_eq!(value[1]["lost"], 77);
    assert_eq!(value[1]["path"], "/tmp/odd\nname");
    let value: serde_json::Value =
        serde_json::from_str(&one(&entries()[0], None, &[], true)).expect("JSON");
    assert_eq!(value["readers"], 2);
}

#[test]
fn bytes_and_reasons_are_told_where_the_kernel_does() {
    let mut network = Network::new(FileNumbers::new(0, 27, 23));
    (network.path, network.sent_bytes) = ("/tmp/bus".into(), 4096);
    network.drops = vec![
        (DropReason::Overrun, 4),
        (DropReason::NoRoom, 3),
        (DropReason::Locked, 1),
    ];
    let networks = [network];
    let (entry, other) = (&entries()[0], &entries()[1]);
    assert!(more(&networks, other).is_none());
    let text = one(entry, more(&networks, entry), &[], false);
    assert!(
        text.ends_with(
            "\n  sent     1000 messages, 4096 bytes\n  lost     0 messages\n  \
             dropped  3 no_room, 1 locked\n"
        ),
        "{text}"
    );
    let text = all(&entries(), &networks, true);
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value[0]["sent_bytes"], 4096);
    assert_eq!(value[0]["drops"]["no_room"], 3);
    assert_eq!(value[1]["drops"], serde_json::Value::Null);
}

#[test]
fn reliable_buses_tell_their_window_and_who_was_overrun() {
    let file = FileNumbers::new(0, 27, 23);
    let mut network = Network::new(file);
    (network.window, network.rate) = (Some(Duration::from_secs(10)), Some(4096));
    (network.age, network.evicted) = (Some(Duration::from_millis(1500)), Some(2));
    let mut port = Port::new(file, 3);
    (port.command, port.pid, port.lost) = ("slow".into(), Some(42), 7);
    assert_eq!(
        reliable(&network, &[port]),
        "  window   10s at least, the oldest message is 1500ms old\n  \
         rate     4096 bytes a second of each port\n  \
         overrun  port 3 (slow 42) missed 7 messages\n  evicted  2 ports\n"
    );
    (network.age, network.rate, network.evicted) = (Some(Duration::ZERO), Some(0), Some(0));
    assert_eq!(
        reliable(&network, &[]),
        "  window   10s at least\n  rate     as fast as it can\n"
    );
}

#[test]
fn cables_are_told_of_a_single_network() {
    let cables = ["vxlan://192.0.2.2/7", "pgm://239.192.0.1"].map(str::to_owned);
    let text = one(&entries()[0], None, &cables, false);
    assert!(
        text.ends_with("\n  cable    vxlan://192.0.2.2/7\n  cable    pgm://239.192.0.1\n"),
        "{text}"
    );
    let text = one(&entries()[0], None, &cables, true);
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value["cables"][1], "pgm://239.192.0.1");
    let value: serde_json::Value = serde_json::from_str(&all(&entries(), &[], true)).expect("JSON");
    assert_eq!(value[0].get("cables"), None);
}

#[test]
fn no_network_is_an_empty_table() {
    assert_eq!(all(&[], &[], true), "[]\n");
    assert_eq!(all(&[], &[], false).lines().count(), 1);
}
