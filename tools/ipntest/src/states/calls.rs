// SPDX-License-Identifier: GPL-2.0
//! The table's calls, made.

use super::messages::{receive, send};
use super::settings::{get, ioctl, set};
use super::stage::Stage;
use crate::abi::*;
use crate::errno::describe;
use crate::lab::runner::directory;
use crate::sys::epoll::Epoll;
use crate::sys::mapping::Area;
use crate::sys::memory::PAGE;
use crate::sys::poll::{poll, select, Selected};
use crate::sys::process::process_id;
use crate::sys::signal;
use crate::sys::socket::{socketpair, Addr, Name, Sock};
use ipntest::table::numbers::number;
use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

/// What became of a call.
pub struct Done {
    /// As the table has it.
    pub answer: String,
    /// The socket is not as it was.
    pub changes: bool,
}

/// What a call answers: text, and whether it has changed the socket.
pub type Outcome = io::Result<(String, bool)>;

/// Makes a call of the table.
pub fn call(stage: &Stage, call: &str) -> Done {
    let before = signal::counted(libc::SIGPIPE);
    let words: Vec<&str> = call.split(' ').collect();
    let outcome = make(stage, &words);
    let (mut answer, changes) = match outcome {
        Ok(done) => done,
        Err(error) => failed(&error),
    };
    if signal::counted(libc::SIGPIPE) != before {
        answer += "+SIGPIPE";
    }
    Done { answer, changes }
}

/// What an error is in the table, and whether it has changed something: that messages were missed is told once.
pub fn failed(error: &io::Error) -> (String, bool) {
    let is_told = error.raw_os_error() == Some(libc::ECONNRESET);
    (describe(error), is_told)
}

/// A call that looks only.
pub fn looked(answer: impl ToString) -> Outcome {
    Ok((answer.to_string(), false))
}

/// One that changed something.
pub fn did(answer: impl ToString) -> Outcome {
    Ok((answer.to_string(), true))
}

#[track_caller]
pub fn num(word: &str) -> i64 {
    number(word).unwrap_or_else(|| panic!("no number in the table: {word}"))
}

fn make(stage: &Stage, words: &[&str]) -> Outcome {
    match words {
        ["poll" | "select" | "epoll", ..] => wait(stage, words),
        ["send" | "sendto" | "sendmsg" | "sendmmsg" | "write" | "writev" | "pwrite" | "sendfile"
        | "splice-to", ..] => send(stage, words),
        ["recv" | "recvmsg" | "recvmmsg" | "read" | "readv" | "pread" | "splice-from", ..] => {
            receive(stage, words)
        }
        ["getsockopt", option, rest @ ..] => get(&stage.sock, option, rest),
        ["setsockopt", option, rest @ ..] => set(&stage.sock, option, rest),
        ["ioctl", request, rest @ ..] => ioctl(stage, request, rest),
        ["mmap", part, rest @ ..] => map(&stage.sock, part, rest),
        _ => manage(stage, words),
    }
}

/// Names, directions, and what is said of descriptors.
fn manage(stage: &Stage, words: &[&str]) -> Outcome {
    let sock = &stage.sock;
    let file = || io::Result::Ok(File::from(sock.as_fd().try_clone_to_owned()?));
    match words {
        ["bind", name] => sock.bind(&address(stage, name)).and_then(|()| did(0)),
        ["connect", name] => sock.connect(&address(stage, name)).and_then(|()| did(0)),
        ["listen"] => sock.listen().and_then(|()| did(0)),
        // It would wait.
        ["accept"] => {
            sock.set_status_flag(libc::O_NONBLOCK, true)?;
            let accepted = sock.accept();
            sock.set_status_flag(libc::O_NONBLOCK, false)?;
            accepted.and_then(|_| did(0))
        }
        ["socketpair"] => {
            let family = sock.get_int(libc::SOL_SOCKET, libc::SO_DOMAIN)?;
            socketpair(family, libc::SOCK_SEQPACKET, 0).and_then(|_| looked(0))
        }
        ["getsockname", len] => looked(name(stage, &sock.name(num(len) as u32)?, num(len))),
        ["getpeername", len] => looked(name(stage, &sock.peer_name(num(len) as u32)?, num(len))),
        ["shutdown", how] => sock.shutdown(num(how) as i32).and_then(|()| did(0)),
        ["fcntl", "F_SETOWN"] => sock.fcntl(libc::F_SETOWN, process_id()).and_then(did),
        ["fcntl", "F_GETOWN"] => sock.fcntl(libc::F_GETOWN, 0).and_then(looked),
        ["fcntl", flag @ ("O_NONBLOCK" | "O_ASYNC" | "O_APPEND" | "O_DIRECT")] => {
            let flag = match *flag {
                "O_NONBLOCK" => libc::O_NONBLOCK,
                "O_ASYNC" => libc::O_ASYNC,
                "O_APPEND" => libc::O_APPEND,
                _ => libc::O_DIRECT,
            };
            sock.set_status_flag(flag, true).and_then(|()| did(0))
        }
        ["lseek"] => file()?.rewind().and_then(|()| did(0)),
        ["ftruncate"] => file()?.set_len(0).and_then(|()| did(0)),
        ["fsync"] => file()?.sync_all().and_then(|()| looked(0)),
        ["fchown"] => sock.fchown(0, 0).and_then(|()| did(0)),
        other => panic!(
            "src/states/calls.rs does not know the call {}",
            other.join(" ")
        ),
    }
}

/// An address by what it stands for.
pub fn address(stage: &Stage, name: &str) -> Addr {
    let of = |path: &Path| {
        let family = stage.sock.get_int(libc::SOL_SOCKET, libc::SO_DOMAIN);
        Addr::of(path).with_family(family.unwrap_or(AF_IPN))
    };
    match name {
        "own" => stage.own.clone(),
        "none" => of(&stage.path.with_extension("none")),
        "directory" => of(directory()),
        "null" => Addr::null(0),
        "nowhere" => Addr::null(110),
        "family" => stage.own.clone().with_family(libc::AF_INET),
        "short" => stage.own.clone().with_len(1),
        "pathless" => stage.own.clone().with_len(2),
        "long" => stage.own.clone().with_len(111),
        "longer" => stage.own.clone().with_len(129),
        other => panic!("src/states/calls.rs does not know the address {other}"),
    }
}

/// What an address is: that of the stage, whole or as much as there was room for, or none.
fn name(stage: &Stage, name: &Name, room: i64) -> &'static str {
    let own = stage.path.as_os_str().as_bytes();
    match name.path.as_slice() {
        _ if (name.len as i64) > room => "cut",
        path if path == own => "own",
        [] => "none",
        _ => "another",
    }
}

/// What `poll` and its kin tell.
const EVENTS: [(&str, i32); 9] = [
    ("IN", libc::EPOLLIN),
    ("PRI", libc::EPOLLPRI),
    ("OUT", libc::EPOLLOUT),
    ("ERR", libc::EPOLLERR),
    ("HUP", libc::EPOLLHUP),
    ("RDNORM", libc::EPOLLRDNORM),
    ("RDBAND", libc::EPOLLRDBAND),
    ("WRNORM", libc::EPOLLWRNORM),
    ("RDHUP", libc::EPOLLRDHUP),
];

/// Events that are asked for.
pub fn events(word: &str) -> i32 {
    word.split('|').fold(0, |events, name| match name {
        "ALL" => events | EVENTS.iter().fold(0, |all, (_, bit)| all | bit),
        "0" => events,
        "ET" => events | libc::EPOLLET,
        "ONESHOT" => events | libc::EPOLLONESHOT,
        "EXCLUSIVE" => events | libc::EPOLLEXCLUSIVE,
        name => match EVENTS.iter().find(|(known, _)| *known == name) {
            Some((_, bit)) => events | bit,
            None => panic!("src/states/calls.rs does not know the event {name}"),
        },
    })
}

/// Events that came.
pub fn told(events: i32) -> String {
    let came = EVENTS.iter().filter(|(_, bit)| events & bit != 0);
    let names: Vec<_> = came.map(|(name, _)| *name).collect();
    match names.join("|") {
        none if none.is_empty() => "0".into(),
        some => some,
    }
}

/// What `poll` and its kin say at once.
fn wait(stage: &Stage, words: &[&str]) -> Outcome {
    match words {
        ["poll", asked] => looked(told(i32::from(poll(&stage.sock, events(asked) as i16, 0)?))),
        ["select"] => {
            let all = Selected {
                read: true,
                write: true,
                except: true,
            };
            let found = select(&stage.sock, all, Duration::ZERO)?;
            let sets = [
                ("read", found.read),
                ("write", found.write),
                ("except", found.except),
            ];
            let names = sets
                .iter()
                .filter(|(_, found)| *found)
                .map(|(name, _)| *name);
            looked(match names.collect::<Vec<_>>().join("|") {
                none if none.is_empty() => "0".into(),
                some => some,
            })
        }
        ["epoll", asked] => {
            let epoll = Epoll::new()?;
            epoll.add(&stage.sock, events(asked), 0)?;
            looked(told(epoll.wait(0)?.first().map_or(0, |(came, _)| *came)))
        }
        other => panic!(
            "src/states/calls.rs does not know the call {}",
            other.join(" ")
        ),
    }
}

/// A socket is mapped.
fn map(sock: &Sock, part: &str, how: &[&str]) -> Outcome {
    let offset = match part {
        "ring" => IPN_MAP_RING,
        "cursor" => IPN_MAP_CURSOR,
        "written" => IPN_MAP_WRITER,
        other => num(other),
    };
    let [access, kind, len] = how else {
        panic!("mmap PART ACCESS KIND LENGTH");
    };
    let access = access.chars().fold(0, |access, letter| {
        access
            | match letter {
                'r' => libc::PROT_READ,
                'w' => libc::PROT_WRITE,
                'x' => libc::PROT_EXEC,
                _ => libc::PROT_NONE,
            }
    });
    let kind = match *kind {
        "private" => libc::MAP_PRIVATE,
        _ => libc::MAP_SHARED,
    };
    // An index and bytes behind a page, as the ring says of itself.
    let pool = sock.get(IPN_SO_MSGPOOLSIZE).unwrap_or(0) as usize;
    let (places, bytes) = match sock.get(IPN_SO_BYTES) {
        Ok(bytes) if bytes > 0 => (bytes as usize / 128, bytes as usize),
        _ => (pool, (pool + 1) * 1520),
    };
    let most = places + places / 32;
    // A reliable bus keeps a sequence of each message besides.
    let flags = sock.get(IPN_SO_FLAGS).unwrap_or(0);
    let place = match flags & IPN_FLAG_RELIABLE {
        0 => 32,
        _ => 32 + 48,
    };
    let whole = (PAGE + most * place + bytes).next_multiple_of(PAGE);
    let len = match *len {
        "whole" => whole,
        "beyond" => whole + 1,
        other => num(other) as usize,
    };
    Area::map(sock, len, access, kind, offset).and_then(|_| did(0))
}
