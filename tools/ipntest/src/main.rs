// SPDX-License-Identifier: GPL-2.0
//! Tests of the AF_IPN socket family from outside, as root in a guest with the module loaded.
//!
//! `ipntest list` names the tests, `ipntest run` runs them and reports in KTAP. A test is called
//! `topic.behaviour`; its file is called after the topic, behind the
//! name of its folder where the topic begins with that. `ipntest soak` goes on for as long as one
//! likes.

#![deny(unsafe_code)]

use ipntest::{abi, errno, ktap, pace, sys};

mod cable;
mod cables;
mod delivery;
mod device;
mod extremes;
mod faults;
mod hostile;
mod lab;
mod mapping;
mod module;
mod programs;
mod races;
mod reliable;
mod seen;
mod soak;
mod socket;
mod states;
mod switch;
mod sysfs;
mod users;
mod wait;

use lab::runner::{self, Case};
use std::process::ExitCode;

/// The topics of every kernel.
const TOPICS: &[&[Case]] = &[
    socket::join::CASES,
    socket::scale::CASES,
    socket::messages::CASES,
    socket::addresses::CASES,
    socket::options::CASES,
    socket::errors::CASES,
    socket::wrong_calls::CASES,
    socket::flags::CASES,
    states::CASES,
    delivery::lossless::CASES,
    delivery::lossy::CASES,
    reliable::crowd::CASES,
    reliable::kinds::CASES,
    reliable::window::CASES,
    reliable::gaps::CASES,
    reliable::history::CASES,
    reliable::rate::CASES,
    reliable::sequences::CASES,
    reliable::hostile::CASES,
    reliable::accounts::CASES,
    reliable::chaos::CASES,
    mapping::layout::CASES,
    mapping::CASES,
    mapping::pool::CASES,
    mapping::scribble::CASES,
    mapping::rights::CASES,
    mapping::writer::CASES,
    mapping::writer::rights::CASES,
    mapping::writer::losses::CASES,
    mapping::writer::hostile::CASES,
    mapping::writer::library::CASES,
    delivery::lossless::MAPPED_CASES,
    delivery::lossy::MAPPED_CASES,
    delivery::parts::whole::CASES,
    delivery::parts::whole::MAPPED_CASES,
    delivery::parts::losses::CASES,
    delivery::parts::losses::MAPPED_CASES,
    delivery::parts::room::CASES,
    delivery::parts::room::MAPPED_CASES,
    delivery::parts::stuck::CASES,
    delivery::parts::stuck::MAPPED_CASES,
    delivery::parts::senders::CASES,
    delivery::parts::senders::MAPPED_CASES,
    delivery::parts::readers::CASES,
    users::rights::CASES,
    users::namespaces::CASES,
    users::confinement::CASES,
    socket::names::CASES,
    wait::poll::CASES,
    wait::epoll::CASES,
    wait::time_outs::CASES,
    wait::signals::CASES,
    socket::oob::CASES,
    socket::batch::CASES,
    socket::io_uring::CASES,
    wait::wakeups::CASES,
    wait::herds::CASES,
    #[cfg(target_arch = "x86_64")]
    wait::libuv::CASES,
    socket::fd_passing::CASES,
    socket::memory::CASES,
    socket::slow_memory::CASES,
    delivery::filters::CASES,
    delivery::records::received::CASES,
    delivery::records::sent::CASES,
    delivery::refused::CASES,
    seen::observer::CASES,
    seen::dump::CASES,
    seen::traces::CASES,
    socket::generic::CASES,
    socket::listing::CASES,
    seen::ports::CASES,
    seen::counted::CASES,
    seen::reasons::CASES,
    seen::rights::CASES,
    seen::namespaces::CASES,
    seen::events::CASES,
    seen::sender::CASES,
    seen::descriptors::CASES,
    seen::tools::CASES,
    sysfs::CASES,
    sysfs::terminate::CASES,
    races::CASES,
    races::pairs::CASES,
    races::ends::CASES,
    races::backlogs::CASES,
    races::mapping::CASES,
    races::device::CASES,
    races::seen::CASES,
    users::charge::CASES,
    users::attacks::CASES,
    module::parameters::CASES,
    users::accounts::CASES,
    programs::samples::CASES,
    programs::market::CASES,
    programs::sensors::CASES,
    programs::examples::CASES,
    programs::exercises::CASES,
    programs::library::CASES,
    programs::library_receiver::CASES,
    programs::library_records::CASES,
    programs::library_reliable::CASES,
    programs::library_async::CASES,
    programs::library_calls::CASES,
    programs::tool::CASES,
    programs::tool_names::CASES,
    programs::tool_reliable::CASES,
    programs::tool_stops::CASES,
    programs::tool_swaps::CASES,
    programs::described::CASES,
    programs::echo::CASES,
    programs::vdeplug::CASES,
    programs::links::CASES,
    cable::command::CASES,
    cable::vxlan::CASES,
    switch::forward::CASES,
    switch::options::CASES,
    switch::vlan::CASES,
    switch::lossless::CASES,
    switch::floods::CASES,
    switch::flows::CASES,
    switch::tool::CASES,
    switch::bridge_oracle::CASES,
    device::tap::CASES,
    device::grab::CASES,
    device::frames::CASES,
    device::unfinished::CASES,
    device::packets::CASES,
    device::tool::CASES,
    sysfs::device::CASES,
    sysfs::life::CASES,
    device::rights::CASES,
    device::link::CASES,
    device::calls::CASES,
    device::socket::CASES,
    device::losses::CASES,
    device::monitor::CASES,
    device::floods::CASES,
    device::kinds::CASES,
    device::standing::CASES,
    device::groups::CASES,
    device::offload::CASES,
    device::oracle::CASES,
    device::races::CASES,
    device::exchange::CASES,
    extremes::CASES,
];

/// Those that take too long on the debug kernel, as they run thousands of programs, boot machines of
/// their own, run in an interpreter, or wait for no longer than a person would; and 32-bit programs, which it can not run.
const STOCK_TOPICS: &[&[Case]] = &[
    hostile::CASES,
    hostile::questions::CASES,
    hostile::signals::CASES,
    cables::pgm::CASES,
    cable::described::CASES,
    programs::machines::CASES,
    programs::python::CASES,
    programs::compat::CASES,
];

/// Those of the debug kernel. They come first: some do little but wait, and guests beside
/// this one have more to do while they are new.
const DEBUG_TOPICS: &[&[Case]] = &[
    module::kunit::CASES,
    faults::CASES,
    faults::messages::CASES,
    faults::backlogs::CASES,
    faults::mapping::CASES,
    faults::switch::CASES,
    faults::device::CASES,
    faults::sysfs::CASES,
    faults::seen::CASES,
];

/// Those that unload modules, to come last.
const LAST_TOPICS: &[&[Case]] = &[switch::module::CASES, module::CASES];

/// Every test that there is on this kernel.
fn cases() -> impl Iterator<Item = &'static Case> {
    let more = if module::kunit::looks_for_bugs() {
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
       ipntest crowd SECONDS [RECEIVERS]   1,000 by default
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
        Some((command, [seconds])) if command == "crowd" => crowd(seconds, "1000"),
        Some((command, [seconds, count])) if command == "crowd" => crowd(seconds, count),
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

fn crowd(seconds: &str, receivers: &str) -> ExitCode {
    match (seconds.parse(), receivers.parse()) {
        (Ok(seconds), Ok(receivers)) => ended(reliable::crowd::run(seconds, receivers)),
        _ => {
            eprintln!("ipntest: SECONDS and RECEIVERS are numbers");
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
