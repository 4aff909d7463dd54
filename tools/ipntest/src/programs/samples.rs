// SPDX-License-Identifier: GPL-2.0
//! The sample programs, as a user runs them.

use crate::abi::IPN_TERMINATE;
use crate::lab::bus::{lossless, open, Bus};
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::{cases, skip};
use crate::lab::task::wait_until;
use crate::mapping::writer::lab::{Pen, ONE_WRITER};
use crate::pace::soon;
use crate::sys::process::kill;
use crate::sys::socket::Addr;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{self, Receiver};
use std::thread;

cases!["samples":
    peers_hear_each_other,
    receivers_join_the_senders_stream_by_name,
    mapped_receiver_prints_the_same,
    mapped_sender_is_heard_by_both,
    mapped_receiver_is_told_of_nonsense,
    readme_program_works_the_second_time_too,
    creators_replace_a_stale_name,
    receiver_without_a_sender_says_what_is_wrong,
    name_that_is_no_network_is_explained,
    wrong_use_is_explained,
    live_service_keeps_its_name,
    empty_message_is_not_the_end,
    number_is_of_digits_only,
];

/// All of them.
const PROGRAMS: [&str; 5] = [
    "ipn-peer",
    "ipn-sender",
    "ipn-mapped_sender",
    "ipn-receiver",
    "ipn-mapped_receiver",
];

/// A running program whose output can be waited for line by line.
struct Program {
    child: Child,
    lines: Receiver<String>,
    name: String,
}

impl Program {
    #[track_caller]
    fn start(name: &str, arguments: &[&str]) -> Program {
        let mut command = Command::new(name);
        command
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = match command.spawn() {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                skip(&format!("{name} is not in the PATH"))
            }
            child => ok(format_args!("starting {name}"), child),
        };
        let (tell, lines) = mpsc::channel();
        let output = child.stdout.take().expect("stdout is a pipe");
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // A test that is over listens no more.
                let _ = tell.send(line);
            }
        });
        Program {
            child,
            lines,
            name: name.into(),
        }
    }

    /// The next line it prints.
    #[track_caller]
    fn line(&self) -> String {
        match self.lines.recv_timeout(soon()) {
            Ok(line) => line,
            Err(error) => panic!("{}: no further line: {error}", self.name),
        }
    }

    #[track_caller]
    fn prints(&self, expected: &str) {
        same(
            format_args!("line of {}", self.name),
            self.line(),
            expected.to_string(),
        );
    }

    /// Gives it a line to send.
    #[track_caller]
    fn give(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("stdin is a pipe");
        ok(
            "writing to its standard input",
            writeln!(input, "{line}").and_then(|()| input.flush()),
        );
    }

    /// Its input ends; how it ends and what it complains of.
    #[track_caller]
    fn end(mut self) -> (ExitStatus, String) {
        drop(self.child.stdin.take());
        let mut complaint = String::new();
        let mut errors = self.child.stderr.take().expect("stderr is a pipe");
        ok(
            "reading its complaint",
            errors.read_to_string(&mut complaint),
        );
        (ok("waiting for it", self.child.wait()), complaint)
    }

    #[track_caller]
    fn ends_well(self) {
        let name = self.name.clone();
        let (status, complaint) = self.end();
        same(
            format_args!("{name} ends, complaint \"{}\"", complaint.trim()),
            status.code(),
            Some(0),
        );
    }

    /// It fails, and says these words.
    #[track_caller]
    fn complains(self, words: &[&str]) {
        let name = self.name.clone();
        let (status, complaint) = self.end();
        same(
            format_args!("exit status of {name}"),
            status.code(),
            Some(1),
        );
        for word in words {
            let said = complaint.contains(word);
            assert!(
                said,
                "{name} complains: \"{}\", expected \"{word}\" in it",
                complaint.trim()
            );
        }
    }
}

fn name(bus: &Bus) -> &str {
    bus.path.to_str().expect("the path is text")
}

fn peers_hear_each_other() {
    let bus = Bus::new();
    let mut peers = Vec::new();
    for number in 0..3 {
        let peer = Program::start("ipn-peer", &[name(&bus)]);
        peer.prints(&format!("joined {} as port {number}", name(&bus)));
        peers.push(peer);
    }
    for speaker in 0..3 {
        let word = format!("hello from {speaker}");
        peers[speaker].give(&word);
        for listener in (0..3).filter(|n| *n != speaker) {
            peers[listener].prints(&word);
        }
    }
    // One leaves; the others go on.
    peers.remove(0).ends_well();
    peers[0].give("two left");
    peers[1].prints("two left");
    peers.into_iter().for_each(Program::ends_well);
    fails(
        "connect once all have left",
        open().connect(&bus.addr),
        libc::ECONNREFUSED,
    );
}

fn receivers_join_the_senders_stream_by_name() {
    let bus = Bus::new();
    let mut sender = Program::start("ipn-sender", &[name(&bus)]);
    sender.prints(&format!("sending to {}", name(&bus)));
    sender.give("nobody hears this");
    let receivers = [3, 2].map(|count: u32| {
        let receiver = Program::start("ipn-receiver", &[name(&bus), &count.to_string()]);
        receiver.prints(&format!("receiving from {}", name(&bus)));
        receiver
    });
    for word in ["one", "two", "three"] {
        sender.give(word);
    }
    let [first, second] = receivers;
    for word in ["one", "two", "three"] {
        first.prints(word);
    }
    for word in ["one", "two"] {
        second.prints(word);
    }
    first.ends_well();
    second.ends_well();
    sender.give("nobody hears this either");
    sender.ends_well();
}

fn mapped_receiver_prints_the_same() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    ok("shutdown", sender.shutdown(libc::SHUT_RD));
    let receivers = ["ipn-receiver", "ipn-mapped_receiver"].map(|program| {
        let receiver = Program::start(program, &[name(&bus)]);
        receiver.prints(&format!("receiving from {}", name(&bus)));
        receiver
    });
    // Of every length around a word, and more than the pool holds.
    let lines: Vec<String> = (0..200).map(|n| "x".repeat(n % 40)).collect();
    for line in &lines {
        let sent = sender.send(format!("{line}\n").as_bytes(), 0);
        same("length sent", ok("send", sent), line.len() + 1);
    }
    for receiver in &receivers {
        lines.iter().for_each(|line| receiver.prints(line));
    }
    ok("IPN_TERMINATE", sender.ioctl(IPN_TERMINATE));
    receivers.into_iter().for_each(Program::ends_well);
}

fn mapped_sender_is_heard_by_both() {
    let bus = Bus::new();
    let mut sender = Program::start("ipn-mapped_sender", &[name(&bus)]);
    sender.prints(&format!("sending to {}", name(&bus)));
    let receivers = ["ipn-receiver", "ipn-mapped_receiver"].map(|program| {
        let receiver = Program::start(program, &[name(&bus)]);
        receiver.prints(&format!("receiving from {}", name(&bus)));
        receiver
    });
    // More than the index has, of every length around a word; each is waited for, as nobody waits for readers.
    for n in 0..1500 {
        let line = "x".repeat(n % 40);
        sender.give(&line);
        receivers.iter().for_each(|receiver| receiver.prints(&line));
    }
    let second = Program::start("ipn-mapped_sender", &[name(&bus)]);
    second.complains(&["mmap", "another program writes"]);
    sender.ends_well();
    for mut receiver in receivers {
        ok("kill", receiver.child.kill());
        drop(receiver.end());
    }
}

fn mapped_receiver_is_told_of_nonsense() {
    let bus = Bus::new();
    let pen = Pen::of(bus.create_with(&ONE_WRITER));
    let receiver = Program::start("ipn-mapped_receiver", &[name(&bus)]);
    receiver.prints(&format!("receiving from {}", name(&bus)));
    pen.prepare(0x0a61_6263);
    let length = pen.descriptor(0) + 16;
    pen.area.half(length).store(100_000, Relaxed);
    pen.publish();
    // Who sleeps finds the end.
    fails("FIONREAD", pen.sock.ioctl_int(libc::FIONREAD), libc::EPIPE);
    receiver.complains(&["a message", "Bad message"]);
}

fn receiver_without_a_sender_says_what_is_wrong() {
    let bus = Bus::new();
    let receiver = Program::start("ipn-receiver", &[name(&bus)]);
    receiver.complains(&["ipn-receiver", name(&bus), "No such file"]);
}

/// It is killed, and leaves its name behind.
fn readme_program_works_the_second_time_too() {
    let bus = Path::new("/tmp/bus");
    let ready = || open().connect(&Addr::of(bus)).is_ok();
    for run in ["first", "second"] {
        let mut program = Program::start("ipn-readme", &[]);
        wait_until(&format!("the {run} run is in"), ready);
        ok("kill", program.child.kill());
        let (status, complaint) = program.end();
        same(complaint, status.signal(), Some(libc::SIGKILL));
        wait_until("the network has ended", || !ready());
    }
    ok("unlink", fs::remove_file(bus));
}

fn creators_replace_a_stale_name() {
    for program in ["ipn-peer", "ipn-sender"] {
        let bus = Bus::named(program);
        drop(bus.create());
        wait_until("the network has ended", || {
            open().connect(&bus.addr).is_err()
        });
        for program in ["ipn-receiver", "ipn-mapped_receiver"] {
            let words = [program, name(&bus), "Connection refused"];
            Program::start(program, &[name(&bus)]).complains(&words);
        }
        let creator = Program::start(program, &[name(&bus)]);
        creator.line();
        creator.ends_well();
    }
}

fn name_that_is_no_network_is_explained() {
    let bus = Bus::new();
    ok("a file", fs::write(&bus.path, "precious"));
    for program in PROGRAMS {
        let words = [program, name(&bus), "Connection refused"];
        Program::start(program, &[name(&bus)]).complains(&words);
    }
    let text = ok("the file is left alone", fs::read(&bus.path));
    same("the file", text, b"precious".to_vec());
}

fn wrong_use_is_explained() {
    for program in PROGRAMS {
        Program::start(program, &[]).complains(&["usage", program]);
        let long = "x".repeat(200);
        Program::start(program, &[&long]).complains(&[program, "too long"]);
    }
}

fn live_service_keeps_its_name() {
    let bus = Bus::new();
    let service = ok("a service", UnixDatagram::bind(&bus.path));
    for program in ["ipn-peer", "ipn-sender"] {
        let words = [program, name(&bus), "Connection refused"];
        Program::start(program, &[name(&bus)]).complains(&words);
    }
    let client = ok("a client", UnixDatagram::unbound());
    ok("the service is there", client.send_to(b"x", &bus.path));
    same("what it gets", ok("recv", service.recv(&mut [0; 2])), 1);
}

fn empty_message_is_not_the_end() {
    let bus = Bus::new();
    let sender = bus.create();
    let receivers = ["ipn-receiver", "ipn-mapped_receiver"].map(|program| {
        let receiver = Program::start(program, &[name(&bus), "2"]);
        receiver.prints(&format!("receiving from {}", name(&bus)));
        receiver
    });
    ok("send of nothing", sender.send(b"", 0));
    ok("send", sender.send(b"behind it\n", 0));
    for receiver in receivers {
        receiver.prints("behind it");
        receiver.ends_well();
    }
    // Nor when the network has ended.
    let peer = Program::start("ipn-peer", &[name(&bus)]);
    peer.line();
    stop(&peer);
    ok("send of nothing", sender.send(b"", 0));
    ok("send", sender.send(b"the last\n", 0));
    ok("IPN_TERMINATE", sender.ioctl(IPN_TERMINATE));
    ok("kill", kill(peer.child.id() as i32, libc::SIGCONT));
    peer.prints("the last");
    peer.ends_well();
}

/// It does nothing until it is to go on.
#[track_caller]
fn stop(program: &Program) {
    let pid = program.child.id();
    ok("kill", kill(pid as i32, libc::SIGSTOP));
    wait_until("it is stopped", || {
        let state = fs::read_to_string(format!("/proc/{pid}/stat"));
        ok("its state", state).contains(") T ")
    });
}

fn number_is_of_digits_only() {
    let bus = Bus::new();
    for program in ["ipn-receiver", "ipn-mapped_receiver"] {
        for wrong in ["+5", " 5", "5x", "0", "-1", "", "99999999999999999999"] {
            Program::start(program, &[name(&bus), wrong]).complains(&["usage"]);
        }
    }
}
