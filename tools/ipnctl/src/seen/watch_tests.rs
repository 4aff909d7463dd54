// SPDX-License-Identifier: GPL-2.0

//! How events are told.

use super::*;
use ipn_netlink::Device;
use std::time::Duration;

const FILE: FileNumbers = FileNumbers::new(0, 27, 5);

fn network(inode: u64, path: &str) -> Network {
    let mut network = Network::new(FileNumbers::new(0, 27, inode));
    network.path = path.into();
    network
}

fn event(what: What) -> Event {
    let mut port = Port::new(FILE, 3);
    (port.command, port.pid, port.uid) = ("cam\x07era".into(), Some(12), Some(0));
    (port.lost, port.description) = (7, "left".into());
    Event::new(what, network(5, "/tmp/bus"), Some(port))
}

fn users() -> Users {
    Users::of("root:x:0:0")
}

#[test]
fn each_event_is_a_line() {
    let of = |what| text(&event(what), &users());
    let who = "$'cam\\007era', process 12, of root, left";
    assert_eq!(of(What::NetworkMade), "/tmp/bus: made");
    assert_eq!(of(What::NetworkEnded), "/tmp/bus: ended");
    assert_eq!(
        of(What::PortTaken),
        format!("/tmp/bus: port 3 taken by {who}")
    );
    assert_eq!(
        of(What::PortLeft),
        format!("/tmp/bus: port 3 left by {who}")
    );
    assert_eq!(
        of(What::Lost),
        format!("/tmp/bus: port 3 of {who} has lost 7 messages in all, overrun: a reader was too slow for them")
    );
    let mut dropped = event(What::Lost);
    dropped.reason = Some(DropReason::NoRoom);
    if let Some(port) = &mut dropped.port {
        port.drops = vec![(DropReason::Overrun, 7), (DropReason::NoRoom, 3)];
    }
    let text_of = text(&dropped, &users());
    let told = "has lost 3 messages in all, no_room: no room, and a device can not wait";
    assert!(text_of.ends_with(told), "{text_of}");
    let line = json(&dropped, &users(), UNIX_EPOCH);
    assert!(line.contains("\"reason\":\"no_room\""), "{line}");
    let mut gone = event(What::DeviceGone);
    if let Some(port) = &mut gone.port {
        port.device = Some(Device {
            index: 2,
            name: "eth1".into(),
        });
    }
    assert_eq!(
        text(&gone, &users()),
        "/tmp/bus: port 3: its device eth1 has gone"
    );
}

#[test]
fn json_is_a_line_for_each() {
    let time = UNIX_EPOCH + Duration::from_millis(1500);
    let line = json(&event(What::Lost), &users(), time);
    assert!(!line.contains('\n') && !line.contains('\x07'), "{line}");
    let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(
        (&value["event"], &value["time_ms"]),
        (&"lost".into(), &1500.into())
    );
    assert_eq!(
        (&value["network"], &value["lost"]),
        (&"/tmp/bus".into(), &7.into())
    );
    let made = Event::new(What::NetworkMade, network(5, "/tmp/bus"), None);
    let value: serde_json::Value =
        serde_json::from_str(&json(&made, &users(), time)).expect("JSON");
    assert_eq!(value["file"], "0:27:5");
    assert_eq!(value.get("port"), None);
    let value: serde_json::Value = serde_json::from_str(&missed(true, time)).expect("JSON");
    assert_eq!(value["event"], "missed");
}

#[test]
fn one_network_is_told_of_by_its_file_or_as_it_comes_to_its_path() {
    let mut scope = Scope {
        only: Some(("/tmp/bus".into(), Some(FILE))),
        paths: HashMap::new(),
    };
    let mut take = |what, inode, path: &str| {
        let taken = scope.take(Event::new(what, network(inode, path), None));
        taken.map(|event| event.network.path.display().to_string())
    };
    assert_eq!(take(What::NetworkMade, 4, "/tmp/other"), None);
    assert_eq!(
        take(What::PortTaken, 5, "/tmp/bus").as_deref(),
        Some("/tmp/bus")
    );
    // A loss tells no path.
    assert_eq!(take(What::Lost, 5, "").as_deref(), Some("/tmp/bus"));
    assert_eq!(take(What::Lost, 4, ""), None);
    assert_eq!(take(What::NetworkEnded, 5, "").as_deref(), Some("/tmp/bus"));
    assert_eq!(
        take(What::NetworkMade, 6, "/tmp/bus").as_deref(),
        Some("/tmp/bus")
    );
    assert_eq!(take(What::PortTaken, 6, "").as_deref(), Some("/tmp/bus"));
    assert_eq!(take(What::PortTaken, 5, ""), None);
}

#[test]
fn without_a_path_all_are_told_of() {
    let mut scope = Scope::new(None);
    assert!(scope.take(event(What::PortTaken)).is_some());
    let nameless = Event::new(What::Lost, network(9, ""), None);
    let taken = scope.take(nameless).expect("told");
    assert!(
        text(&taken, &users()).starts_with("0:27:9: port 0"),
        "{taken:?}"
    );
}

#[test]
fn loss_of_a_network_that_was_not_told_of_has_its_path_once_that_is_asked_for() {
    let mut scope = Scope::new(None);
    let nameless = network(9, "");
    assert!(!scope.knows(&nameless));
    assert!(scope.knows(&network(9, "/tmp/told")), "it tells it itself");
    scope.know_all(&[network(8, "/tmp/other"), network(9, "/tmp/it")]);
    assert!(scope.knows(&nameless));
    let loss = Event::new(What::Lost, nameless, Some(Port::new(FILE, 3)));
    let taken = scope.take(loss).expect("told");
    assert!(
        text(&taken, &users()).starts_with("/tmp/it: port 3 "),
        "{taken:?}"
    );
}

#[test]
fn name_that_was_removed_is_told_as_it_was() {
    let mut scope = Scope::new(None);
    let gone = "/tmp/none such (deleted)";
    let ended = Event::new(What::NetworkEnded, network(9, gone), None);
    let taken = scope.take(ended).expect("told");
    assert_eq!(taken.network.path, Path::new("/tmp/none such"));
}
