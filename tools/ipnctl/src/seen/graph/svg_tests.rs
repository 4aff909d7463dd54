// SPDX-License-Identifier: GPL-2.0

//! What is drawn.

use super::super::dot;
use super::super::switches::Switches;
use super::*;
use crate::seen::snapshot::Snapshot;
use crate::seen::users::Users;
use ipn::switch::{Address, Vlan};
use ipn::{FileNumbers, Flags, Policy};
use ipn_netlink::{Device, Kind, Network, Port};

const BUS: FileNumbers = FileNumbers::new(0, 27, 1);
const LAN: FileNumbers = FileNumbers::new(0, 27, 2);

fn port(file: FileNumbers, number: u32, pid: u32, command: &str) -> Port {
    let mut port = Port::new(file, number);
    (port.pid, port.command, port.uid) = (Some(pid), command.into(), Some(1000 + pid % 3));
    (port.sends, port.receives) = (true, true);
    (port.sent, port.received) = (u64::from(pid) * 7, u64::from(pid) * 1_000);
    port
}

/// A switch with all kinds of ports, and a bus of so many.
fn seen(many: u32) -> (Vec<Network>, Vec<Port>, Switches) {
    let mut bus = Network::new(BUS);
    (bus.path, bus.policy, bus.flags) = ("/tmp/bus".into(), Policy::HUB.number(), Flags::LOSSLESS);
    (bus.ports, bus.owner, bus.sent) = (many + 2, Some(1001), 12_345);
    let mut lan = Network::new(LAN);
    (lan.path, lan.policy, lan.ports) = ("/run/lan".into(), Policy::SWITCH.number(), 7);
    let mut ports: Vec<_> = (0..many)
        .map(|number| port(BUS, number, 100 + number, "camera"))
        .collect();
    if let Some(first) = ports.first_mut() {
        first.receives = false;
        first.description = "left <eye> & \"nose\"\x1b[31m".into();
    }
    if let Some(second) = ports.get_mut(1) {
        second.sends = false;
        (second.lost, second.lag) = (4711, 3);
    }
    // A process that is on both.
    ports.push(port(LAN, 0, 100, "camera"));
    ports.push(port(LAN, 1, 4711, "qemu-system-x86"));
    let mut watch = port(LAN, 2, 9, "ipn");
    (watch.kind, watch.sends) = (Kind::Observer, false);
    ports.push(watch);
    let mut device = |number: u32, kind, name: &str| {
        let mut port = port(LAN, number, 70 + number, "ipn");
        port.kind = kind;
        port.device = Some(Device {
            index: number,
            name: name.into(),
        });
        ports.push(port);
    };
    device(3, Kind::Tap, "lan0");
    device(4, Kind::Grab, "eth1");
    device(5, Kind::Grab, "vx0");
    device(6, Kind::Grab, "ipnvx7");
    if let Some(cable) = ports.last_mut() {
        cable.description = "cable vxlan://192.0.2.2/7".into();
    }
    let vlans = [
        ((LAN, 1), vec![Vlan::new(10).pvid(true).untagged(true)]),
        ((LAN, 4), [10, 20, 30, 40, 50].map(Vlan::new).to_vec()),
        ((LAN, 3), vec![Vlan::AT_FIRST]),
    ];
    let station = |number: u32, vlan, port| {
        let address = format!("52:54:00:00:00:{number:02x}").parse();
        Address::new(address.expect("an address"), vlan, port)
    };
    let wire = (0..9).map(|number| station(16 + number, 10, 4));
    let switches = Switches {
        vlans: vlans.into(),
        stations: [
            ((LAN, 1), vec![station(1, 10, 1)]),
            ((LAN, 4), wire.collect()),
        ]
        .into(),
    };
    (vec![lan, bus], ports, switches)
}

/// Another device has the name of the first now.
fn tunnels() -> [(u32, String); 2] {
    [(4, "vx0".to_owned()), (5, "vx0".to_owned())]
}

fn picture(many: u32) -> Picture {
    let (networks, ports, switches) = seen(many);
    let users = Users::of("root:x:0:\nu1:x:1001:");
    Picture::of(
        &Snapshot::new(networks, ports, None),
        &switches,
        &tunnels(),
        &users,
        |pid| pid != 73,
    )
}

#[test]
fn the_picture_does_not_depend_on_the_order_in_which_things_are_told() {
    let (mut networks, mut ports, switches) = seen(5);
    networks.reverse();
    ports.reverse();
    let users = Users::of("root:x:0:\nu1:x:1001:");
    let turned = Picture::of(
        &Snapshot::new(networks, ports, None),
        &switches,
        &tunnels(),
        &users,
        |pid| pid != 73,
    );
    assert_eq!(turned, picture(5));
    assert_eq!(text(&turned), text(&picture(5)));
}

#[test]
fn a_process_on_two_networks_is_one_box() {
    let text = text(&picture(5));
    assert_eq!(
        text.matches("100 · 1001").count() + text.matches("100 · u1").count(),
        1
    );
    assert_eq!(text.matches(">eth1<").count(), 1);
    assert!(text.contains("73, ended"), "{text}");
}

#[test]
fn what_others_have_named_stays_text() {
    let picture = picture(2);
    let drawn = text(&picture);
    assert!(
        !drawn.contains("<eye>") && !drawn.contains('\x1b'),
        "{drawn}"
    );
    assert!(drawn.contains("&lt;eye&gt; &amp; &quot;"), "{drawn}");
    // Each mark that opens is one of ours.
    for part in drawn.split('<').skip(1) {
        let name: String = part
            .chars()
            .take_while(|c| c.is_ascii_alphabetic() || *c == '/')
            .collect();
        let known = [
            "svg", "/svg", "title", "/title", "style", "/style", "defs", "/defs", "marker",
            "/marker", "path", "rect", "text", "/text", "g", "/g",
        ];
        assert!(known.contains(&name.as_str()), "{name}: {part}");
    }
    let dotted = dot::text(&picture);
    assert!(
        dotted.contains(r#"left <eye> & \"nose\"\\033[31m"#),
        "{dotted}"
    );
    assert!(!dotted.contains('\x1b'));
}

#[test]
fn stations_stand_below_their_port() {
    let picture = picture(2);
    let few = "52:54:00:00:00:10 VLAN 10, 52:54:00:00:00:11 VLAN 10, and 7 more";
    for text in [text(&picture), dot::text(&picture)] {
        assert!(text.contains("52:54:00:00:00:01 VLAN 10"), "{text}");
        assert!(text.contains(few), "{text}");
    }
    let bus = &picture.networks[1];
    assert!(bus.places.iter().all(|place| place.stations.is_empty()));
    let lan = &picture.networks[0];
    let bare = height(lan) - 2 * BELOW;
    assert_eq!(bare, HEAD + 7 * ROW + 6, "two of seven have a line more");
    assert!(lan.places[4].all.contains("52:54:00:00:00:18 VLAN 10"));
}

#[test]
fn fifty_ports_have_a_line_each() {
    let picture = picture(50);
    let drawn = text(&picture);
    // Boxes of a column do not touch.
    let mut rows: Vec<usize> = Vec::new();
    for part in drawn.split("<rect x=\"20\" y=\"").skip(1) {
        rows.push(
            part.split('"')
                .next()
                .and_then(|y| y.parse().ok())
                .expect("a number"),
        );
    }
    rows.sort_unstable();
    assert_eq!(rows.len(), picture.processes.len());
    assert!(
        rows.windows(2).all(|pair| pair[1] - pair[0] >= BOX),
        "{rows:?}"
    );
}

#[test]
fn nothing_is_a_picture_too() {
    let none = Picture::of(
        &Snapshot::default(),
        &Switches::default(),
        &[],
        &Users::default(),
        |_| true,
    );
    assert!(text(&none).contains("No network"));
    assert!(dot::text(&none).ends_with("}\n"));
}

#[test]
fn graphviz_gets_every_line() {
    let dotted = dot::text(&picture(3));
    for line in [
        "process0 -> network1port0 [dir=forward];",
        "-> network0port2 [dir=back, style=dashed];",
        "-> network0port4 [dir=none, style=dotted];",
        "network0port4 -> device1 [dir=both];",
        "VLAN 10 PVID",
        "label=\"2 more\"",
    ] {
        assert!(dotted.contains(line), "{line}: {dotted}");
    }
}

#[test]
fn cables_lead_to_far_ends() {
    let (networks, mut ports, switches) = seen(1);
    // One whose messages pass through its process.
    ports[0].description = "cable pgm://239.192.0.1:7500".into();
    ports[0].receives = true;
    let snapshot = Snapshot::new(networks, ports, None);
    let users = Users::default();
    let picture = Picture::of(&snapshot, &switches, &tunnels(), &users, |_| true);
    let device = |name: &str| {
        let found = picture.devices.iter().find(|device| device.name == name);
        let found = found.unwrap_or_else(|| panic!("{name}: {:?}", picture.devices));
        (found.facts.clone(), found.is_far)
    };
    assert_eq!(device("192.0.2.2/7"), ("vxlan".to_owned(), true));
    assert_eq!(device("239.192.0.1:7500"), ("pgm".to_owned(), true));
    assert_eq!(device("vx0"), ("vxlan".to_owned(), true));
    assert_eq!(device("eth1"), ("grabbed".to_owned(), false));
    let dotted = dot::text(&picture);
    for line in [
        "-> network1port0 [dir=both];",
        "network1port0 -> device4 [dir=both, style=bold];",
        "-> network0port6 [dir=none, style=dotted];",
        "network0port6 -> device3 [dir=both, style=bold];",
    ] {
        assert!(dotted.contains(line), "{line}: {dotted}");
    }
    let drawn = text(&picture);
    assert_eq!(drawn.matches("class=\"line cable\"").count(), 3);
    assert!(drawn.contains("Thick: a cable"), "{drawn}");
    assert!(
        drawn.contains("device ipnvx7\ncable vxlan://192.0.2.2/7"),
        "{drawn}"
    );
}
