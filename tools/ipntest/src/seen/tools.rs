// SPDX-License-Identifier: GPL-2.0
//! How the `ipn` command tells who is on a network, and what happens to it.

use crate::abi::*;
use crate::device::lab::tap;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, User, OWNER, ROOT, STRANGER};
use crate::sys::socket::Sock;
use std::io::Read;
use std::os::fd::AsFd;
use std::process::Stdio;

cases!["seen_tools":
    ports_are_shown,
    names_may_have_blanks,
    others_are_shown_their_own_ports,
    managers_are_shown_all_ports,
    network_that_is_not_there_is_named,
    device_leads_to_its_port,
    process_leads_to_its_ports,
    passed_descriptor_leads_to_its_port,
    events_are_told,
    events_are_for_root,
    script_gets_one_table,
    live_table_needs_a_terminal,
    picture_has_who_is_there,
    figures_are_openmetrics,
    no_name_reaches_the_terminal_raw,
];

/// What `ipn` prints, as text.
#[track_caller]
fn shown(user: User, arguments: &[&str]) -> String {
    let output = succeeds(program("ipn", user, arguments), b"");
    String::from_utf8(output).expect("it is text")
}

/// The lines of ports below the header.
#[track_caller]
fn ports(user: User, arguments: &[&str]) -> Vec<Vec<String>> {
    let text = shown(user, arguments);
    let lines = text.lines().skip(1);
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    lines.map(words).collect()
}

/// A port with a description.
#[track_caller]
fn described(sock: &Sock, text: &[u8]) {
    let text = [text, b"\0"].concat();
    let set = sock.setsockopt(LEVEL, IPN_SO_DESCR, &text);
    ok("IPN_SO_DESCR", set);
}

/// The columns of `ipn show --ports`.
const PID: usize = 2;
const DIRECTION: usize = 5;
const DEVICE: usize = 6;
const SENT: usize = 7;
const RECEIVED: usize = 8;

fn ports_are_shown() {
    let bus = Bus::new();
    let creator = bus.create();
    let reader = bus.reader();
    described(&reader, b"a camera");
    (0..3).for_each(|n| say_number(&creator, n));
    (0..2).for_each(|n| hear_number(&reader, n));
    let lines = ports(ROOT, &["show", name(&bus), "--ports"]);
    same("ports", lines.len(), 2);
    let pid = std::process::id().to_string();
    for (line, direction, counts) in [
        (&lines[0], "both", ["3", "0"]),
        (&lines[1], "receive", ["0", "2"]),
    ] {
        same("process", &line[PID], &pid);
        same("direction", line[DIRECTION].as_str(), direction);
        let told = [line[SENT].as_str(), &line[RECEIVED]];
        same("sent and received", told, counts);
    }
    holds(
        "description",
        lines[1].ends_with(&["a".into(), "camera".into()]),
    );
    let json = shown(ROOT, &["show", name(&bus), "--ports", "--json"]);
    for member in [
        format!("\"network\": \"{}\"", name(&bus)),
        "\"description\": \"a camera\"".to_owned(),
        "\"lag\": 1,".to_owned(),
        format!("\"pid\": {pid},"),
    ] {
        holds(format_args!("{member} in {json}"), json.contains(&member));
    }
}

fn names_may_have_blanks() {
    let bus = Bus::named("a bus\\ of blanks");
    let port = bus.create();
    say(&port, b"four");
    let text = shown(ROOT, &["show", name(&bus)]);
    holds(&text, text.contains("1 messages, 4 bytes"));
    let json = shown(ROOT, &["show", name(&bus), "--ports", "--json"]);
    let path = name(&bus).replace('\\', "\\\\");
    holds(&json, json.contains(&format!("\"network\": \"{path}\"")));
}

fn others_are_shown_their_own_ports() {
    let bus = Bus::new();
    let _creator = bus.create();
    open_to(&bus, 0o766);
    STRANGER.does(|| {
        let _port = bus.join();
        let lines = ports(STRANGER, &["show", name(&bus), "--ports"]);
        same("ports of their own", lines.len(), 1);
        let command = program("ipn", STRANGER, &["show", name(&bus), "--ports"]);
        let complaint = run(command, b"").stderr;
        let complaint = String::from_utf8_lossy(&complaint);
        holds(
            format_args!("{complaint}"),
            complaint.contains("1 of 2 ports"),
        );
    });
    same(
        "of another",
        ports(OWNER, &["show", name(&bus), "--ports"]).len(),
        0,
    );
}

fn managers_are_shown_all_ports() {
    let bus = Bus::new();
    let _ports = [bus.create(), bus.reader(), bus.writer()];
    open_to(&bus, 0o701);
    let lines = ports(STRANGER, &["show", name(&bus), "--ports"]);
    same("ports that a manager sees", lines.len(), 3);
}

fn network_that_is_not_there_is_named() {
    let bus = Bus::new();
    let arguments: [&[&str]; 3] = [
        &["show", "--ports", name(&bus)],
        &["graph", name(&bus)],
        &["top", "--once", name(&bus)],
    ];
    for arguments in arguments {
        complains(
            program("ipn", ROOT, arguments),
            &["no such network", name(&bus)],
        );
    }
}

fn device_leads_to_its_port() {
    let bus = Bus::new();
    let creator = bus.manage_new(&[]);
    let device = ok("a tap", tap(&creator, "seen%d"));
    let lines = ports(ROOT, &["show", "--dev", &device]);
    same("ports", lines.len(), 1);
    same("device", &lines[0][DEVICE], &device);
    same(
        "network",
        lines[0].last().map(String::as_str),
        Some(name(&bus)),
    );
    complains(
        program("ipn", ROOT, &["show", "--dev", "none"]),
        &["device none", "ipn show --ports"],
    );
}

fn process_leads_to_its_ports() {
    let buses = [Bus::named("one"), Bus::named("two")];
    let _ports = buses.each_ref().map(Bus::create);
    let pid = std::process::id().to_string();
    let lines = ports(ROOT, &["show", "--pid", &pid]);
    let networks: Vec<_> = lines
        .iter()
        .filter_map(|line| line.last())
        .map(String::as_str)
        .collect();
    same("networks", networks, vec![name(&buses[0]), name(&buses[1])]);
    complains(
        program("ipn", ROOT, &["show", "--pid", "1"]),
        &["process 1 "],
    );
}

fn passed_descriptor_leads_to_its_port() {
    let bus = Bus::new();
    let port = bus.create();
    let mut command = program("sleep", ROOT, &["100"]);
    command.stdin(ok("dup", port.as_fd().try_clone_to_owned()));
    let other = Running::start(command);
    let lines = ports(ROOT, &["show", "--pid", &other.id().to_string()]);
    same("ports", lines.len(), 1);
    same(
        "who took it",
        &lines[0][PID],
        &std::process::id().to_string(),
    );
}

fn events_are_told() {
    let bus = Bus::new();
    let creator = bus.create();
    let arguments = ["watch", name(&bus), "--count", "4", "--json"];
    let mut command = program("ipn", ROOT, &arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut watch = Running::start(command);
    let (_input, mut output) = watch.pipes();
    wait_until("enough has happened", || {
        drop(bus.join());
        !watch.is_alive()
    });
    let mut text = String::new();
    ok("its output", output.read_to_string(&mut text));
    same("events", text.lines().count(), 4);
    for line in text.lines() {
        holds(line, line.contains("\"event\":\"port-"));
        let network = format!("\"network\":\"{}\"", name(&bus));
        holds(line, line.contains(&network));
    }
    holds("taken", text.contains("port-taken"));
    holds("left", text.contains("port-left"));
    same("status", watch.status(), Some(0));
    drop(creator);
}

fn events_are_for_root() {
    complains(program("ipn", STRANGER, &["watch"]), &["as root"]);
}

fn script_gets_one_table() {
    let bus = Bus::new();
    let creator = bus.create();
    let _reader = bus.reader();
    say_number(&creator, 1);
    let arguments = [
        "top",
        "--once",
        "--interval",
        "0.1",
        "--sort",
        "name",
        name(&bus),
    ];
    let text = shown(ROOT, &arguments);
    let mut lines = text.lines();
    let header = lines.next().unwrap_or_default();
    for column in ["NETWORK, PORT", "SENT/s", "LOST", "LAG"] {
        holds(
            format_args!("{column} in {header}"),
            header.contains(column),
        );
    }
    let network = lines.next().unwrap_or_default();
    holds(network, network.starts_with(name(&bus)));
    same("ports", lines.count(), 2);
}

fn live_table_needs_a_terminal() {
    complains(program("ipn", ROOT, &["top"]), &["no terminal", "--once"]);
}

fn picture_has_who_is_there() {
    let bus = Bus::named("a<b>&\"c");
    let creator = bus.create();
    described(&creator, b"</text><script>");
    let picture = shown(ROOT, &["graph", name(&bus)]);
    holds(
        "it is SVG",
        picture.starts_with("<svg ") && picture.ends_with("</svg>\n"),
    );
    holds(
        "the network is there",
        picture.contains("a&lt;b&gt;&amp;&quot;c"),
    );
    holds(
        "the process is there",
        picture.contains(&std::process::id().to_string()),
    );
    holds("no mark of another's", !picture.contains("<script>"));
    let again = shown(ROOT, &["graph", name(&bus)]);
    holds("it is the same again", picture == again);
    let dot = shown(ROOT, &["graph", "--dot", name(&bus)]);
    holds(
        "it is for Graphviz",
        dot.starts_with("digraph") && dot.contains("&\\\"c"),
    );
}

fn figures_are_openmetrics() {
    let bus = Bus::new();
    let creator = bus.create();
    let _reader = bus.reader();
    (0..5).for_each(|n| say_number(&creator, n));
    let text = shown(ROOT, &["show", "--prometheus"]);
    holds("it has its end", text.ends_with("\n# EOF\n"));
    let label = format!("{{network=\"{}\",", name(&bus));
    let line = |name: &str| {
        let start = format!("{name}{label}");
        let found: Vec<_> = text
            .lines()
            .filter(|line| line.starts_with(&start))
            .collect();
        found
            .iter()
            .map(|line| line.rsplit(' ').next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    same(
        "sent by it",
        line("ipn_network_sent_messages_total"),
        vec!["5".to_owned()],
    );
    same(
        "sent by ports",
        line("ipn_port_sent_messages_total"),
        vec!["5".to_owned(), "0".to_owned()],
    );
    same(
        "lag",
        line("ipn_port_lag_messages").last().map(String::as_str),
        Some("5"),
    );
}

fn no_name_reaches_the_terminal_raw() {
    let bus = Bus::named("bus\x1b[2J");
    let creator = bus.create();
    described(&creator, b"\x1b]0;title\x07\xff\r\n");
    let arguments: [&[&str]; 7] = [
        &["show", "--ports"],
        &["show", "--ports", "--json"],
        &["show", "--prometheus"],
        &["graph"],
        &["graph", "--dot"],
        &["top", "--once", "--interval", "0.1"],
        &["show", "--ports", name(&bus)],
    ];
    for arguments in arguments {
        let text = shown(ROOT, arguments);
        let is_clean = text.chars().all(|c| "\n\t".contains(c) || !c.is_control());
        holds(format_args!("{arguments:?}: {text:?}"), is_clean);
        holds(
            format_args!("{arguments:?}: {text:?}"),
            text.contains("title"),
        );
    }
}
