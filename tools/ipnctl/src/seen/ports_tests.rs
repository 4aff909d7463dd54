// SPDX-License-Identifier: GPL-2.0

//! How ports are shown.

use super::*;
use ipn::{DropReason, FileNumbers};
use ipn_netlink::{Device, Kind};
use std::os::unix::ffi::OsStrExt;

const FILE: FileNumbers = FileNumbers::new(0, 27, 99);

fn seen() -> Snapshot {
    let mut network = Network::new(FILE);
    network.path = "/run/lan".into();
    network.ports = 3;
    let mut one = Port::new(FILE, 0);
    one.pid = Some(4711);
    one.command = "camera".into();
    one.uid = Some(1000);
    (one.sends, one.sent) = (true, 12);
    one.description = OsStr::from_bytes(b"the \x1b[31mred\xff one").into();
    let mut other = Port::new(FILE, 3);
    other.kind = Kind::Grab;
    other.uid = Some(0);
    (other.receives, other.sends) = (true, true);
    (other.received, other.lost, other.lag) = (9, 2, 1);
    other.drops = vec![(DropReason::Overrun, 2), (DropReason::NoRoom, 4)];
    other.waiting = Some(Duration::from_millis(1540));
    other.device = Some(Device {
        index: 4,
        name: "eth1".into(),
    });
    // Given in another order.
    Snapshot::new(vec![network], vec![other, one], None)
}

fn users() -> Users {
    Users::of("root:x:0:0\nu1:x:1000:1000\n")
}

#[test]
fn ports_are_a_table_that_a_terminal_does_not_obey() {
    let seen = seen();
    let found: Vec<_> = seen.ports().collect();
    assert_eq!(
        text(&found, true, false, &users()),
        "PORT  KIND    PID   COMMAND  USER  DIRECTION  DEVICE  SENT  RECEIVED  LOST  REFUSED  LAG  WAITING  DROPPED    DESCRIPTION\n\
         0     socket  4711  camera   u1    send       -       12    0         0     0        0    -        -          $'the \\033[31mred\\377 one'\n\
         3     grab    -     -        root  both       eth1    0     9         2     0        1    1.5s     4 no_room  -\n"
    );
    let text = text(&found, false, false, &users());
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    assert!(header.ends_with("NETWORK"), "{header}");
    assert!(lines.all(|line| line.ends_with("/run/lan")), "{text}");
}

#[test]
fn json_is_a_list_of_ports_with_their_networks() {
    let seen = seen();
    let found: Vec<_> = seen.ports().collect();
    let text = text(&found, true, true, &users());
    assert!(text.chars().all(|c| c == '\n' || !ipn::is_unsafe(c)));
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(value[0]["network"], "/run/lan");
    assert_eq!(value[0]["file"], "0:27:99");
    assert_eq!(
        (&value[0]["pid"], &value[0]["user"]),
        (&4711.into(), &"u1".into())
    );
    assert_eq!(value[0]["direction"], "send");
    assert_eq!(value[0]["device"], serde_json::Value::Null);
    assert_eq!(value[1]["pid"], serde_json::Value::Null);
    assert_eq!(value[1]["device"], "eth1");
    assert_eq!(
        (&value[1]["lost"], &value[1]["waiting_ms"]),
        (&2.into(), &1540.into())
    );
    assert_eq!(value[0]["drops"], serde_json::json!({}));
    let drops = serde_json::json!({"no_room": 4, "overrun": 2});
    assert_eq!(value[1]["drops"], drops);
}

#[test]
fn a_device_and_a_process_lead_to_their_port() {
    let seen = seen();
    let numbers = |found: Vec<(&Network, &Port)>| -> Vec<_> {
        found.iter().map(|(_, port)| port.number).collect()
    };
    assert_eq!(
        numbers(of_device(&seen, OsStr::new("eth1")).expect("found")),
        [3]
    );
    let error = of_device(&seen, OsStr::new("eth9"))
        .expect_err("none")
        .to_string();
    assert!(error.contains("eth9") && error.contains("try:"), "{error}");
    assert_eq!(numbers(of_process(&seen, 4711).expect("found")), [0]);
    assert!(of_process(&seen, u32::MAX).is_err());
}

#[test]
fn times_are_as_short_as_they_are_worth() {
    for (millis, text) in [
        (40, "0.0s"),
        (9_940, "9.9s"),
        (10_000, "10s"),
        (119_999, "119s"),
        (3_600_000, "60m"),
        (86_400_000, "24h"),
        (864_000_000, "10d"),
    ] {
        assert_eq!(seconds(Duration::from_millis(millis)), text);
    }
}
