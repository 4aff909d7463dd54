// SPDX-License-Identifier: GPL-2.0
//! The `ipn` command, as a user runs it.

use crate::abi::AF_IPN;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, User, OWNER, ROOT, STRANGER};
use crate::sys::call;
use crate::sys::process::kill;
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

cases!["tool":
    lines_pass,
    empty_lines_pass_before_the_end,
    bytes_pass_as_they_are,
    line_is_sent_when_it_is_there,
    reader_learns_what_it_lost,
    mapped_reader_learns_what_it_lost,
    reader_that_cannot_map_says_why,
    lossless_network_loses_nothing,
    created_network_has_its_shape,
    networks_are_shown,
    interrupted_creator_ends_its_network,
    end_is_told_to_the_creator,
    creator_sleeps_until_something_happens,
    signals_that_are_ignored_stay_so,
    second_manager_leaves_it_as_it_is,
    lone_sender_leaves_no_name,
    signal_lets_a_reader_sum_up,
    time_out_has_its_status,
    end_before_the_count_has_its_status,
    wrong_command_line_has_its_status,
    missing_right_is_named,
    stale_name_is_told,
    stale_name_is_replaced_when_asked,
    faults_say_what_to_try,
    what_does_not_fit_is_told,
    long_line_does_not_end_a_feed,
    reader_of_the_output_may_leave,
    versions_are_told,
];

#[track_caller]
fn ipn(user: User, arguments: &[&str]) -> Command {
    program("ipn", user, arguments)
}

/// `ipn create`, once the network is up.
#[track_caller]
fn create(bus: &Bus, options: &[&str]) -> Running {
    let (creator, line) = start(ipn(OWNER, &[&["create", name(bus)], options].concat()));
    let expected = format!("network {} is up; Ctrl-C ends it\n", name(bus));
    same("what ipn create says", line, expected);
    creator
}

/// `ipn recv` in the background, once it is in: what it prints is read in the end.
struct Reader(Running);

impl Reader {
    #[track_caller]
    fn start(bus: &Bus, options: &[&str]) -> Reader {
        let before = readers(bus);
        let mut command = ipn(ROOT, &[&["recv", name(bus)], options].concat());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let reader = Reader(Running::start(command));
        wait_until("the reader is in", || readers(bus) > before);
        reader
    }

    /// What it has printed until its end, and its status.
    #[track_caller]
    fn ends(mut self) -> (Vec<u8>, Option<i32>) {
        let mut text = Vec::new();
        ok("its output", self.0.pipes().1.read_to_end(&mut text));
        (text, self.0.status())
    }

    #[track_caller]
    fn signal(&self, signal: i32) {
        ok("kill", kill(self.0.id() as i32, signal));
    }
}

/// How many receive, as `ipn show` tells; none where there is no network.
#[track_caller]
fn readers(bus: &Bus) -> u64 {
    let output = run(ipn(ROOT, &["show", "--json", name(bus)]), b"");
    figure("readers", &String::from_utf8_lossy(&output.stdout))
}

/// A figure in JSON, 0 where it is missing.
fn figure(name: &str, json: &str) -> u64 {
    let start = json.find(&format!("\"{name}\":"));
    let rest = start.map(|start| json[start + name.len() + 3..].trim_start());
    let digits = rest.and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
    digits
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_default()
}

#[track_caller]
fn send(bus: &Bus, options: &[&str], input: &[u8]) {
    let command = ipn(ROOT, &[&["send", name(bus)], options].concat());
    succeeds(command, input);
}

/// So many numbers, a line each.
fn numbers(count: u32) -> String {
    (0..count).fold(String::new(), |text, n| text + &n.to_string() + "\n")
}

/// The name is there, or is not.
#[track_caller]
fn name_is_there(bus: &Bus, expected: bool) {
    same("the name is there", bus.path.exists(), expected);
}

fn lines_pass() {
    let bus = Bus::new();
    let _creator = create(&bus, &[]);
    let readers = [(); 3].map(|()| Reader::start(&bus, &["--count", "3"]));
    send(&bus, &[], b"one\ntwo\nthree");
    for reader in readers {
        same(
            "what a reader prints, and its status",
            reader.ends(),
            (b"one\ntwo\nthree\n".to_vec(), Some(0)),
        );
    }
}

fn empty_lines_pass_before_the_end() {
    let bus = Bus::new();
    let _creator = create(&bus, &["--lossless"]);
    let reader = Reader::start(&bus, &[]);
    reader.signal(libc::SIGSTOP);
    send(&bus, &["--end"], b"a\n\nb\n\n");
    reader.signal(libc::SIGCONT);
    same(
        "what is printed",
        reader.ends(),
        (b"a\n\nb\n\n".to_vec(), Some(0)),
    );
}

fn bytes_pass_as_they_are() {
    let bus = Bus::new();
    let bytes: Vec<u8> = (0..300_000_u32)
        .map(|n| (n.wrapping_mul(n) >> 7) as u8)
        .collect();
    // All of them have room: what the reader prints is read once they are sent.
    let room = ["--lossless", "--mtu", "8000", "--bytes", "500000"];
    let _creator = create(&bus, &room);
    let reader = Reader::start(&bus, &["--raw"]);
    send(&bus, &["--size", "7000", "--end"], &bytes);
    let (text, status) = reader.ends();
    same("status", status, Some(0));
    holds("the bytes are the same", text == bytes);
}

fn line_is_sent_when_it_is_there() {
    let bus = Bus::new();
    let _creator = create(&bus, &[]);
    let mut command = ipn(OWNER, &["send", name(&bus), "--wait", "1"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut sender = Running::start(command);
    let (mut input, _output) = sender.pipes();
    let reader = Reader::start(&bus, &["--count", "1"]);
    ok("writing a line", input.write_all(b"at once\nnot a li"));
    same(
        "what is printed",
        reader.ends(),
        (b"at once\n".to_vec(), Some(0)),
    );
    holds("the sender goes on", sender.is_alive());
    drop(input);
    same("status of the sender", sender.status(), Some(0));
}

fn reader_learns_what_it_lost() {
    learns_what_it_lost(&[]);
}

fn mapped_reader_learns_what_it_lost() {
    learns_what_it_lost(&["--mapped"]);
}

#[track_caller]
fn learns_what_it_lost(options: &[&str]) {
    let bus = Bus::new();
    let _creator = create(&bus, &["--pool", "8"]);
    let told = fs::File::create("told");
    let arguments = [&["recv", name(&bus), "--stats", "--json"], options].concat();
    let mut command = ipn(ROOT, &arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(ok("a file", told));
    let reader = Reader(Running::start(command));
    wait_until("the reader is in", || readers(&bus) == 1);
    reader.signal(libc::SIGSTOP);
    let lines = numbers(100);
    send(&bus, &["--end"], lines.as_bytes());
    reader.signal(libc::SIGCONT);
    let (text, _) = reader.ends();
    let count = text.iter().filter(|byte| **byte == b'\n').count() as u64;
    holds("it has the last", text.ends_with(b"98\n99\n"));
    let told = ok("reading what it told", fs::read_to_string("told"));
    same("messages", figure("messages", &told), count);
    same("messages and losses", count + figure("lost", &told), 100);
    holds("it lost some", count < 100);
    let said = format!("ipn: lost {} messages", 100 - count);
    holds(format_args!("{told:?} has {said:?}"), told.contains(&said));
}

fn reader_that_cannot_map_says_why() {
    crate::switch::lab::load_switch();
    let bus = Bus::new();
    let _creator = create(&bus, &["--protocol", "switch"]);
    let told = ok("a file", fs::File::create("told"));
    let mut command = ipn(ROOT, &["recv", name(&bus), "--mapped"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(told);
    let reader = Reader(Running::start(command));
    wait_until("the reader is in", || readers(&bus) == 1);
    // Its seventh byte begins the address of its source, and is even as a station's is.
    send(&bus, &["--end"], b"frames of fourteen bytes and more\n");
    let (text, status) = reader.ends();
    same("status", status, Some(0));
    same(
        "message",
        text.as_slice(),
        &b"frames of fourteen bytes and more\n"[..],
    );
    let told = ok("reading what it told", fs::read_to_string("told"));
    let said = "only a hub has one";
    holds(format_args!("{told:?} has {said:?}"), told.contains(said));
}

fn lossless_network_loses_nothing() {
    let bus = Bus::new();
    let _creator = create(&bus, &["--lossless", "--pool", "2"]);
    let readers = [&[][..], &["--mapped"], &["--mapped"]].map(|how| Reader::start(&bus, how));
    readers[1].signal(libc::SIGSTOP);
    let lines = numbers(1000);
    let mut command = ipn(ROOT, &["send", name(&bus), "--end"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut sender = Running::start(command);
    let (mut input, _output) = sender.pipes();
    ok("the first lines", input.write_all(&lines.as_bytes()[..400]));
    readers[1].signal(libc::SIGCONT);
    ok("the others", input.write_all(&lines.as_bytes()[400..]));
    drop(input);
    for reader in readers {
        let (text, status) = reader.ends();
        same("status", status, Some(0));
        holds("it has all lines", text == lines.as_bytes());
    }
    same("status of the sender", sender.status(), Some(0));
}

fn created_network_has_its_shape() {
    let bus = Bus::new();
    let _creator = create(
        &bus,
        &[
            "--mtu", "300", "--ports", "9", "--pool", "4", "--excl", "--mode", "722",
        ],
    );
    let mode = ok("stat", fs::metadata(&bus.path)).permissions().mode();
    same("mode, in spite of the umask", mode & 0o777, 0o722);
    let shown = succeeds(ipn(STRANGER, &["show", name(&bus)]), b"");
    let expected = format!(
        "{}\n  policy   hub\n  flags    excl\n  mtu      300 bytes\n  ports    0 of 9 in use\n  \
         readers  0\n  writers  0\n  pool     4 messages\n  sent     0 messages, 0 bytes\n  \
         lost     0 messages\n",
        name(&bus)
    );
    same(
        "what is shown",
        String::from_utf8_lossy(&shown),
        expected.into(),
    );
}

fn networks_are_shown() {
    let buses = [Bus::named("one"), Bus::named("the other")];
    let [first, second] = [0, 1].map(|n: usize| buses[n].create());
    let shown = succeeds(ipn(STRANGER, &["show"]), b"");
    let shown = String::from_utf8_lossy(&shown);
    for bus in &buses {
        let ending = format!("  {}", name(bus));
        let count = shown.lines().filter(|line| line.ends_with(&ending)).count();
        same(format_args!("lines of {}", name(bus)), count, 1);
    }
    (0..3).for_each(|n| say_number(&first, n));
    let shown = succeeds(ipn(STRANGER, &["show", "--json", name(&buses[0])]), b"");
    same("sent", figure("sent", &String::from_utf8_lossy(&shown)), 3);
    drop(second);
    // Who may not ask whether another family's socket has the name is not told to remove it.
    let show = |user| ipn(user, &["show", name(&buses[1])]);
    complains(show(STRANGER), &["no network lives behind the name"]);
    complains(show(ROOT), &["the name is stale", "rm "]);
}

fn interrupted_creator_ends_its_network() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        let bus = Bus::new();
        let creator = create(&bus, &[]);
        let reader = Reader::start(&bus, &[]);
        ok("kill", kill(creator.id() as i32, signal));
        same("status of the creator", creator.status(), Some(0));
        same("the reader", reader.ends(), (vec![], Some(0)));
        name_is_there(&bus, false);
    }
}

fn end_is_told_to_the_creator() {
    let bus = Bus::new();
    let creator = create(&bus, &["--mode", "700"]);
    let reader = Reader::start(&bus, &[]);
    complains(
        ipn(STRANGER, &["end", name(&bus)]),
        &["needs the x bit", "chmod o+x"],
    );
    succeeds(ipn(OWNER, &["end", name(&bus)]), b"");
    same("the reader", reader.ends(), (vec![], Some(0)));
    same("status of the creator", creator.status(), Some(0));
    name_is_there(&bus, false);
}

fn creator_sleeps_until_something_happens() {
    let bus = Bus::new();
    let creator = create(&bus, &[]);
    let file = format!("/proc/{}/status", creator.id());
    let switches = || {
        let text = ok(&file, fs::read_to_string(&file));
        let line = text.lines().find(|line| line.starts_with("voluntary"));
        line.map(str::to_owned)
    };
    wait_until("it sleeps", || {
        let call = fs::read_to_string(format!("/proc/{}/syscall", creator.id()));
        let polls = [call::POLL, call::PPOLL].map(|call| format!("{call} "));
        call.is_ok_and(|call| polls.iter().any(|poll| call.starts_with(poll)))
    });
    let before = switches();
    send(&bus, &[], b"none of its business\n");
    std::thread::sleep(Duration::from_millis(1200));
    same("how often it has slept", switches(), before);
}

/// As with nohup, and in the background of a script.
fn signals_that_are_ignored_stay_so() {
    let bus = Bus::new();
    let line = "trap '' INT HUP; exec ipn create \"$0\"";
    let (creator, _) = start(program("sh", OWNER, &["-c", line, name(&bus)]));
    for signal in [libc::SIGINT, libc::SIGHUP] {
        ok("kill", kill(creator.id() as i32, signal));
        send(&bus, &[], b"still there");
    }
    ok("kill", kill(creator.id() as i32, libc::SIGTERM));
    same("status", creator.status(), Some(0));
    name_is_there(&bus, false);
}

fn second_manager_leaves_it_as_it_is() {
    let bus = Bus::new();
    let creator = create(&bus, &[]);
    let (second, line) = start(ipn(OWNER, &["create", name(&bus), "--mtu", "99"]));
    holds(
        "it says that the network was there",
        line.contains("was there"),
    );
    ok("kill", kill(second.id() as i32, libc::SIGINT));
    same("status", second.status(), Some(0));
    name_is_there(&bus, true);
    let shown = succeeds(ipn(ROOT, &["show", "--json", name(&bus)]), b"");
    same("MTU", figure("mtu", &String::from_utf8_lossy(&shown)), 1514);
    drop(creator);
}

fn lone_sender_leaves_no_name() {
    let bus = Bus::new();
    send(&bus, &["--create"], b"to nobody\n");
    name_is_there(&bus, false);
    // Where others have come, it leaves it to them.
    let mut command = ipn(ROOT, &["send", name(&bus), "--create", "--wait", "1"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut sender = Running::start(command);
    let (mut input, _output) = sender.pipes();
    wait_until("the network is there", || bus.path.exists());
    let reader = Reader::start(&bus, &["--count", "2"]);
    ok("writing", input.write_all(b"one\n"));
    drop(input);
    same("status of the sender", sender.status(), Some(0));
    name_is_there(&bus, true);
    send(&bus, &[], b"two\n");
    same(
        "the reader",
        reader.ends(),
        (b"one\ntwo\n".to_vec(), Some(0)),
    );
}

fn signal_lets_a_reader_sum_up() {
    let bus = Bus::new();
    let _creator = create(&bus, &[]);
    let mut command = ipn(ROOT, &["recv", name(&bus), "--stats"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(ok("a file", fs::File::create("told")));
    let reader = Reader(Running::start(command));
    wait_until("the reader is in", || readers(&bus) == 1);
    send(&bus, &[], b"x\ny\n");
    let (mut output, mut seen) = (Vec::new(), [0; 4]);
    let mut reader = reader;
    let mut pipe = reader.0.pipes().1;
    ok("what it prints", pipe.read_exact(&mut seen));
    output.extend(seen);
    reader.signal(libc::SIGINT);
    // Ended by the signal, as its caller may want to know.
    same("exit status", reader.0.status(), None);
    same("what it printed", output, b"x\ny\n".to_vec());
    let told = ok("what it told", fs::read_to_string("told"));
    holds(
        format_args!("{told:?} sums up"),
        told.starts_with("received 2 messages, 2 bytes, lost 0, in "),
    );
}

fn time_out_has_its_status() {
    let bus = Bus::new();
    let _creator = create(&bus, &[]);
    let output = run(ipn(ROOT, &["recv", name(&bus), "--timeout", "0.1"]), b"");
    same("status", output.status.code(), Some(3));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    holds(told.clone(), told.contains("no message came"));
}

fn end_before_the_count_has_its_status() {
    let bus = Bus::new();
    let _creator = create(&bus, &[]);
    let reader = Reader::start(&bus, &["--count", "2"]);
    send(&bus, &["--end"], b"x\n");
    same("the reader", reader.ends(), (b"x\n".to_vec(), Some(3)));
}

fn wrong_command_line_has_its_status() {
    for line in ["recv", "create bus --mtu 0", "send bus --mtu 9", "frob"] {
        let arguments: Vec<_> = line.split(' ').collect();
        let output = run(ipn(ROOT, &arguments), b"");
        same(
            format_args!("status of ipn {line}"),
            output.status.code(),
            Some(2),
        );
    }
}

fn missing_right_is_named() {
    let bus = Bus::new();
    let _creator = create(&bus, &["--mode", "722"]);
    let refused = ipn(STRANGER, &["recv", name(&bus)]);
    complains(refused, &["needs the r bit", "rwx-w--w-", "chmod o+r"]);
    let reader = Reader::start(&bus, &["--count", "1"]);
    succeeds(ipn(STRANGER, &["send", name(&bus)]), b"may\n");
    same("the reader", reader.ends(), (b"may\n".to_vec(), Some(0)));
    open_to(&bus, 0o744);
    let refused = ipn(STRANGER, &["send", name(&bus)]);
    complains(refused, &["needs the w bit", "rwxr--r--", "chmod o+w"]);
}

fn stale_name_is_told() {
    let bus = Bus::new();
    drop(bus.create());
    for command in ["recv", "send", "create", "end"] {
        complains(ipn(ROOT, &[command, name(&bus)]), &["is stale", "rm "]);
    }
    ok("unlink", fs::remove_file(&bus.path));
    ok("a file", fs::write(&bus.path, "precious"));
    for command in ["recv", "create", "end"] {
        complains(ipn(ROOT, &[command, name(&bus)]), &["file of another kind"]);
    }
    same(
        "the file",
        ok("read", fs::read(&bus.path)),
        b"precious".to_vec(),
    );
}

fn stale_name_is_replaced_when_asked() {
    let bus = Bus::new();
    OWNER.does(|| drop(bus.create()));
    let creator = create(&bus, &["--replace-stale"]);
    ok("kill", kill(creator.id() as i32, libc::SIGINT));
    same("status", creator.status(), Some(0));
    name_is_there(&bus, false);
    drop(bus.create());
    send(&bus, &["--create", "--replace-stale"], b"to nobody\n");
    name_is_there(&bus, false);
    ok("a file", fs::write(&bus.path, "precious"));
    for command in [&["create"][..], &["send", "--create"]] {
        let arguments = [command, &["--replace-stale", name(&bus)]].concat();
        complains(ipn(ROOT, &arguments), &["file of another kind"]);
    }
    name_is_there(&bus, true);
}

fn faults_say_what_to_try() {
    let bus = Bus::new();
    for command in ["recv", "send", "end", "show"] {
        let words = ["there is no such network", name(&bus), "try: "];
        complains(ipn(ROOT, &[command, name(&bus)]), &words);
    }
    let elsewhere = format!("{}/bus", name(&bus));
    let words = ["the directory does not exist", &elsewhere];
    complains(ipn(ROOT, &["create", &elsewhere]), &words);
    let long = "x".repeat(109);
    complains(ipn(ROOT, &["create", &long]), &["1 to 108 bytes", &long]);
    let rare = ["create", name(&bus), "--protocol", "63"];
    complains(ipn(ROOT, &rare), &["no delivery policy", "load the module"]);
    let large = ["create", name(&bus), "--mtu", "65535", "--pool", "65536"];
    complains(
        ipn(OWNER, &large),
        &["more memory", "lower the message pool"],
    );
    let _creator = create(&bus, &["--ports", "1", "--mode", "777"]);
    let _reader = Reader::start(&bus, &[]);
    complains(ipn(ROOT, &["recv", name(&bus)]), &["no free port"]);
}

fn what_does_not_fit_is_told() {
    let bus = Bus::new();
    let _creator = create(&bus, &["--mtu", "4"]);
    let reader = Reader::start(&bus, &["--count", "1"]);
    let fail = &["send", name(&bus), "--long", "fail"];
    let output = run(ipn(ROOT, fail), b"fits\nnot this\nlast\n");
    same("status", output.status.code(), Some(1));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    holds(
        told.clone(),
        told.contains("line 2 of the standard input") && told.contains("--size 4"),
    );
    same("the reader", reader.ends(), (b"fits\n".to_vec(), Some(0)));
    let words = ["messages of 5 bytes", "MTU of 4"];
    complains(ipn(ROOT, &["send", name(&bus), "--size", "5"]), &words);
}

fn long_line_does_not_end_a_feed() {
    let bus = Bus::new();
    let _creator = create(&bus, &["--mtu", "4", "--lossless"]);
    let cut = (
        &["--long", "cut"][..],
        "fits\nnot \nlast\n",
        0,
        "cut line 2",
    );
    for (how, got, status, word) in [(&[][..], "fits\nlast\n", 3, "left out line 2"), cut] {
        let count = got.lines().count().to_string();
        let reader = Reader::start(&bus, &["--count", &count]);
        let command = ipn(ROOT, &[&["send", name(&bus)], how].concat());
        let output = run(command, b"fits\nnot this, which is long\nlast\n");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        same(&told, output.status.code(), Some(status));
        holds(&told, told.contains(word));
        same("the reader", reader.ends(), (got.into(), Some(0)));
    }
}

fn reader_of_the_output_may_leave() {
    let bus = Bus::new();
    let _creator = create(&bus, &[]);
    let mut reader = Reader::start(&bus, &[]);
    drop(reader.0.pipes());
    send(&bus, &[], b"x\n");
    // Ended by SIGPIPE, like other programs.
    same("exit status", reader.0.status(), None);
}

fn versions_are_told() {
    let version = env!("CARGO_PKG_VERSION");
    let told = succeeds(ipn(STRANGER, &["--version"]), b"");
    let told = String::from_utf8_lossy(&told).into_owned();
    let begins = format!("ipn {version}\naf_ipn: {version}\nkvde_switch: ");
    holds(
        format_args!("{told:?} begins with {begins:?}"),
        told.starts_with(&begins),
    );
    let interface = format!("\ninterface: family {AF_IPN}, mapped ring 2\n");
    holds(
        format_args!("{told:?} ends with {interface:?}"),
        told.ends_with(&interface),
    );
    let short = succeeds(ipn(STRANGER, &["-V"]), b"");
    same("-V", short, format!("ipn {version}\n").into_bytes());
}
