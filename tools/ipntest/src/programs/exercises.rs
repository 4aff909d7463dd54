// SPDX-License-Identifier: GPL-2.0
//! The scripts in `samples/`, run by those they are for. Where a virtual machine is meant there is
//! `ipn-echo` or `vde_plug` here.

use crate::abi::*;
use crate::device::lab::{counters, exists, ip, own_network};
use crate::lab::bus::*;
use crate::lab::check::{fails, holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::{cases, directory};
use crate::lab::task::{wait_until, User, COMRADE, OWNER, STRANGER};
use crate::pace::soon;
use crate::switch::lab::{frame, load_switch, mac, BROADCAST};
use crate::sys::process::kill;
use crate::sys::socket::{socket, Sock};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

cases!["exercises":
    user_has_a_switch_for_machines @ 60,
    switch_lasts_as_long_as_a_command @ 60,
    members_of_a_group_join_the_switch_of_root @ 60,
    stream_reaches_every_command_and_nobody_else @ 60,
    scripts_say_what_is_wrong @ 60,
    device_of_somebody_else_is_left_alone @ 60,
];

const ROOT: User = User { id: 0, groups: &[] };
/// The group of those who may have machines on root's switch: u1 and u2.
const VM_ENABLED: u32 = 1101;

/// A script, and the first lines that it prints.
#[track_caller]
fn script(mut command: Command, lines: usize) -> (Running, Vec<String>) {
    // As in a terminal, whose Ctrl-C all of its processes get.
    command.process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = Running::start(command);
    let output = BufReader::new(running.pipes().1);
    let lines = output.lines().take(lines).map(|line| ok("a line", line));
    (running, lines.collect())
}

/// What somebody types after logging in: with all groups, as /etc/group has them.
#[track_caller]
fn typed(user: &str, line: &str) -> Command {
    program("su", ROOT, &[user, "-c", &format!("exec {line}")])
}

/// A user may neither join nor manage.
#[track_caller]
fn is_kept_out(user: User, bus: &Bus) {
    user.does(|| {
        fails("connect", open().connect(&bus.addr), libc::EACCES);
        fails("bind", open().bind(&bus.addr), libc::EACCES);
    });
}

/// All frames that have come are for everybody.
#[track_caller]
fn hears_no_talk_of_others(port: &Sock) {
    let mut buffer = [0; 2048];
    let mut heard = 0;
    while let Ok(len) = port.recv(&mut buffer, NOW) {
        holds(
            format_args!("for everybody: {:x?}", &buffer[..len]),
            buffer[0] & 1 != 0,
        );
        heard += 1;
    }
    holds("it hears what is for everybody", heard > 0);
}

/// The mode, owner and group of the network's file.
#[track_caller]
fn belongs(bus: &Bus) -> (u32, u32, u32) {
    let file = ok("stat", fs::metadata(&bus.path));
    (file.mode() & 0o777, file.uid(), file.gid())
}

#[track_caller]
fn is_gone(bus: &Bus) {
    same("the name is there", bus.path.exists(), false);
}

fn user_has_a_switch_for_machines() {
    load_switch();
    own_network();
    let bus = Bus::new();
    let path = name(&bus);
    let (running, said) = script(program("user-switch.sh", OWNER, &[path]), 5);
    same("file", belongs(&bus), (0o700, OWNER.id, OWNER.id));
    let devices = ok("devices", fs::read_to_string("/proc/net/dev"));

    let bystander = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("connect", bystander.connect(&bus.addr));
    let machine = &[path, "--ip", "10.0.0.1/24", "--ip", "fd00::1/64"];
    let (machine, _) = start(program("ipn-echo", OWNER, machine));
    let other = [path, "--ip", "10.0.0.2/24", "--connect", "10.0.0.1:7"];
    let data = vec![b'x'; 50_000];
    let back = succeeds(program("ipn-echo", OWNER, &other), &data);
    holds("what was sent came back", back == data);
    hears_no_talk_of_others(&bystander);

    // What QEMU is told to do, another program that uses the library can do.
    let url = said.iter().find_map(|line| line.split_once("sock="));
    let url = url.expect("a line for QEMU").1.trim_end_matches('\'');
    let mut plug = program("vde_plug", OWNER, &[url]);
    plug.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut plug = Running::start(plug);
    // It ends with its input.
    let (mut input, _output) = plug.pipes();
    let hello = frame(BROADCAST, mac(7), "hello");
    let message = [&(hello.len() as u16).to_be_bytes(), &hello[..]].concat();
    ok("writing a frame", input.write_all(&message));
    ok("a limit", bystander.set_time_out(libc::SO_RCVTIMEO, soon()));
    let mut buffer = [0; 2048];
    // The others may ask for addresses meanwhile.
    while buffer[..hello.len()] != hello {
        ok(
            "recv, expecting the plug's frame",
            bystander.recv(&mut buffer, 0),
        );
    }

    is_kept_out(COMRADE, &bus);
    is_kept_out(STRANGER, &bus);
    let after = ok("devices", fs::read_to_string("/proc/net/dev"));
    same("devices", after, devices);
    ok("kill", kill(running.id() as i32, libc::SIGTERM));
    same("status", running.status(), Some(128 + libc::SIGTERM));
    same("status of the machine", machine.status(), Some(0));
    is_gone(&bus);
}

fn switch_lasts_as_long_as_a_command() {
    load_switch();
    let bus = Bus::new();
    let talk = "ipn-echo \"$0\" --ip 10.0.0.1/24 >/dev/null &
        ipn-echo \"$0\" --ip 10.0.0.2/24 --ping 10.0.0.1 && exit 7";
    let path = name(&bus);
    let script = program("user-switch.sh", OWNER, &[path, "sh", "-c", talk, path]);
    same("status", run(script, b"").status.code(), Some(7));
    is_gone(&bus);
}

fn members_of_a_group_join_the_switch_of_root() {
    load_switch();
    own_network();
    let bus = Bus::new();
    let path = name(&bus);
    let (running, said) = script(program("lab-switch.sh", ROOT, &[path]), 3);
    let expected = format!("The switch {path} is up, with ipn0 as 10.76.0.1/24; Ctrl-C ends it.");
    same("what it says", &said[0], &expected);
    same("file", belongs(&bus), (0o760, 0, VM_ENABLED));

    let machine = format!("ipn-echo {path} --ip 10.76.0.2/24");
    let (machine, _) = start(typed("u1", &machine));
    let ping = |address| format!("ipn-echo {path} --ip 10.76.0.3/24 --ping {address}");
    succeeds(typed("u2", &ping("10.76.0.2")), b"");
    // The host too, both ways, and it is ipn0 that carries it.
    let before = counters("ipn0");
    succeeds(program("ping", ROOT, &["-c", "3", "10.76.0.2"]), b"");
    succeeds(typed("u2", &ping("10.76.0.1")), b"");
    let after = counters("ipn0");
    holds("ipn0 has sent", after.tx >= before.tx + 6);
    holds("ipn0 has received", after.rx >= before.rx + 6);

    complains(typed("u3", &ping("10.76.0.2")), &[path, "r bit"]);
    is_kept_out(STRANGER, &bus);
    // Who may join may not manage.
    complains(typed("u2", &format!("ipn end {path}")), &["x bit"]);
    let member = User {
        groups: &[VM_ENABLED],
        ..OWNER
    };
    member.does(|| fails("bind", open().bind(&bus.addr), libc::EACCES));

    ok("Ctrl-C", kill(-(running.id() as i32), libc::SIGINT));
    same("status", running.status(), Some(128 + libc::SIGINT));
    same("status of the machine", machine.status(), Some(0));
    same("ipn0", exists("ipn0"), false);
    is_gone(&bus);
}

fn stream_reaches_every_command_and_nobody_else() {
    let bus = Bus::new();
    let arguments = [name(&bus), "cat >all", "head -c 9 >some", "cat >too"];
    let mut command = program("private-bus.sh", OWNER, &arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = Running::start(command);
    wait_until("all are in", || {
        let show = run(program("ipn", OWNER, &["show", "--json", name(&bus)]), b"");
        let text = String::from_utf8_lossy(&show.stdout).into_owned();
        text.contains("\"readers\": 3,") && text.contains("\"writers\": 1,")
    });
    same("file", belongs(&bus), (0o700, OWNER.id, OWNER.id));
    is_kept_out(COMRADE, &bus);
    is_kept_out(STRANGER, &bus);
    // Any process of the user may send.
    succeeds(program("ipn", OWNER, &["send", name(&bus)]), b"and this");
    let mut stream = vec![0; 1_000_000];
    fastrand::Rng::with_seed(9).fill(&mut stream);
    let (mut input, _output) = running.pipes();
    ok("writing the stream", input.write_all(&stream));
    drop(input);
    same("status", running.status(), Some(0));
    let expected = [&b"and this"[..], &stream].concat();
    for (file, len) in [
        ("all", expected.len()),
        ("some", 9),
        ("too", expected.len()),
    ] {
        let got = ok(file, fs::read(directory().join(file)));
        let whole = got == expected[..len];
        holds(format_args!("{file}, {} bytes", got.len()), whole);
    }
    is_gone(&bus);
}

fn scripts_say_what_is_wrong() {
    load_switch();
    let bus = Bus::new();
    let path = name(&bus);
    let used = Bus::named("used");
    let _network = used.create();
    for (script, more) in [
        ("user-switch.sh", &[][..]),
        ("lab-switch.sh", &[][..]),
        ("private-bus.sh", &["cat"][..]),
    ] {
        complains(program(script, ROOT, &[]), &[script, "usage"]);
        let arguments = [&[name(&used)], more].concat();
        let there = [script, name(&used), "there already"];
        complains(program(script, ROOT, &arguments), &there);
        let nowhere = Bus::named("no/where");
        let arguments = [&[name(&nowhere)], more].concat();
        complains(
            program(script, ROOT, &arguments),
            &[script, "directory does not exist"],
        );
        is_gone(&nowhere);
    }
    complains(program("lab-switch.sh", OWNER, &[path]), &["only root"]);
    let nobodies = program("lab-switch.sh", ROOT, &[path, "nobodies"]);
    complains(nobodies, &["no group nobodies"]);
    let failing = ["cat >/dev/null", "exit 3"];
    let failing = [&[path], &failing[..]].concat();
    complains(program("private-bus.sh", OWNER, &failing), &[]);
    holds("the other network goes on", Path::new(name(&used)).exists());
}

fn device_of_somebody_else_is_left_alone() {
    load_switch();
    own_network();
    let bus = Bus::new();
    let lab = |arguments: &[&str]| {
        let arguments = [&[name(&bus), "root"], arguments].concat();
        program("lab-switch.sh", ROOT, &arguments)
    };
    // It takes its own away.
    let wrong = run(lab(&["10.0.0/x"]), b"").status;
    holds("a wrong address is refused", !wrong.success());
    same("ipn0", exists("ipn0"), false);
    is_gone(&bus);
    ip("link add ipn0 type veth");
    complains(lab(&[]), &["an interface ipn0"]);
    same("ipn0", exists("ipn0"), true);
    is_gone(&bus);
}
