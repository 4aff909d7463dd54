// SPDX-License-Identifier: GPL-2.0
//! The table's calls that wait: each is made in a thread, and what the row says ends it.

use super::calls::{did, events, failed, looked, num, told, Outcome};
use super::messages::bytes;
use super::stage::Stage;
use super::{Cell, Stages};
use crate::device::lab::frame;
use crate::lab::amounts::{self, Amount::Answers};
use crate::lab::check::ok;
use crate::lab::task::{wait_until, Blocked};
use crate::pace::{patience, soon};
use crate::sys::call::{self, Call};
use crate::sys::epoll::Epoll;
use crate::sys::poll::poll;
use crate::sys::signal;
use crate::sys::socket::Sock;
use std::thread;
use std::time::{Duration, Instant};

/// What the table says of a call that is not ended.
const WAITS: &str = "waits";

/// The time that is up, and that a call which waits is given to return.
const SHORT: Duration = Duration::from_millis(40);

/// Interrupts a call, which is not made again; and one that is, where it may be.
const INTERRUPTS: i32 = libc::SIGUSR1;
const RESTARTS: i32 = libc::SIGUSR2;

/// Has signals interrupt calls.
#[track_caller]
pub fn prepare() {
    ok("sigaction", signal::count(INTERRUPTS, 0));
    ok("sigaction", signal::count(RESTARTS, libc::SA_RESTART));
}

/// Of a row's words: the call, and what is to end it.
fn parts(call: &str) -> (Vec<&str>, &str) {
    let mut words: Vec<&str> = call.split(' ').skip(1).collect();
    let end = words.pop().expect("wait CALL END");
    (words, end)
}

/// A call that was begun.
struct Waiting {
    call: Blocked<(Outcome, bool)>,
    number: Call,
    /// What was done to end it may have changed the socket.
    touched: bool,
}

impl Waiting {
    /// Makes the call; it sleeps or is over.
    #[track_caller]
    fn begin(sock: &Sock, words: &[&str], limit: Option<Duration>) -> Waiting {
        let number = match words[0] {
            "recv" => call::RECV,
            "recvmmsg" => call::RECVMMSG,
            "read" => libc::SYS_read,
            "send" => call::SEND,
            "sendmmsg" => call::SENDMMSG,
            "write" => libc::SYS_write,
            "poll" => call::POLL,
            "epoll" => call::EPOLL_WAIT,
            other => panic!("src/states/waits.rs does not know the call {other}"),
        };
        for option in [libc::SO_RCVTIMEO, libc::SO_SNDTIMEO] {
            let limit = limit.unwrap_or_default();
            ok("a time-out", sock.set_time_out(option, limit));
        }
        let sock = sock.clone();
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let call = Blocked::perhaps(number, move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let before = signal::counted_here(libc::SIGPIPE);
            let outcome = make(&sock, &words, limit);
            (outcome, signal::counted_here(libc::SIGPIPE) != before)
        });
        Waiting {
            call,
            number,
            touched: false,
        }
    }

    /// Does what is to end it.
    #[track_caller]
    fn act(&mut self, stage: &mut Stage, words: &[&str], end: &str) {
        match end {
            "time" => {}
            "signal" => self.call.signal(INTERRUPTS),
            "restart" | "timed-restart" => {
                let before = signal::counted(RESTARTS);
                self.call.signal(RESTARTS);
                wait_until("the handler ran", || signal::counted(RESTARTS) != before);
                self.call.sleeps_or_is_over(self.number);
                if !self.call.is_over() {
                    self.touched = true;
                    match words[0] {
                        "send" | "sendmmsg" | "write" => stage.peer_reads(),
                        _ => stage.peer_sends(&frame(1, 60)),
                    }
                }
            }
            end => {
                self.touched = true;
                match end {
                    "peer-sends" => stage.peer_sends(&frame(1, 60)),
                    "peer-reads" => stage.peer_reads(),
                    "peer-leaves" => stage.peer_leaves(),
                    "end" => stage.end(),
                    "shutdown" => {
                        let how = match words {
                            ["send" | "sendmmsg" | "write", ..] | [_, "OUT"] => libc::SHUT_WR,
                            _ => libc::SHUT_RD,
                        };
                        // Without a port of AF_UNIX there is nothing to shut.
                        let _ = stage.sock.shutdown(how);
                    }
                    other => panic!("src/states/waits.rs does not know the end {other}"),
                }
            }
        }
    }

    /// What it has answered, and whether the socket is another than before.
    #[track_caller]
    fn answer(self) -> (String, bool) {
        let begin = Instant::now();
        while !self.call.is_over() {
            if begin.elapsed() > soon() {
                return self.late_answer();
            }
            thread::sleep(Duration::from_millis(1));
        }
        let touched = self.touched;
        let (outcome, pipe) = self.call.wakes();
        let (mut answer, changes) = match outcome {
            Ok(done) => done,
            Err(error) => failed(&error),
        };
        if pipe {
            answer += "+SIGPIPE";
        }
        (answer, changes || touched)
    }

    /// The same of one that perhaps waits still, and is to end.
    #[track_caller]
    fn late_answer(self) -> (String, bool) {
        if self.call.is_over() {
            return self.answer();
        }
        self.call.signal(INTERRUPTS);
        let (_, changes) = self.answer();
        (WAITS.into(), changes)
    }
}

/// The calls.
fn make(sock: &Sock, words: &[&str], limit: Option<Duration>) -> Outcome {
    let limit = limit.map_or(-1, |limit| limit.as_millis() as i32);
    match words {
        ["recv", len] => did(sock.recv(&mut bytes(len), 0)?),
        ["read", len] => did(sock.read(&mut bytes(len))?),
        ["recvmmsg", count] => did(sock
            .recvmmsg(num(count) as usize, 64, libc::MSG_WAITFORONE, None)?
            .len()),
        ["send", len] => did(sock.send(&bytes(len), 0)?),
        ["write", len] => did(sock.write(&bytes(len))?),
        ["sendmmsg", count] => did(sock.sendmmsg(&vec![&b"x"[..]; num(count) as usize], 0)?),
        ["poll", asked] => looked(told(i32::from(poll(sock, events(asked) as i16, limit)?))),
        ["epoll", asked] => {
            let epoll = Epoll::new()?;
            epoll.add(sock, events(asked), 0)?;
            looked(told(
                epoll.wait(limit)?.first().map_or(0, |(found, _)| *found),
            ))
        }
        other => panic!(
            "src/states/waits.rs does not know the call {}",
            other.join(" ")
        ),
    }
}

/// Makes a call on each of these sockets, those that are to wait at the same time.
pub fn answers<'a>(stages: &mut Stages, call: &str, cells: Vec<Cell<'a>>) -> Vec<Cell<'a>> {
    let (words, end) = parts(call);
    let limit = match end {
        "time" => Some(SHORT),
        "timed-restart" => Some(10 * soon()),
        _ => None,
    };
    let (mut answered, mut left) = (Vec::new(), Vec::new());
    for mut cell in cells {
        let mut stage = stages.take(&cell);
        if end.starts_with("peer") || end.ends_with("restart") {
            stage.find_peer();
        }
        let mut waiting = Waiting::begin(&stage.sock, &words, limit);
        if !waiting.call.is_over() {
            waiting.act(&mut stage, &words, end);
        }
        let is_late = end == "time" || [WAITS, ""].contains(&cell.wanted);
        if is_late && !waiting.call.is_over() {
            left.push((cell, stage, waiting));
            continue;
        }
        let (answer, changes) = waiting.answer();
        cell.got = answer;
        stages.put_back(&cell, stage, changes);
        answered.push(cell);
    }
    if !left.is_empty() {
        thread::sleep(patience(SHORT));
    }
    for (mut cell, stage, waiting) in left {
        let (answer, changes) = match end {
            "time" => waiting.answer(),
            _ => waiting.late_answer(),
        };
        cell.got = answer;
        stages.put_back(&cell, stage, changes);
        answered.push(cell);
    }
    amounts::add(Answers, answered.len() as u64);
    answered
}
