// SPDX-License-Identifier: GPL-2.0
//! `ipn switch`, as a manager uses it.

use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::runner::{cases, skip};
use crate::lab::task::STRANGER;
use crate::switch::lab::*;
use std::process::{Command, Output};

cases!["switch_tool":
    addresses_are_shown_added_deleted_and_flushed,
    vlans_are_shown_added_and_deleted,
    ports_and_settings_are_shown_and_set,
    settings_of_ports_without_a_holder_are_shown,
    statistics_are_shown,
    what_goes_wrong_is_explained,
    all_is_set_or_nothing,
];

/// Runs `ipn switch` on a network.
#[track_caller]
fn switch(lab: &Lab, line: &str) -> Output {
    let ran = Command::new("ipn")
        .arg("switch")
        .arg(&lab.bus.path)
        .args(line.split(' '))
        .output();
    match ran {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            skip("ipn is not in the PATH")
        }
        ran => ok("running ipn", ran),
    }
}

/// What it prints when all is well.
#[track_caller]
fn shows(lab: &Lab, line: &str) -> String {
    let output = switch(lab, line);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    same(
        format_args!("complaint of ipn switch {line}"),
        complaint,
        String::new(),
    );
    holds(
        format_args!("ipn switch {line} succeeds"),
        output.status.success(),
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// It prints nothing.
#[track_caller]
fn does(lab: &Lab, line: &str) {
    same(
        format_args!("output of ipn switch {line}"),
        shows(lab, line),
        String::new(),
    );
}

/// It fails with this status, and says these words.
#[track_caller]
fn refuses(lab: &Lab, line: &str, status: i32, words: &[&str]) {
    let output = switch(lab, line);
    let complaint = String::from_utf8_lossy(&output.stderr);
    same(
        format_args!("status of ipn switch {line} ({complaint})"),
        output.status.code(),
        Some(status),
    );
    for word in words {
        let says = complaint.contains(word);
        assert!(
            says,
            "ipn switch {line} says \"{complaint}\", without \"{word}\""
        );
    }
}

fn addresses_are_shown_added_deleted_and_flushed() {
    let lab = Lab::new();
    let [one, two] = lab.ports();
    does(&lab, "fdb show");
    say(&one, &frame(BROADCAST, mac(1), "here"));
    hear(&two, &frame(BROADCAST, mac(1), "here"));
    let learned = shows(&lab, "fdb show");
    holds(
        &learned,
        learned.starts_with("02:00:00:00:00:01 port 0 age "),
    );
    does(&lab, "fdb add 02:00:00:00:00:02 port 1");
    let fixed = "02:00:00:00:00:02 port 1 static\n";
    same("port 1", shows(&lab, "fdb show port 1"), fixed.into());
    does(&lab, "fdb flush dynamic");
    same("all", shows(&lab, "fdb show"), fixed.into());
    does(&lab, "fdb add 02:00:00:00:00:03 port 0 vlan 7");
    let json = shows(&lab, "fdb show vlan 7 --json");
    for part in [
        "\"mac\": \"02:00:00:00:00:03\"",
        "\"vlan\": 7",
        "\"state\": \"static\"",
    ] {
        holds(format_args!("{part} in {json}"), json.contains(part));
    }
    does(&lab, "fdb del 02:00:00:00:00:02");
    does(&lab, "fdb flush port 0 all");
    does(&lab, "fdb show");
    let missing = ["no such address", "fdb show"];
    refuses(&lab, "fdb del 02:00:00:00:00:02", 1, &missing);
    refuses(
        &lab,
        "fdb add 02:00:00:00:00:02 port 9",
        1,
        &["no such port"],
    );
}

fn vlans_are_shown_added_and_deleted() {
    let lab = Lab::new();
    let _port = lab.port(3);
    let first = "port  vlan-id\n3     1 PVID Egress Untagged\n";
    same("at first", shows(&lab, "vlan show"), first.into());
    does(&lab, "vlan add vid 10-12 port 3");
    does(&lab, "vlan add vid 20 port 3 pvid untagged");
    does(&lab, "vlan del vid 1 port 3");
    let after = "port  vlan-id\n3     10-12\n      20 PVID Egress Untagged\n";
    same("afterwards", shows(&lab, "vlan show port 3"), after.into());
    let json = shows(&lab, "vlan show --json");
    holds(
        &json,
        json.contains("\"vlanEnd\": 12") && json.contains("\"PVID\""),
    );
    refuses(&lab, "vlan del vid 1 port 3", 1, &["not in it"]);
    refuses(&lab, "vlan add vid 4095 port 3", 2, &["4094"]);
    refuses(&lab, "vlan add vid 5", 2, &["port"]);
}

fn ports_and_settings_are_shown_and_set() {
    let lab = Lab::new();
    let _port = lab.port(2);
    let at_first = "port 2 learning on isolated off locked off flood on mcast_flood on bcast_flood on addresses 0\n";
    same("ports", shows(&lab, "port show"), at_first.into());
    does(&lab, "port set 2 learning off isolated on");
    does(
        &lab,
        "port set 2 locked on flood off mcast_flood off bcast_flood off",
    );
    let after = "port 2 learning off isolated on locked on flood off mcast_flood off bcast_flood off addresses 0\n";
    same("ports", shows(&lab, "port show 2"), after.into());
    let settings = "ageing 300000ms\nlimit 4096\nport-limit 1024\nfiltering off\nmirror off\ngroup-fwd-mask 0x0\n";
    same("settings", shows(&lab, "show"), settings.into());
    does(
        &lab,
        "set ageing 5s limit 100 filtering on mirror 2 group-fwd-mask 0x4000",
    );
    let settings = "ageing 5000ms\nlimit 100\nport-limit 1024\nfiltering on\nmirror 2\ngroup-fwd-mask 0x4000\n";
    same("settings", shows(&lab, "show"), settings.into());
    refuses(&lab, "port set 2 flood maybe", 2, &["flood", "maybe"]);
    refuses(
        &lab,
        "port set 2 hairpin on",
        2,
        &["hairpin", "mcast_flood"],
    );
    refuses(&lab, "set limit 5000", 1, &["out of bounds"]);
    refuses(&lab, "set mirror 3", 1, &["no such port"]);
    refuses(&lab, "set colour blue", 2, &["colour", "ageing"]);
}

fn settings_of_ports_without_a_holder_are_shown() {
    let lab = Lab::new();
    let port = lab.port(2);
    does(&lab, "port set 5 locked on");
    does(&lab, "vlan add vid 7 port 9");
    let flags = |locked: &str| {
        format!("learning on isolated off locked {locked} flood on mcast_flood on bcast_flood on")
    };
    let (two, five, nine) = (
        format!("port 2 {} addresses 0", flags("off")),
        format!("port 5 {} addresses 0 free\n", flags("on")),
        format!("port 9 {} addresses 0 free\n", flags("off")),
    );
    let ports = format!("{two}\n{five}{nine}");
    same("ports", shows(&lab, "port show"), ports);
    let first = "1 PVID Egress Untagged\n";
    let vlans = format!("port  vlan-id\n2     {first}5     {first}9     {first}      7\n");
    same("VLANs", shows(&lab, "vlan show"), vlans);
    does(&lab, "port set 2 isolated on");
    ok("close", port.close());
    let shown = shows(&lab, "port show");
    holds(&shown, shown.starts_with("port 2 learning on isolated on "));
    does(&lab, "port set 2 isolated off");
    does(&lab, "vlan del vid 7 port 9");
    same("what is not as at first", shows(&lab, "port show"), five);
}

fn statistics_are_shown() {
    let lab = Lab::new();
    let [one, _two] = lab.ports();
    say(&one, &frame(BROADCAST, mac(1), "here"));
    let text = shows(&lab, "stats");
    same("lines", text.lines().count(), 23);
    holds(
        &text,
        text.starts_with("unicast              0\nflooded              1\n"),
    );
    let json = shows(&lab, "stats --json");
    holds(&json, json.contains("\"flooded\": 1"));
}

fn what_goes_wrong_is_explained() {
    let lab = Lab::new();
    STRANGER.does(|| refuses(&lab, "stats", 1, &["x bit", "chmod"]));
    let hub = Lab {
        bus: Bus::named("hub"),
        manager: Bus::named("hub").manage_new(&[]),
    };
    refuses(&hub, "stats", 1, &["no switch", "--protocol switch"]);
    let none = Lab {
        bus: Bus::named("none"),
        manager: open(),
    };
    refuses(&none, "stats", 1, &["no such network"]);
    holds("no network was made", !none.bus.path.exists());
}

fn all_is_set_or_nothing() {
    let lab = Lab::new();
    let _port = lab.port(0);
    let before = shows(&lab, "show");
    for line in [
        "set ageing 7s filtering on mirror 99",
        "set limit 9 port-limit 3 group-fwd-mask 0x4000 mirror 99",
    ] {
        holds(line, !switch(&lab, line).status.success());
        same(
            format_args!("after {line}"),
            shows(&lab, "show"),
            before.clone(),
        );
    }
    let vlans = shows(&lab, "vlan show");
    holds(
        "twice",
        !switch(&lab, "vlan add vid 5 vid 6 port 0").status.success(),
    );
    same("VLANs", shows(&lab, "vlan show"), vlans);
    does(&lab, "set ageing 7s filtering on");
}
