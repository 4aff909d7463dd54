// SPDX-License-Identifier: GPL-2.0
//! `ipn up`, `ipn down` and `ipn save`: networks that files describe.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::client::*;
use crate::lab::described::*;
use crate::lab::runner::{cases, directory};
use crate::lab::task::{wait_until, User, OWNER, ROOT, STRANGER};
use crate::switch::lab::load_switch;
use crate::sys::process::kill;
use crate::sys::socket::{socket, Sock};
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Command, Stdio};

cases!["described":
    network_is_as_described_until_a_signal,
    file_has_the_owner_and_mode_it_is_told,
    ready_is_told_when_all_is_there,
    second_up_changes_what_differs_and_nothing_else,
    what_is_kept_from_the_creation_on_is_not_changed,
    what_is_described_no_more_is_taken_back,
    down_ends_it,
    exclusive_network_is_held_and_ended,
    what_is_saved_makes_the_same_again,
    failure_leaves_nothing,
    failure_leaves_what_there_was,
    killed_holder_is_succeeded,
    wrong_file_is_refused_whole,
    wrong_use_is_explained,
];

#[track_caller]
fn ipn(user: User, arguments: &[&str]) -> Command {
    program("ipn", user, arguments)
}

/// A network namespace of the test's own, with IPv6, and the switch.
#[track_caller]
fn lab() {
    own_network();
    let ipv6 = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
    ok(ipv6, fs::write(ipv6, "0"));
    load_switch();
}

/// `ipn up`, once the network is up.
#[track_caller]
fn up(user: User, bus: &Bus, file: &str) -> Running {
    start_up(ipn(user, &["up", file]), bus)
}

/// `ipn up` where another process holds the network: what it says.
#[track_caller]
fn up_again(user: User, file: &str) -> String {
    String::from_utf8_lossy(&succeeds(ipn(user, &["up", file]), b"")).into_owned()
}

#[track_caller]
fn saved(user: User, bus: &Bus) -> String {
    String::from_utf8_lossy(&succeeds(ipn(user, &["save", name(bus)]), b"")).into_owned()
}

/// Neither the network's name nor the one beside it is there.
#[track_caller]
fn nothing_is_left(bus: &Bus) {
    let mut lock = bus.path.clone().into_os_string();
    lock.push(".lock");
    for path in [&bus.path, &PathBuf::from(lock)] {
        same(
            format_args!("{} is there", path.display()),
            path.exists(),
            false,
        );
    }
}

/// A member, whatever the policy is.
#[track_caller]
fn join(bus: &Bus) -> Sock {
    let member = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("connect", member.connect(&bus.addr));
    member
}

/// The member reads what is queued, and then the end.
#[track_caller]
fn reads_the_end(member: &Sock) {
    while ok("recv", member.recv(&mut [0; 64], 0)) > 0 {}
}

/// A switch with two taps and all that a port can have.
const SWITCH: &str = r#"policy = "switch"
mtu = 1518
ports = 8
pool = 16
[switch]
ageing = "5s"
limit = 100
filtering = true
mirror = 1
group-fwd-mask = "0x4000"
[[tap]]
name = "lan0"
port = 2
mac = "02:00:00:00:00:aa"
addresses = ["10.76.0.1/24", "fd00::1/64"]
[[tap]]
name = "lan1"
port = 1
up = false
[[port]]
number = 5
learning = false
isolated = true
locked = true
flood = false
mcast_flood = false
bcast_flood = false
vlans = [{ vid = 10, pvid = true, untagged = true }, { vid = "20-22" }]
[[static]]
mac = "02:00:00:00:00:02"
port = 2
vlan = 1"#;

fn network_is_as_described_until_a_signal() {
    lab();
    let bus = Bus::new();
    let file = describe(&bus, SWITCH);
    let holder = up(ROOT, &bus, &file);
    let text = saved(ROOT, &bus);
    has(
        &text,
        &[
            "policy = \"switch\"",
            "mtu = 1518",
            "ports = 8",
            "pool = 16",
            "mirror = 1",
        ],
    );
    has(
        &text,
        &[
            "ageing = \"5s\"",
            "limit = 100",
            "filtering = true",
            "\"0x4000\"",
        ],
    );
    has(
        &text,
        &[
            "name = \"lan0\"",
            "\"10.76.0.1/24\"",
            "\"fd00::1/64\"",
            "02:00:00:00:00:aa",
        ],
    );
    has(
        &text,
        &[
            "name = \"lan1\"",
            "port = 2",
            "up = false",
            "isolated = true",
            "locked = true",
            "bcast_flood = false",
            "\"20-22\"",
        ],
    );
    has(&text, &["02:00:00:00:00:02"]);
    let member = join(&bus);
    interrupt(holder);
    reads_the_end(&member);
    for tap in ["lan0", "lan1"] {
        same(tap, exists(tap), false);
    }
    nothing_is_left(&bus);
}

fn file_has_the_owner_and_mode_it_is_told() {
    let bus = Bus::new();
    let lines = "owner = \"u1\"\ngroup = \"vmenabled\"\nmode = \"0765\"";
    let holder = up(ROOT, &bus, &describe(&bus, lines));
    let file = ok("stat", fs::metadata(&bus.path));
    let told = (file.uid(), file.gid(), file.permissions().mode() & 0o777);
    same(
        "owner, group, mode in spite of the umask",
        told,
        (1001, 1101, 0o765),
    );
    interrupt(holder);
    nothing_is_left(&bus);
    complains(
        ipn(OWNER, &["up", &describe(&bus, "owner = \"root\"")]),
        &["owner root", "root gives files away"],
    );
    nothing_is_left(&bus);
}

fn ready_is_told_when_all_is_there() {
    let buses = [Bus::named("one"), Bus::named("two")];
    let files = [0, 1].map(|at: usize| describe(&buses[at], "mode = \"0777\""));
    let socket = directory().join("notify");
    let manager = ok("a socket", UnixDatagram::bind(&socket));
    let mut command = ipn(ROOT, &["up", &files[0], &files[1]]);
    command.env("NOTIFY_SOCKET", &socket);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let holder = Running::start(command);
    let mut message = [0; 100];
    let len = ok("what is told", manager.recv(&mut message));
    holds("it is ready", message[..len].starts_with(b"READY=1"));
    for bus in &buses {
        ok("connect", open().connect(&bus.addr));
    }
    interrupt(holder);
    let len = ok("what is told", manager.recv(&mut message));
    holds("it is ending", message[..len].starts_with(b"STOPPING=1"));
    buses.iter().for_each(nothing_is_left);
}

fn second_up_changes_what_differs_and_nothing_else() {
    lab();
    let bus = Bus::new();
    let file = describe(&bus, SWITCH);
    let holder = up(ROOT, &bus, &file);
    has(&up_again(ROOT, &file), &["nothing to change"]);
    let [one, two] = [join(&bus), join(&bus)];
    let by_hand = ["tap", name(&bus), "mine", "--persist"];
    succeeds(ipn(ROOT, &by_hand), b"");
    let before = saved(ROOT, &bus);
    describe(
        &bus,
        &SWITCH
            .replace("ageing = \"5s\"", "ageing = 7")
            .replace("ports = 8", "ports = 9"),
    );
    let said = up_again(ROOT, &file);
    let expected = format!("network {} was changed: ports 9, ageing 7s\n", name(&bus));
    same("what it says", said, expected);
    let expected = before
        .replace("\"5s\"", "\"7s\"")
        .replace("ports = 8", "ports = 9");
    same("what there is", saved(ROOT, &bus), expected);
    // Members and their ports are the same.
    let frame = [&[0xff; 6][..], &[2, 0, 0, 0, 0, 9], &[0x88, 0xb5, 0, 0]].concat();
    ok("send", one.send(&frame, 0));
    let mut heard = [0; 64];
    // A host says this and that by its interfaces.
    while !heard.starts_with(&frame) {
        ok("recv", two.recv(&mut heard, 0));
    }
    succeeds(ipn(ROOT, &["release", "mine"]), b"");
    interrupt(holder);
    nothing_is_left(&bus);
}

fn what_is_kept_from_the_creation_on_is_not_changed() {
    let bus = Bus::new();
    let file = describe(&bus, "mtu = 100\nports = 4\nmode = \"0700\"");
    let holder = up(ROOT, &bus, &file);
    for (line, word) in [
        ("mtu = 101", "mtu is 100, not 101"),
        ("pool = 9", "bytes is 131072, and no pool of 9"),
        ("lossless = true", "lossless is false, not true"),
        ("exclusive = true", "exclusive is false, not true"),
        ("flexmtu = true", "flexmtu is false, not true"),
    ] {
        describe(&bus, &format!("{line}\nports = 5\nmode = \"0777\""));
        let words = [word, "nothing was changed", "ipn down"];
        complains(ipn(ROOT, &["up", &file]), &words);
    }
    has(&saved(ROOT, &bus), &["ports = 4", "mode = \"0700\""]);
    interrupt(holder);
}

fn what_is_described_no_more_is_taken_back() {
    lab();
    let [device, _] = veth();
    let bus = Bus::new();
    let grab = format!("{SWITCH}\n[[grab]]\nname = {device:?}\nport = 4");
    let file = describe(&bus, &grab);
    let holder = up(ROOT, &bus, &file);
    same("promiscuous", is_promiscuous(device), true);
    describe(
        &bus,
        "policy = \"switch\"\n[[tap]]\nname = \"lan0\"\naddresses = [\"10.76.0.2/24\"]",
    );
    up_again(ROOT, &file);
    same("promiscuous", is_promiscuous(device), false);
    same("lan1", exists("lan1"), false);
    let text = saved(ROOT, &bus);
    has(&text, &["lan0", "10.76.0.2/24"]);
    for word in ["10.76.0.1", "lan1", "static", "mirror", "[[port]]", device] {
        holds(format_args!("no {word} in {text}"), !text.contains(word));
    }
    interrupt(holder);
    same("lan0", exists("lan0"), false);
}

fn down_ends_it() {
    own_network();
    for by_path in [false, true] {
        let bus = Bus::new();
        let file = describe(&bus, "[[tap]]\nname = \"lan0\"");
        let holder = up(ROOT, &bus, &file);
        let what = if by_path { name(&bus) } else { &file };
        succeeds(ipn(ROOT, &["down", what]), b"");
        nothing_is_left(&bus);
        same("lan0", exists("lan0"), false);
        same("status of the holder", holder.status(), Some(0));
    }
}

fn exclusive_network_is_held_and_ended() {
    let bus = Bus::new();
    let file = describe(&bus, "exclusive = true\nmode = \"0700\"");
    let holder = up(ROOT, &bus, &file);
    has(&up_again(ROOT, &file), &["nothing to change"]);
    describe(&bus, "exclusive = true\nmode = \"0777\"");
    complains(ipn(ROOT, &["up", &file]), &["exclusive", "ipn down"]);
    succeeds(ipn(ROOT, &["down", &file]), b"");
    same("status of the holder", holder.status(), Some(0));
    nothing_is_left(&bus);
}

fn what_is_saved_makes_the_same_again() {
    lab();
    let [device, _] = veth();
    let bus = Bus::new();
    let more = format!("description = \"a lab\"\nmode = \"0720\"\nlossless = true\n{SWITCH}");
    let more = format!("{more}\n[[grab]]\nname = {device:?}\nport = 4");
    let first = up(ROOT, &bus, &describe(&bus, &more));
    let text = saved(ROOT, &bus);
    let again = directory().join("again.toml");
    ok("writing", fs::write(&again, &text));
    let again = again.to_str().expect("the path is text");
    has(&up_again(ROOT, again), &["nothing to change"]);
    interrupt(first);
    let second = up(ROOT, &bus, again);
    same("what is saved of what was saved", saved(ROOT, &bus), text);
    let json = succeeds(ipn(ROOT, &["save", "--json", name(&bus)]), b"");
    has(
        &String::from_utf8_lossy(&json),
        &["\"policy\": \"switch\"", "\"name\": \"lan0\""],
    );
    interrupt(second);
}

fn failure_leaves_nothing() {
    lab();
    let [fine, bad] = [Bus::named("fine"), Bus::named("bad")];
    let tap = |name: &str| format!("[[tap]]\nname = {name:?}\nport = 1\n");
    let files = [
        describe(&fine, &tap("fine0")),
        // lo is there.
        describe(&bad, &format!("{}[[tap]]\nname = \"lo\"", tap("bad0"))),
    ];
    let words = ["the tap lo", name(&bad), "interface of that name"];
    complains(ipn(ROOT, &["up", &files[0], &files[1]]), &words);
    for bus in [&fine, &bad] {
        nothing_is_left(bus);
    }
    for tap in ["fine0", "bad0"] {
        same(tap, exists(tap), false);
    }
    let held = "policy = \"switch\"\n[[static]]\nmac = \"02:00:00:00:00:02\"\nport = 2";
    let words = [
        "static address 02:00:00:00:00:02",
        "no socket holds port 2",
        "port = 2",
    ];
    complains(ipn(ROOT, &["up", &describe(&bad, held)]), &words);
    nothing_is_left(&bad);
}

fn failure_leaves_what_there_was() {
    lab();
    let bus = Bus::new();
    let file = describe(&bus, SWITCH);
    let holder = up(ROOT, &bus, &file);
    let before = saved(ROOT, &bus);
    let worse = SWITCH
        .replace("\"5s\"", "9")
        .replace("10.76.0.1", "10.76.0.9");
    let worse = worse.replace("\"lan1\"", "\"lo\"");
    describe(&bus, &worse);
    complains(ipn(ROOT, &["up", &file]), &["interface of that name"]);
    same("what there is", saved(ROOT, &bus), before);
    describe(&bus, SWITCH);
    has(&up_again(ROOT, &file), &["nothing to change"]);
    interrupt(holder);
    nothing_is_left(&bus);
}

fn killed_holder_is_succeeded() {
    own_network();
    let bus = Bus::new();
    let file = describe(&bus, "");
    let holder = up(ROOT, &bus, &file);
    ok("kill", kill(holder.id() as i32, libc::SIGKILL));
    same("status", holder.status(), None);
    wait_until("the network has ended", || {
        open().connect(&bus.addr).is_err()
    });
    // Its name is known to be ours, and replaced.
    let holder = up(ROOT, &bus, &file);
    let member = bus.join();
    ok("kill", kill(holder.id() as i32, libc::SIGKILL));
    same("status", holder.status(), None);
    // The member keeps it.
    let (holder, line) = start(ipn(ROOT, &["up", &file]));
    has(&line, &["nothing to change", "held from here now"]);
    interrupt(holder);
    reads_the_end(&member);
    nothing_is_left(&bus);
    // Taps keep it too.
    let file = describe(&bus, "[[tap]]\nname = \"lan0\"");
    let holder = up(ROOT, &bus, &file);
    ok("kill", kill(holder.id() as i32, libc::SIGKILL));
    same("status", holder.status(), None);
    succeeds(ipn(ROOT, &["down", &file]), b"");
    same("lan0", exists("lan0"), false);
    nothing_is_left(&bus);
    // Of this one the name is all that is left.
    let file = describe(&bus, "");
    let holder = up(ROOT, &bus, &file);
    ok("kill", kill(holder.id() as i32, libc::SIGKILL));
    same("status", holder.status(), None);
    wait_until("the network has ended", || {
        open().connect(&bus.addr).is_err()
    });
    succeeds(ipn(ROOT, &["down", &file]), b"");
    nothing_is_left(&bus);
}

fn wrong_file_is_refused_whole() {
    let [fine, bad] = [Bus::named("fine"), Bus::named("bad")];
    let files = [describe(&fine, ""), describe(&bad, "mtu = 100\nmtuu = 1")];
    let words = [&files[1], "line 3", "mtuu", "try: ", "`mtu`"];
    complains(ipn(OWNER, &["up", &files[0], &files[1]]), &words);
    describe(&bad, "pool = 0");
    let words = [&files[1], "line 2", "pool is 0", "1 to 65536"];
    complains(ipn(OWNER, &["up", &files[0], &files[1]]), &words);
    for bus in [&fine, &bad] {
        nothing_is_left(bus);
    }
    complains(
        ipn(OWNER, &["up", "none.toml"]),
        &["none.toml", "No such file"],
    );
    complains(ipn(OWNER, &["up", &files[0], &files[0]]), &["one file"]);
}

fn wrong_use_is_explained() {
    let bus = Bus::new();
    let none = ["there is no such network", name(&bus)];
    complains(ipn(ROOT, &["save", name(&bus)]), &none);
    complains(ipn(ROOT, &["down", name(&bus)]), &none);
    let file = describe(&bus, "mode = \"0700\"");
    complains(ipn(ROOT, &["down", &file]), &none);
    nothing_is_left(&bus);
    let holder = up(OWNER, &bus, &file);
    complains(ipn(STRANGER, &["save", name(&bus)]), &["x bit"]);
    interrupt(holder);
    // What is not ours stays.
    ok("a file", File::create(&bus.path));
    complains(ipn(ROOT, &["up", &file]), &["file of another kind"]);
    complains(ipn(ROOT, &["down", &file]), &["file of another kind"]);
    same("the file is there", bus.path.exists(), true);
    ok("unlink", fs::remove_file(&bus.path));
    drop(bus.create());
    wait_until("the network has ended", || {
        open().connect(&bus.addr).is_err()
    });
    complains(ipn(ROOT, &["up", &file]), &["is stale", "rm "]);
    fails("connect", open().connect(&bus.addr), libc::ECONNREFUSED);
}
