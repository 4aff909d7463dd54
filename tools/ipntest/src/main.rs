// SPDX-License-Identifier: GPL-2.0
//! Tests of the AF_IPN socket family from outside, as root in a guest with the module loaded.
//!
//! `ipntest list` names the tests, `ipntest run` runs them and reports in KTAP. A test is called
//! `topic.behaviour`; its file is called after the topic. `ipntest soak` goes on for as long as one
//! likes.

#![deny(unsafe_code)]

use ipntest::{abi, errno, ktap, pace, sys};

mod amounts;
mod bridge_frames;
mod bus;
mod check;
mod client;
mod device_lab;
mod fault;
mod fuse_lab;
mod host;
mod library_lab;
mod machine;
mod mapping_lab;
mod packet_oracle;
mod race;
mod runner;
mod sysfs_lab;
mod task;

mod accounts;
mod addresses;
mod attacks;
mod batch;
mod bridge_oracle;
mod charge;
mod compat;
mod confinement;
mod described;
mod device_calls;
mod device_exchange;
mod device_frames;
mod device_grab;
mod device_groups;
mod device_kinds;
mod device_link;
mod device_losses;
mod device_offload;
mod device_packets;
mod device_races;
mod device_rights;
mod device_socket;
mod device_standing;
mod device_tap;
mod device_tool;
mod device_unfinished;
mod echo;
mod epoll;
mod errors;
mod examples;
mod exercises;
mod faults;
mod faults_device;
mod faults_mapping;
mod faults_messages;
mod faults_switch;
mod faults_sysfs;
mod fd_passing;
mod filters;
mod flags;
mod generic;
mod io_uring;
mod join;
mod kunit;
mod library;
mod library_async;
mod library_receiver;
mod links;
mod listing;
mod lossless;
mod lossy;
mod machines;
mod mapping;
mod mapping_layout;
mod mapping_rights;
mod mapping_scribble;
mod memory;
mod messages;
mod module;
mod names;
mod namespaces;
mod oob;
mod options;
mod parameters;
mod poll;
mod python;
mod races;
mod races_device;
mod races_ends;
mod races_mapping;
mod races_pairs;
mod rights;
mod samples;
mod scale;
mod sensors;
mod signals;
mod soak;
mod switch_forward;
mod switch_lab;
mod switch_lossless;
mod switch_module;
mod switch_options;
mod switch_tool;
mod switch_vlan;
mod sysfs;
mod sysfs_device;
mod sysfs_life;
mod terminate;
mod time_outs;
mod tool;
mod tool_names;
mod tool_stops;
mod vdeplug;
mod wakeups;
mod wrong_calls;

use runner::Case;
use std::process::ExitCode;

/// The topics of every kernel.
const TOPICS: &[&[Case]] = &[
    join::CASES,
    scale::CASES,
    messages::CASES,
    addresses::CASES,
    options::CASES,
    errors::CASES,
    wrong_calls::CASES,
    flags::CASES,
    lossless::CASES,
    lossy::CASES,
    mapping_layout::CASES,
    mapping::CASES,
    mapping_scribble::CASES,
    mapping_rights::CASES,
    lossless::MAPPED_CASES,
    lossy::MAPPED_CASES,
    rights::CASES,
    namespaces::CASES,
    confinement::CASES,
    names::CASES,
    poll::CASES,
    epoll::CASES,
    time_outs::CASES,
    signals::CASES,
    oob::CASES,
    batch::CASES,
    io_uring::CASES,
    wakeups::CASES,
    fd_passing::CASES,
    memory::CASES,
    filters::CASES,
    generic::CASES,
    listing::CASES,
    sysfs::CASES,
    terminate::CASES,
    races::CASES,
    races_pairs::CASES,
    races_ends::CASES,
    races_mapping::CASES,
    races_device::CASES,
    charge::CASES,
    attacks::CASES,
    parameters::CASES,
    accounts::CASES,
    samples::CASES,
    sensors::CASES,
    examples::CASES,
    exercises::CASES,
    library::CASES,
    library_receiver::CASES,
    library_async::CASES,
    tool::CASES,
    tool_names::CASES,
    tool_stops::CASES,
    described::CASES,
    echo::CASES,
    vdeplug::CASES,
    links::CASES,
    switch_forward::CASES,
    switch_options::CASES,
    switch_vlan::CASES,
    switch_lossless::CASES,
    switch_tool::CASES,
    bridge_oracle::CASES,
    device_tap::CASES,
    device_grab::CASES,
    device_frames::CASES,
    device_unfinished::CASES,
    device_packets::CASES,
    device_tool::CASES,
    sysfs_device::CASES,
    sysfs_life::CASES,
    device_rights::CASES,
    device_link::CASES,
    device_calls::CASES,
    device_socket::CASES,
    device_losses::CASES,
    device_kinds::CASES,
    device_standing::CASES,
    device_groups::CASES,
    device_offload::CASES,
    device_races::CASES,
    device_exchange::CASES,
];

/// Those that take too long on the debug kernel, as they boot machines of their own or run
/// in an interpreter; and 32-bit programs, which it can not run.
const STOCK_TOPICS: &[&[Case]] = &[machines::CASES, python::CASES, compat::CASES];

/// Those of the debug kernel. They come first: some do little but wait, and guests beside
/// this one have more to do while they are new.
const DEBUG_TOPICS: &[&[Case]] = &[
    kunit::CASES,
    faults::CASES,
    faults_messages::CASES,
    faults_mapping::CASES,
    faults_switch::CASES,
    faults_device::CASES,
    faults_sysfs::CASES,
];

/// Those that unload modules, to come last.
const LAST_TOPICS: &[&[Case]] = &[switch_module::CASES, module::CASES];

/// Every test that there is on this kernel.
fn cases() -> impl Iterator<Item = &'static Case> {
    let more = if kunit::looks_for_bugs() {
        DEBUG_TOPICS
    } else {
        STOCK_TOPICS
    };
    [more, TOPICS, LAST_TOPICS]
        .into_iter()
        .flatten()
        .copied()
        .flatten()
}

const USAGE: &str = "usage: ipntest list
       ipntest run [NAME...]   NAME is a topic or a test; all of them by default
       ipntest soak SECONDS [SEED]
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.split_first() {
        Some((command, [])) if command == "list" => {
            cases().for_each(|case| println!("{}", case.name));
            ExitCode::SUCCESS
        }
        Some((command, names)) if command == "run" => run(names),
        Some((command, [seconds])) if command == "soak" => soak(seconds, None),
        Some((command, [seconds, seed])) if command == "soak" => soak(seconds, Some(seed)),
        _ => {
            eprint!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn soak(seconds: &str, seed: Option<&str>) -> ExitCode {
    let random = fastrand::u64(..).to_string();
    match (seconds.parse(), seed.unwrap_or(&random).parse()) {
        (Ok(seconds), Ok(seed)) => ended(soak::run(seconds, seed)),
        _ => {
            eprintln!("ipntest: SECONDS and SEED are numbers");
            ExitCode::from(2)
        }
    }
}

fn run(names: &[String]) -> ExitCode {
    for name in names {
        if !cases().any(|case| is_named(case, name)) {
            eprintln!("ipntest: no test or topic is called \"{name}\": see `ipntest list`");
            return ExitCode::from(2);
        }
    }
    let wanted = |case: &&Case| names.is_empty() || names.iter().any(|name| is_named(case, name));
    let cases: Vec<&Case> = cases().filter(wanted).collect();
    ended(runner::run(&cases))
}

fn ended(result: std::io::Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("ipntest: cannot run the tests: {error}");
            ExitCode::from(2)
        }
    }
}

fn is_named(case: &Case, name: &str) -> bool {
    case.name == name || case.name.split('.').next() == Some(name)
}
