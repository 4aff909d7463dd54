// SPDX-License-Identifier: GPL-2.0
//! Programs whose network's directory becomes another one at the worst moment: what they remove in the end
//! is what they have made, and what they replace is what they have looked at.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, ok};
use crate::lab::client::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, ROOT};
use crate::pace::soon;
use crate::sys::call::{Call, POLL, PPOLL};
use crate::sys::process::kill;
use crate::sys::trace::{self, Stop};
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

cases!["tool_swaps":
    name_that_is_removed_in_the_end_is_that_of_the_network @ 60,
    name_that_is_taken_over_is_the_one_that_was_looked_at @ 60,
];

/// Has a program run up to the call behind its first one of this number, and then does something.
#[track_caller]
fn behind(mut command: Command, number: i32, deed: impl FnOnce()) -> Child {
    let name = format!("{command:?}");
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let child = ok(&name, trace::traced(&mut command).spawn());
    let (pid, start) = (child.id() as i32, Instant::now());
    ok("ptrace", trace::begin(pid));
    let mut is_made = false;
    ok("ptrace", trace::go_on(pid, 0));
    loop {
        match ok("waitpid", trace::stop(pid)) {
            None if start.elapsed() < soon() => thread::sleep(Duration::from_micros(100)),
            None | Some(Stop::End(_)) => panic!("{name} makes no call {number}"),
            Some(Stop::Call(_)) if is_made => break,
            Some(stop) => {
                is_made |= stop == Stop::Call(number.into());
                let signal = match stop {
                    Stop::Other(signal) => signal,
                    _ => 0,
                };
                ok("ptrace", trace::go_on(pid, signal));
            }
        }
    }
    deed();
    ok("ptrace", trace::let_go(pid));
    child
}

/// Two directories, and a name that stands for one of them at a time.
fn directories() -> [Bus; 3] {
    let place = Bus::named("place").path;
    for name in ["mine", "victim"] {
        ok("a directory", fs::create_dir_all(place.join(name)));
    }
    ["way/bus", "mine/bus", "victim/bus"].map(|name| Bus::at(place.join(name)))
}

/// The way leads there from now on.
fn lead(way: &Bus, to: &str) {
    let way = way.path.parent().expect("a directory");
    let _ = fs::remove_file(way);
    ok("a link", symlink(to, way));
}

#[track_caller]
fn ends(mut child: Child) {
    wait_until("it ends", || ok("waitpid", child.try_wait()).is_some());
}

fn name_that_is_removed_in_the_end_is_that_of_the_network() {
    let [way, mine, victim] = directories();
    let network = victim.manage_new(&[]);
    let lines = Bus::named("lines");
    ok("a file", fs::write(&lines.path, "1\n"));
    for arguments in [
        &["create", name(&way)][..],
        &["send", "--create", "--end", name(&way), name(&lines)],
    ] {
        lead(&way, "mine");
        let command = program("ipn", ROOT, arguments);
        let child = behind(command, libc::SYS_bind as i32, || lead(&way, "victim"));
        if arguments[0] == "create" {
            wait_until("it waits", || waits(&child));
            ok("kill", kill(child.id() as i32, libc::SIGTERM));
        }
        ends(child);
        holds(
            format_args!("{arguments:?} leaves the other's name"),
            victim.path.exists(),
        );
        ok("it lives", network.get(crate::abi::IPN_SO_MTU));
        // Its own is not found again, and stays.
        let _ = fs::remove_file(&mine.path);
    }
}

/// Whether a program waits for what it is to do next.
fn waits(child: &Child) -> bool {
    let call = fs::read_to_string(format!("/proc/{}/syscall", child.id())).unwrap_or_default();
    let number = call.split(' ').next().and_then(|word| word.parse().ok());
    let calls = [PPOLL, POLL, libc::SYS_clock_nanosleep];
    number.is_some_and(|number: Call| calls.contains(&number))
}

fn name_that_is_taken_over_is_the_one_that_was_looked_at() {
    let [way, mine, victim] = directories();
    let service = ok("a service", UnixDatagram::bind(&victim.path));
    for words in [
        &["ipn", "create", "--replace"][..],
        &["ipn-peer"],
        &["ipn-echo", "--ip", "10.0.0.1/24", "--create"],
        &["sensor-producer-rs"],
    ] {
        // What a network that has ended has left.
        drop(mine.manage_new(&[]));
        lead(&way, "victim");
        let mut arguments = [&words[1..], &[name(&way)]].concat();
        if words[0].starts_with("sensor") {
            arguments.extend(["v", "/proc/loadavg", "u"]);
        }
        let command = program(words[0], ROOT, &arguments);
        let mut child = behind(command, libc::SYS_flock as i32, || lead(&way, "mine"));
        wait_until("it ends, or waits", || {
            ok("waitpid", child.try_wait()).is_some() || waits(&child)
        });
        // It may have ended by itself.
        let _ = child.kill();
        ends(child);
        holds(
            format_args!("{words:?} leaves the service's name"),
            victim.path.exists(),
        );
        let client = ok("a client", UnixDatagram::unbound());
        ok("the service is there", client.send_to(b"x", &victim.path));
        ok("the message", service.recv(&mut [0; 2]));
        let _ = fs::remove_file(&mine.path);
    }
}
