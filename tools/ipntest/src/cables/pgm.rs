// SPDX-License-Identifier: GPL-2.0
//! Cables over PGM, between machines whose wire loses, delays and reorders.

use super::account::{message, Account};
use super::machine::{machines, Cable, Machine};
use super::traffic::{cables, everybody_sends, twice_is_once, volume, BAD};
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, OWNER, ROOT};
use crate::sys::socket::Sock;
use std::time::Duration;

cases!["cables_pgm":
    accounts_balance_over_a_bad_wire_and_nothing_is_lost @ 120,
    what_comes_too_late_is_told @ 120,
    two_cables_between_two_buses_bring_everything_once @ 60,
    users_cable_goes_in_udp @ 60,
    ends_with_its_bus_and_by_a_signal @ 60,
    says_what_is_wrong @ 60,
];

fn accounts_balance_over_a_bad_wire_and_nothing_is_lost() {
    let machines = machines(3);
    machines.iter().for_each(|machine| machine.suffers(BAD));
    let cables = cables(&machines, "pgm://239.192.0.1?rate=1M,window=20s");
    let count = volume(3000);
    let time = Duration::from_millis(count).max(Duration::from_secs(8));
    let accounts = everybody_sends((&machines, &cables), count, time);
    for (account, cable) in accounts.iter().zip(&cables) {
        same(format_args!("lost; {}", cable.said()), account.lost, 0);
    }
    for cable in cables {
        same("status", cable.ends(), Some(0));
    }
}

fn what_comes_too_late_is_told() {
    let machines = machines(3);
    machines.iter().for_each(|machine| machine.suffers(BAD));
    // Three seconds are more than ten times the window.
    let cables = cables(&machines, "pgm://239.192.0.1?rate=1M,window=100ms");
    let accounts = everybody_sends((&machines, &cables), 2000, Duration::from_secs(8));
    // Who was cut off, and the others of it.
    holds(
        "some are lost",
        accounts.iter().all(|account| account.lost > 0),
    );
    wait_until("the cables tell of it", || {
        let told = |cable: &Cable| cable.said().contains("messages were lost on the way");
        cables.iter().all(told)
    });
}

fn two_cables_between_two_buses_bring_everything_once() {
    let machines = machines(2);
    machines
        .iter()
        .for_each(|machine| machine.suffers("delay 5ms 5ms loss 2%"));
    let _cables: Vec<Cable> = ["239.192.0.1", "239.192.0.2", "239.192.0.3"]
        .iter()
        .flat_map(|group| {
            let url = format!("pgm://{group}?rate=1M,window=10s");
            let ends = machines.iter().map(|machine| machine.cable(group, &url));
            let ends: Vec<_> = ends.collect();
            ends.iter().for_each(|cable| cable.meets(1));
            ends
        })
        .collect();
    twice_is_once(&machines);
}

fn users_cable_goes_in_udp() {
    let machines = machines(2);
    let program = "ipn-cable-pgm";
    for machine in &machines {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o777);
        ok("chmod", std::fs::set_permissions(&machine.bus.path, mode));
    }
    let raw = [machines[0].bus_name(), "pgm://239.192.0.1"];
    let hint = ["not permitted", "udp=PORT"];
    complains(machines[0].program(OWNER, program, &raw), &hint);
    let url = "pgm://239.192.0.1?udp=3055";
    let start_one = |machine: &Machine| {
        let arguments = [machine.bus_name(), url];
        start(machine.program(OWNER, program, &arguments)).0
    };
    let _cables: Vec<_> = machines.iter().map(start_one).collect();
    let ports: Vec<Sock> = machines.iter().map(Machine::port).collect();
    let mut number = 0;
    wait_until("a message comes", || {
        number += 1;
        ok("send", ports[0].send(&message(1, number), 0));
        let mut account = Account::default();
        account.hear(&ports[1]);
        account.received() > 0
    });
}

fn ends_with_its_bus_and_by_a_signal() {
    let machines = machines(2);
    let mut cables = cables(&machines, "pgm://239.192.0.1");
    let shown = succeeds(program("ipn", ROOT, &["show", machines[0].bus_name()]), b"");
    let shown = String::from_utf8_lossy(&shown);
    // It has two ports there, and is one cable.
    let lines = shown
        .lines()
        .filter(|line| line.contains("  cable    pgm://239.192.0.1"));
    same("lines that tell of it", lines.count(), 1);
    same("by a signal", cables.remove(1).ends(), Some(0));
    succeeds(program("ipn", ROOT, &["end", machines[0].bus_name()]), b"");
    same("with its bus", cables.remove(0).program.status(), Some(0));
}

fn says_what_is_wrong() {
    let machines = machines(1);
    let bus = machines[0].bus_name();
    for (arguments, words) in [
        (
            [bus, "pgm://10.0.0.1"],
            ["no multicast group", "239.192.0.1"],
        ),
        ([bus, "pgm://239.192.0.1?rate=x"], ["rate=x", "iface="]),
        ([bus, "udp://239.192.0.1"], ["scheme", "pgm://"]),
        (
            [bus, "pgm://239.192.0.1?iface=eth7"],
            ["eth7", "ip address"],
        ),
        (
            ["/nowhere", "pgm://239.192.0.1"],
            ["/nowhere", "ipn create"],
        ),
    ] {
        complains(
            machines[0].program(ROOT, "ipn-cable-pgm", &arguments),
            &words,
        );
    }
}
