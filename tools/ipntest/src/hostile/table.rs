// SPDX-License-Identifier: GPL-2.0
//! The programs that hostile surroundings are tried with: a line for each that users run, and what it
//! does where nothing is in its way.

/// What there is before a program begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Before {
    /// No network.
    Nothing,
    /// A hub, which the test manages, and sends to.
    Hub,
    /// A switch.
    Switch,
    /// A hub, and a pair of devices.
    Devices,
    /// A hub with a tap that persists.
    Tap,
}

/// How a program ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Course {
    /// By itself, with this status.
    Ends(i32),
    /// By a signal that asks it to, in good order: status 0.
    Stops,
    /// By a signal that asks it to: of that.
    Dies,
}

/// A program with its arguments.
pub struct Program {
    /// The words. Those that begin with `@` stand for what a stage has: `@bus` the network, `@url` the
    /// same for VDE, `@lines` a file of two messages, `@file` a description, `@dev` a device, also at the
    /// end of a word, `@dir` an empty directory.
    pub line: &'static str,
    /// What there is.
    pub before: Before,
    /// How it ends.
    pub course: Course,
    /// Whether it prints something.
    pub prints: bool,
    /// What it leaves in its directory on purpose; `*` stands for the rest of a name.
    pub leaves: &'static [&'static str],
}

const fn program(line: &'static str, before: Before, course: Course, prints: bool) -> Program {
    Program {
        line,
        before,
        course,
        prints,
        leaves: &[],
    }
}

/// One that leaves something.
const fn leaving(program: Program, leaves: &'static [&'static str]) -> Program {
    Program { leaves, ..program }
}

use Before::{Devices, Hub, Nothing, Switch, Tap};
use Course::{Dies, Ends, Stops};

const SILENT: bool = false;
const PRINTS: bool = true;

/// All of them. What else is built for the guest is for tests: `ipntest`, `ipnfuzz`, `ipnbench`. The
/// Python package is not a program; samples in Python and Go need what a plain guest has not.
pub const PROGRAMS: &[Program] = &[
    program("ipn create @bus", Nothing, Stops, PRINTS),
    program("ipn create @bus --lossless --mode 700", Hub, Stops, PRINTS),
    program("ipn send @bus @lines", Hub, Ends(0), SILENT),
    program("ipn send @bus", Hub, Dies, SILENT),
    program("ipn send --create @bus @lines", Nothing, Ends(0), SILENT),
    program("ipn recv @bus", Hub, Dies, PRINTS),
    program("ipn recv --mapped @bus", Hub, Dies, PRINTS),
    program("ipn show", Hub, Ends(0), PRINTS),
    program("ipn show @bus", Hub, Ends(0), PRINTS),
    program("ipn dump @bus", Hub, Dies, PRINTS),
    // It was never dumped.
    program("ipn replay @lines @bus", Hub, Ends(1), SILENT),
    program("ipn show --ports @bus", Hub, Ends(0), PRINTS),
    program("ipn show --prometheus", Hub, Ends(0), PRINTS),
    program("ipn watch @bus", Hub, Dies, SILENT),
    program("ipn top --once --interval 0.1 @bus", Hub, Ends(0), PRINTS),
    program("ipn graph @bus", Hub, Ends(0), PRINTS),
    program("ipn end @bus", Hub, Ends(0), SILENT),
    leaving(
        program("ipn up @file", Nothing, Stops, PRINTS),
        &["bus.lock"],
    ),
    program("ipn down @bus", Hub, Ends(0), SILENT),
    program("ipn save @bus", Hub, Ends(0), PRINTS),
    program("ipn tap @bus @dev", Hub, Stops, PRINTS),
    program("ipn monitor @bus @dev", Hub, Stops, PRINTS),
    program("ipn grab @bus @dev", Devices, Stops, PRINTS),
    program("ipn release @dev", Tap, Ends(0), SILENT),
    program(
        "ipn cable @bus vxlan://192.0.2.2/7?iface=@dev",
        Devices,
        Stops,
        PRINTS,
    ),
    program("ipn switch @bus fdb show", Switch, Ends(0), SILENT),
    program(
        "ipn switch @bus fdb add 02:00:00:00:00:01 port 1",
        Switch,
        Ends(1),
        SILENT,
    ),
    program(
        "ipn switch @bus fdb del 02:00:00:00:00:01 port 1",
        Switch,
        Ends(1),
        SILENT,
    ),
    program("ipn switch @bus fdb flush all", Switch, Ends(0), SILENT),
    program("ipn switch @bus vlan show", Switch, Ends(0), PRINTS),
    program(
        "ipn switch @bus vlan add vid 5 port 1",
        Switch,
        Ends(0),
        SILENT,
    ),
    program(
        "ipn switch @bus vlan del vid 1 port 1",
        Switch,
        Ends(0),
        SILENT,
    ),
    program("ipn switch @bus port show", Switch, Ends(0), PRINTS),
    program(
        "ipn switch @bus port set 1 isolated on",
        Switch,
        Ends(0),
        SILENT,
    ),
    program("ipn switch @bus set ageing 60", Switch, Ends(0), SILENT),
    program("ipn switch @bus show", Switch, Ends(0), PRINTS),
    program("ipn switch @bus stats", Switch, Ends(0), PRINTS),
    program("ipn completions bash", Nothing, Ends(0), PRINTS),
    leaving(
        program("ipn man @dir", Nothing, Ends(0), SILENT),
        &["pages"],
    ),
    program("ipn help", Nothing, Ends(0), PRINTS),
    program("ipn --version", Nothing, Ends(0), PRINTS),
    program("ipn-echo --help", Nothing, Ends(0), PRINTS),
    program("ipn-echo @bus --ip 10.0.0.1/24", Hub, Dies, PRINTS),
    leaving(
        program(
            "ipn-echo @bus --ip 10.0.0.1/24 --create",
            Nothing,
            Dies,
            PRINTS,
        ),
        &["bus"],
    ),
    program(
        "ipn-echo @bus --ip 10.0.0.1/24 --ping 10.0.0.9 --count 1 --timeout 0.1",
        Hub,
        Ends(1),
        PRINTS,
    ),
    program(
        "ipn-echo @bus --ip 10.0.0.1/24 --connect 10.0.0.9:7 --timeout 0.1",
        Hub,
        Ends(1),
        SILENT,
    ),
    program(
        "ipn-echo @bus --ip 10.0.0.1/24 --fetch http://10.0.0.9/ --timeout 0.1",
        Hub,
        Ends(1),
        SILENT,
    ),
    program("vde_plug @url", Hub, Stops, SILENT),
    leaving(program("ipn-peer @bus", Nothing, Dies, PRINTS), &["bus"]),
    program("ipn-peer @bus", Hub, Dies, PRINTS),
    leaving(program("ipn-sender @bus", Nothing, Dies, PRINTS), &["bus"]),
    program("ipn-sender @bus", Hub, Dies, PRINTS),
    leaving(
        program("ipn-mapped_sender @bus", Nothing, Dies, PRINTS),
        &["bus"],
    ),
    program("ipn-receiver @bus", Hub, Dies, PRINTS),
    program("ipn-mapped_receiver @bus", Hub, Dies, PRINTS),
    leaving(
        program("sensor-producer-c @bus v @lines u", Nothing, Dies, SILENT),
        &["bus"],
    ),
    program("sensor-producer-c @bus v @lines u", Hub, Dies, SILENT),
    program("sensor-producer-rs @bus v @lines u", Hub, Dies, SILENT),
    program("sensor-producer-sh @bus v @lines u", Hub, Dies, SILENT),
    program("sensor-consumer-c @bus", Hub, Dies, PRINTS),
    program("sensor-consumer-rs @bus", Hub, Dies, PRINTS),
    program("sensor-consumer-sh @bus", Hub, Dies, PRINTS),
];

impl Program {
    /// What is run.
    pub fn name(&self) -> &'static str {
        self.line.split(' ').next().unwrap_or(self.line)
    }

    /// Whether it makes the network.
    pub fn creates(&self) -> bool {
        self.before == Nothing && (self.line.contains("@bus") || self.line.contains("@file"))
    }

    /// Whether it ends the network.
    pub fn ends_it(&self) -> bool {
        self.line.starts_with("ipn end ") || self.line.starts_with("ipn down ")
    }

    /// Whether it hears events, which are for those with rights over the network namespace.
    pub fn listens(&self) -> bool {
        self.line.starts_with("ipn watch ")
    }

    /// Whether it needs the rights over the host's devices.
    pub fn has_device(&self) -> bool {
        self.line.contains("@dev") || self.line.contains("@file")
    }
}

/// The subcommands of `ipn` as its completions for bash have them, `create` or `switch fdb show`, less
/// those that only have others below them and those of `help`.
pub fn subcommands(completions: &str) -> Vec<String> {
    let arms = completions.lines().filter_map(|line| {
        let arm = line.trim().strip_suffix(')')?;
        arm.strip_prefix("ipn__subcmd__")
    });
    let mut names: Vec<String> = arms
        .map(|arm| arm.replace("__subcmd__", " "))
        .filter(|name| !name.contains(',') && !name.split(' ').any(|word| word == "help"))
        .collect();
    names.sort();
    names.dedup();
    let all = names.clone();
    names.retain(|name| {
        let below = format!("{name} ");
        !all.iter().any(|other| other.starts_with(&below))
    });
    names
}
