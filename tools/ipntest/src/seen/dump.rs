// SPDX-License-Identifier: GPL-2.0
//! `ipn dump` and `ipn replay`: what passes, as a user sees it, writes it and sends it again.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::{cases, directory};
use crate::lab::task::{wait_until, User, OWNER, ROOT, STRANGER};
use crate::switch::lab::{frame, mac, Lab, BROADCAST};
use crate::sys::process::kill;
use crate::sys::socket::Sock;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

cases!["dump":
    lines_tell_port_length_and_bytes,
    json_has_all_of_it,
    what_was_dumped_and_replayed_is_the_same,
    file_of_a_switch_has_frames,
    pipe_gets_each_message_at_once,
    interrupted_one_leaves_a_whole_file,
    what_is_missed_is_told,
    filter_is_translated_by_tcpdump,
    fast_replay_does_not_wait,
    what_cannot_be_replayed_is_told,
    missing_right_to_observe_is_named,
];

#[track_caller]
fn ipn(arguments: &[&str]) -> Command {
    program("ipn", ROOT, arguments)
}

/// `ipn dump` with its output to be read, once it observes.
#[track_caller]
fn dump(bus: &Bus, options: &[&str]) -> Running {
    let used = || ports_used(bus);
    let before = used();
    let mut command = ipn(&[&["dump", name(bus)], options].concat());
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let running = Running::start(command);
    wait_until("it observes", || used() > before);
    running
}

/// How many ports are taken.
fn ports_used(bus: &Bus) -> usize {
    let list = fs::read_to_string("/proc/net/ipn").unwrap_or_default();
    let row = list.lines().find(|row| row.ends_with(name(bus)));
    let used = row.and_then(|row| row.split_whitespace().nth(5)?.parse().ok());
    used.unwrap_or_default()
}

/// All that it prints until its end, and its status.
#[track_caller]
fn ends(mut running: Running) -> (Vec<u8>, Option<i32>) {
    let mut text = Vec::new();
    ok("its output", running.pipes().1.read_to_end(&mut text));
    (text, running.status())
}

fn path(name: &str) -> PathBuf {
    directory().join(name)
}

#[track_caller]
fn text(path: &Path) -> &str {
    path.to_str().expect("a name of letters")
}

/// A block of a pcapng file: its type, and what is in it.
type Block = (u32, Vec<u8>);

/// The blocks of a pcapng file, each whole.
#[track_caller]
fn blocks(mut bytes: &[u8]) -> Vec<Block> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let word = |at: usize| u32::from_ne_bytes(bytes[at..at + 4].try_into().expect("a word"));
        let len = word(4) as usize;
        holds("a block is whole", len >= 12 && len <= bytes.len());
        same("its length, behind it", word(len - 4), len as u32);
        found.push((word(0), bytes[8..len - 4].to_vec()));
        bytes = &bytes[len..];
    }
    found
}

const INTERFACE: u32 = 1;
const STATISTICS: u32 = 5;
const PACKET: u32 = 6;

/// The messages of the packets' blocks, and what follows them there.
fn packets(blocks: &[Block]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let packets = blocks.iter().filter(|(kind, _)| *kind == PACKET);
    packets
        .map(|(_, body)| {
            let len = u32::from_ne_bytes(body[12..16].try_into().expect("a word")) as usize;
            let end = 20 + len.next_multiple_of(4);
            (body[20..20 + len].to_vec(), body[end..].to_vec())
        })
        .collect()
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

fn lines_tell_port_length_and_bytes() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let dumping = dump(&bus, &["-c", "3"]);
    say(&one, b"hello\n");
    say(&two, &[0x1b; 100]);
    say(&one, b"");
    let (text, status) = ends(dumping);
    same("status", status, Some(0));
    let text = String::from_utf8(text).expect("text");
    let lines: Vec<_> = text.lines().collect();
    same("lines", lines.len(), 3);
    for (line, parts) in lines.iter().zip([
        &["port 0 ", " 6 bytes ", "68 65 6c 6c 6f 0a", "hello."][..],
        &["port 1 ", " 100 bytes ", "1b 1b 1b", " .. "],
        &["port 0 ", " 0 bytes"],
    ]) {
        for part in parts {
            holds(format_args!("{part:?} in {line:?}"), line.contains(part));
        }
    }
}

fn json_has_all_of_it() {
    let bus = Bus::new();
    let one = bus.create();
    let dumping = dump(&bus, &["--json", "--count", "1"]);
    say(&one, &[0xab; 20]);
    let (text, status) = ends(dumping);
    same("status", status, Some(0));
    let text = String::from_utf8_lossy(&text).into_owned();
    let bytes = format!(
        "\"port\":0,\"length\":20,\"missed\":0,\"bytes\":\"{}\"",
        "ab".repeat(20)
    );
    holds(&text, text.contains(&bytes));
}

/// Messages of all lengths, with all bytes.
fn many() -> Vec<Vec<u8>> {
    let message = |len: u32| (0..len).map(|at| (at * 7 + len) as u8).collect();
    (0..120)
        .map(|number| message(number * number % 1515))
        .collect()
}

fn what_was_dumped_and_replayed_is_the_same() {
    let bus = Bus::new();
    let one = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 1024)]);
    let (first, second) = (path("first"), path("second"));
    let sent = many();
    let count = sent.len().to_string();
    let dumping = dump(&bus, &["-w", text(&first), "-c", &count]);
    sent.iter().for_each(|message| say(&one, message));
    same("status", ends(dumping).1, Some(0));
    let dumping = dump(&bus, &["-w", text(&second), "-c", &count]);
    succeeds(ipn(&["replay", text(&first), name(&bus)]), b"");
    same("status", ends(dumping).1, Some(0));
    let read = |path: &PathBuf| -> Vec<Vec<u8>> {
        let blocks = blocks(&ok("the file", fs::read(path)));
        packets(&blocks)
            .into_iter()
            .map(|(message, _)| message)
            .collect()
    };
    holds("dumped as it was sent", read(&first) == sent);
    holds("replayed as it was dumped", read(&second) == sent);
}

fn file_of_a_switch_has_frames() {
    let lab = Lab::new();
    let ports: [Sock; 3] = lab.ports();
    let hub = Bus::named("hub");
    let one = hub.create();
    let link = |bus: &Bus, sends: &Sock, options: &[&str]| {
        let dumping = dump(bus, &[&["-c", "1", "-w", "-"], options].concat());
        say(sends, &frame(mac(1), mac(2), "of others"));
        let blocks = blocks(&ends(dumping).0);
        let (_, body) = blocks
            .iter()
            .find(|(kind, _)| *kind == INTERFACE)
            .expect("an interface");
        (u16::from_ne_bytes([body[0], body[1]]), packets(&blocks))
    };
    say(&ports[1], &frame(BROADCAST, mac(1), "hello"));
    let (of_switch, seen) = link(&lab.bus, &ports[0], &[]);
    same("link type of a switch", of_switch, 1);
    same(
        "unicast of others",
        &seen[0].0,
        &frame(mac(1), mac(2), "of others"),
    );
    holds("with its port", has(&seen[0].1, "port 0"));
    same("of a hub", link(&hub, &one, &[]).0, 147);
    same(
        "of a hub that carries frames",
        link(&hub, &one, &["--ethernet"]).0,
        1,
    );
}

fn pipe_gets_each_message_at_once() {
    let bus = Bus::new();
    let one = bus.create();
    let mut dumping = dump(&bus, &["-w", "-"]);
    let (_, mut output) = dumping.pipes();
    let mut seen = Vec::new();
    for number in 0..3_u8 {
        say(&one, &[number; 8]);
        while !has(&seen, &String::from_utf8_lossy(&[number; 8])) {
            let mut part = [0; 4096];
            let len = ok("its output", output.read(&mut part));
            holds("it goes on", len != 0);
            seen.extend(&part[..len]);
        }
    }
    // Who reads no more ends it.
    drop(output);
    say(&one, b"one more");
    same("status", dumping.status(), None);
}

fn interrupted_one_leaves_a_whole_file() {
    let bus = Bus::new();
    let one = bus.create();
    let file = path("file");
    let dumping = dump(&bus, &["-w", text(&file)]);
    for _ in 0..5 {
        say(&one, b"something");
    }
    wait_until("they are written", || {
        fs::metadata(&file).is_ok_and(|file| file.len() > 300)
    });
    ok("kill", kill(dumping.id() as i32, libc::SIGINT));
    same("ended by the signal", dumping.status(), None);
    let blocks = blocks(&ok("the file", fs::read(&file)));
    same("packets", packets(&blocks).len(), 5);
    same(
        "the last block",
        blocks.last().map(|(kind, _)| *kind),
        Some(STATISTICS),
    );
}

fn what_is_missed_is_told() {
    let bus = Bus::new();
    let one = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]);
    let file = path("file");
    let mut command = ipn(&["dump", name(&bus), "-w", text(&file), "-c", "4"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = ok("dump", command.spawn());
    wait_until("it observes", || ports_used(&bus) == 2);
    ok("kill", kill(child.id() as i32, libc::SIGSTOP));
    for number in 0..100_u8 {
        say(&one, &[number]);
    }
    ok("kill", kill(child.id() as i32, libc::SIGCONT));
    let mut said = String::new();
    let mut errors = BufReader::new(child.stderr.take().expect("a pipe"));
    ok("its errors", errors.read_line(&mut said));
    same("status", ok("wait", child.wait()).code(), Some(0));
    holds(&said, said.contains("missed 96 messages, 96 in all"));
    let blocks = blocks(&ok("the file", fs::read(&file)));
    let packets = packets(&blocks);
    same("seen", packets[0].0.clone(), vec![96]);
    // epb_dropcount is option 4, of 8 bytes.
    let option = [
        &4_u16.to_ne_bytes()[..],
        &8_u16.to_ne_bytes(),
        &96_u64.to_ne_bytes(),
    ]
    .concat();
    let told = packets[0]
        .1
        .windows(option.len())
        .any(|window| window == option);
    holds("missed before it", told);
}

fn filter_is_translated_by_tcpdump() {
    let bus = Bus::new();
    let one = bus.create();
    let bin = path("bin");
    ok("mkdir", fs::create_dir(&bin));
    // One that knows a single expression: the first byte is a b.
    let script = "#!/bin/sh\n[ \"$*\" = '-ddd -s 262144 -y RAW -- link[0] = 98' ] || {\n\
                  echo 'tcpdump: syntax error' >&2; exit 1; }\n\
                  printf '%s\\n' 4 '48 0 0 0' '21 0 1 98' '6 0 0 262144' '6 0 0 0'\n";
    let tcpdump = bin.join("tcpdump");
    ok("the script", fs::write(&tcpdump, script));
    ok(
        "chmod",
        fs::set_permissions(&tcpdump, Permissions::from_mode(0o755)),
    );
    let with = |mut command: Command| {
        let path = std::env::var("PATH").unwrap_or_default();
        command.env("PATH", format!("{}:{path}", text(&bin)));
        command
    };
    let arguments = [
        "dump",
        name(&bus),
        "--json",
        "-c",
        "2",
        "--filter",
        "link[0] = 98",
    ];
    let mut command = with(ipn(&arguments));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let dumping = Running::start(command);
    wait_until("it observes", || ports_used(&bus) == 2);
    for text in [b"a1", b"b1", b"a2", b"b2"] {
        say(&one, text);
    }
    let (seen, status) = ends(dumping);
    let seen = String::from_utf8_lossy(&seen).into_owned();
    same("status", status, Some(0));
    holds(
        &seen,
        seen.contains("6231") && seen.contains("6232") && !seen.contains("\"61"),
    );
    let wrong = with(ipn(&["dump", name(&bus), "--filter", "what"]));
    complains(
        wrong,
        &["the filter is not understood: syntax error", "pcap-filter"],
    );
    let program = std::env::var_os("PATH").and_then(|path| {
        std::env::split_paths(&path)
            .map(|at| at.join("ipn"))
            .find(|at| at.exists())
    });
    let mut command = Command::new(program.expect("the command"));
    command
        .args(arguments)
        .env("PATH", directory().join("none"));
    complains(command, &["there is no command tcpdump", "install tcpdump"]);
}

/// A pcap file of two packets that are so many seconds apart, the second cut to 3 of its 9 bytes if asked.
fn pcap(apart: u32, cut: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut add = |words: &[u32]| bytes.extend(words.iter().flat_map(|word| word.to_ne_bytes()));
    add(&[0xa1b2_c3d4, 0x0004_0002, 0, 0, 65535, 147]);
    add(&[1000, 0, 4, 4, u32::from_ne_bytes(*b"once")]);
    add(&[
        1000 + apart,
        0,
        4,
        if cut { 9 } else { 4 },
        u32::from_ne_bytes(*b"more"),
    ]);
    bytes
}

fn fast_replay_does_not_wait() {
    let bus = Bus::new();
    let one = bus.create_with(&lossless(1));
    let file = path("file");
    ok("the file", fs::write(&file, pcap(2, false)));
    let replay = |options: &[&str]| {
        let mut command = ipn(&[&["replay", text(&file), name(&bus)], options].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let began = Instant::now();
        let running = Running::start(command);
        for expected in [b"once", b"more"] {
            let mut buffer = [0; 9];
            let len = ok("recv", one.recv(&mut buffer, 0));
            same("replayed", &buffer[..len], &expected[..]);
        }
        same("status", running.status(), Some(0));
        began.elapsed().as_secs() >= 2
    };
    holds("with the pauses of then", replay(&[]));
    // An hour is nobody's patience.
    ok("the file", fs::write(&file, pcap(3600, false)));
    replay(&["--fast"]);
}

fn what_cannot_be_replayed_is_told() {
    let bus = Bus::new();
    let one = bus.create_with(&[(IPN_SO_MTU, 100)]);
    let file = path("file");
    let replay = |bytes: &[u8]| {
        ok("the file", fs::write(&file, bytes));
        let output = run(ipn(&["replay", "--fast", text(&file), name(&bus)]), b"");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), said)
    };
    let (status, said) = replay(&pcap(0, true));
    same("status", status, Some(3));
    holds(
        &said,
        said.contains("left out a message of 9 bytes: the file has only 4"),
    );
    hear(&one, b"once");
    hear_nothing(&one);
    for bytes in [
        &b"this is a text and no capture file"[..],
        &pcap(0, false)[..50],
    ] {
        let (status, said) = replay(bytes);
        same("status", status, Some(1));
        holds(&said, said.contains("cannot replay"));
    }
}

fn missing_right_to_observe_is_named() {
    let bus = Bus::new();
    let _one = bus.create_with(&[(IPN_SO_MODE, 0o744)]);
    let as_user = |user: User| program("ipn", user, &["dump", name(&bus)]);
    for user in [OWNER, STRANGER] {
        let words = [
            "cannot observe the network",
            "the r and x bits",
            "chmod o+rx",
        ];
        complains(as_user(user), &words);
    }
}
