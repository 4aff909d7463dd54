// SPDX-License-Identifier: GPL-2.0

//! How networks are shown.

use super::*;

fn entries() -> Vec<Entry> {
    let table = "inode policy flags mtu ports used readers writers pool sent dropped path\n\
                 23 hub 0x1 1514 64 3 2 1 256 1000 0 /tmp/bus\n\
                 7 hub 0x1002 65535 4096 0 0 0 8 5 77 /tmp/odd\\012name\n";
    ipn::parse_table(table.as_bytes()).expect("a table")
}

#[test]
fn all_networks_are_a_table() {
    assert_eq!(
        all(&entries(), false),
        "POLICY  FLAGS       MTU    PORTS   READERS  WRITERS  POOL  SENT  LOST  PATH\n\
         hub     lossless    1514   3/64    2        1        256   1000  0     /tmp/bus\n\
         hub     excl,ended  65535  0/4096  0        0        8     5     77    $'/tmp/odd\\012name'\n"
    );
}

#[test]
fn one_network_is_a_list() {
    let text = one(&entries()[0], false);
    assert!(
        text.starts_with("/tmp/bus\n  policy   hub\n  flags    lossless\n"),
        "{text}"
    );
    assert!(text.contains("\n  ports    3 of 64 in use\n"), "{text}");
    assert!(text.ends_with("\n  lost     0 messages\n"), "{text}");
}

#[test]
fn json_is_an_object_or_a_list_of_them() {
    let value: serde_json::Value = serde_json::from_str(&all(&entries(), true)).expect("JSON");
    assert_eq!(value[0]["path"], "/tmp/bus");
    assert_eq!(value[0]["lossless"], true);
    assert_eq!(value[1]["terminated"], true);
    assert_eq!(value[1]["lost"], 77);
    assert_eq!(value[1]["path"], "/tmp/odd\nname");
    let value: serde_json::Value = serde_json::from_str(&one(&entries()[0], true)).expect("JSON");
    assert_eq!(value["readers"], 2);
}

#[test]
fn no_network_is_an_empty_table() {
    assert_eq!(all(&[], true), "[]\n");
    assert_eq!(all(&[], false).lines().count(), 1);
}
