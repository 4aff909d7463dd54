// SPDX-License-Identifier: GPL-2.0
//! What holds at the defaults holds at the extremes: the same behaviours in every cell of a matrix
//! (`ipnmatrix`), which has each two values of its dimensions that go together.

mod ending;
mod exchange;
mod messages;
mod refusals;
mod room;
mod sizes;
mod stage;

use crate::ktap::remark;
use crate::lab::bus::Bus;
use crate::lab::check::{ok, same};
use crate::lab::runner::cases;
use crate::lab::task::Process;
use crate::module::parameters::Changed;
use crate::pace::factor;
use crate::switch::lab::load_switch;
use crate::sys::process;
use ipnmatrix::dimension::{Amount, Kind, Policy};
use ipnmatrix::{Cell, Reason};
use stage::Stage;
use std::fs;

cases!["extremes":
    sockets_on_a_hub_behave @ 120,
    sockets_on_a_switch_behave @ 90,
    mapped_readers_behave @ 60,
    interfaces_behave @ 60,
    grabbed_devices_behave @ 60,
    what_is_refused_says_why @ 60,
];

fn sockets_on_a_hub_behave() {
    behave(Kind::Socket, &[Policy::Hub]);
}

fn sockets_on_a_switch_behave() {
    behave(Kind::Socket, &[Policy::Switch]);
}

fn mapped_readers_behave() {
    behave(Kind::Mapped, Policy::ALL);
}

fn interfaces_behave() {
    behave(Kind::Tap, Policy::ALL);
}

fn grabbed_devices_behave() {
    behave(Kind::Grab, Policy::ALL);
}

fn what_is_refused_says_why() {
    load_switch();
    let cells = Cell::refused();
    remark(format_args!("{} cells", cells.len()));
    let failed = cells
        .iter()
        .filter(|(cell, reason)| !is_refused(cell, *reason));
    same("cells that failed", failed.count(), 0);
}

/// A cell that is refused.
fn is_refused(cell: &Cell, reason: Reason) -> bool {
    let _ports = (cell.ports == Amount::Most).then(most_ports);
    let numbers = match reason {
        Reason::Memory => cell.numbers(),
        _ => sizes::of(cell),
    };
    let detail = format!("{numbers:?}, {reason:?}");
    passes(cell, &detail, || {
        refusals::is_refused(cell, &numbers, reason)
    })
}

/// Whether a cell is tried on this kernel: the debug kernel takes a multiple of the time, and does those
/// whose pools are of an ordinary size.
fn is_tried(cell: &Cell) -> bool {
    factor() == 1 || [Amount::Default, Amount::Least].contains(&cell.pool)
}

/// Every cell with such a receiver on such a network.
fn behave(kind: Kind, policies: &[Policy]) {
    load_switch();
    let cells = Cell::working().into_iter();
    let wanted = |cell: &Cell| cell.kind == kind && policies.contains(&cell.policy);
    let all: Vec<Cell> = cells.filter(wanted).collect();
    let tried: Vec<&Cell> = all.iter().filter(|cell| is_tried(cell)).collect();
    remark(format_args!("{} of {} cells", tried.len(), all.len()));
    let failed = tried.iter().filter(|cell| !behaves(cell));
    same("cells that failed", failed.count(), 0);
}

/// A cell, with the parameters of the modules that it needs.
fn behaves(cell: &Cell) -> bool {
    let _ports = (cell.ports == Amount::Most).then(most_ports);
    let numbers = sizes::of(cell);
    let account = cell.user.is_bounded();
    let account = account.then(|| sizes::account(cell.policy, &numbers));
    // It has room for this network and for nothing more.
    let _account = account.map(|bytes| Changed::to("af_ipn", "max_user_bytes", &bytes.to_string()));
    passes(cell, &format!("{numbers:?}"), || {
        let stage = Stage::new(cell, numbers);
        stage.is_as_it_was_made();
        if stage.members().is_some() {
            exchange::reaches_all_others(&stage);
            room::is_as_large_as_said(&stage);
        } else {
            exchange::reaches_no_one(&stage);
        }
        ending::leaves_nothing(stage);
    })
}

/// A network may have as many ports as there can be.
fn most_ports() -> Changed {
    Changed::to("af_ipn", "max_ports", "65535")
}

/// Does something in a process of its own, whose failure is told with the cell.
fn passes(cell: &Cell, numbers: &str, deed: impl FnOnce()) -> bool {
    for name in ["bus", "twin"] {
        // Of the cell before.
        let _ = fs::remove_file(Bus::named(name).path);
    }
    let process = Process::start(|_| deed());
    let (_, status) = ok("waitpid", process::wait(process.pid, 0));
    if status != 0 {
        remark(format_args!(
            "failed: {cell}; {numbers}; status {status:#x}"
        ));
    }
    status == 0
}

/// The protocol of a policy.
fn protocol(policy: Policy) -> i32 {
    match policy {
        Policy::Hub => crate::abi::IPN_BROADCAST,
        Policy::Switch => crate::abi::IPN_VDESWITCH,
    }
}
