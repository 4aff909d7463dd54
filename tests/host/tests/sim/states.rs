// SPDX-License-Identifier: GPL-2.0

//! The table's calls, made: whatever there is here of them answers as the table says.

use crate::{
    abi::uapi::*,
    caller::{address, Socket},
    chaos,
    rust::{
        fs::path,
        mm::mmap::NewMapping,
        net::{
            family::Family,
            message::{Flags, Got, Incoming, Outgoing},
            socket::events,
        },
        task::current as task,
    },
    socket::Endpoint,
    stage::{self, OWN, STATES},
    table,
    world::IPN_TERMINATE,
};
use kernel::prelude::*;

macro_rules! names {
    ($($name:ident)*) => { &[$((stringify!($name), $name)),*] };
}

const OPTIONS: &[(&str, u32)] = names!(
    IPN_SO_PORT IPN_SO_DESCR IPN_SO_CHANGE_NUMNODES IPN_SO_HANDLE_OOB IPN_SO_WANT_OOB_NUMNODES
    IPN_SO_CREATOR IPN_SO_FILE IPN_SO_RECORDS IPN_SO_STATISTICS IPN_SO_SENDER IPN_SO_OBSERVE
    IPN_SO_HISTORY IPN_SO_SINCE IPN_SO_SEQUENCE IPN_SO_SKIP IPN_SO_WINDOW IPN_SO_RATE IPN_SO_MTU
    IPN_SO_NUMNODES IPN_SO_MSGPOOLSIZE IPN_SO_FLAGS IPN_SO_MODE IPN_SO_BYTES
);

/// A number: as it is, or hexadecimal or octal.
fn number(word: &str) -> i64 {
    match (word.strip_prefix("0x"), word.strip_prefix("0o")) {
        (Some(digits), _) => i64::from_str_radix(digits, 16).unwrap(),
        (_, Some(digits)) => i64::from_str_radix(digits, 8).unwrap(),
        _ => word.parse().unwrap(),
    }
}

/// Level and number of an option of the family, or of none.
fn option(word: &str) -> Option<(i32, u32)> {
    match word.split_once(':') {
        // There are other policies than in the guest.
        Some(("2" | "3", _)) => None,
        Some((level, option)) => Some((number(level) as i32, number(option) as u32)),
        None => {
            let found = OPTIONS.iter().find(|(name, _)| *name == word);
            found.map(|(_, option)| (0, *option))
        }
    }
}

fn flags(word: &str) -> u32 {
    let bit = |name| match name {
        "-" => 0,
        "DONTWAIT" => Flags::DONTWAIT,
        "NOSIGNAL" => Flags::NOSIGNAL,
        "TRUNC" => Flags::TRUNC,
        "PEEK" => Flags::PEEK,
        other => panic!("states.rs does not know the flag {other}"),
    };
    word.split('|').fold(0, |flags, name| flags | bit(name))
}

/// Of flags by their numbers, those whose bits stand for nothing else here.
fn flag(number: &str) -> Option<u32> {
    let bit = 1 << number.parse::<u32>().unwrap();
    (bit & (Flags::TO | Flags::CONTROL) == 0).then_some(bit | Flags::DONTWAIT)
}

/// An address by what it stands for.
fn name(word: &str) -> Option<Vec<u8>> {
    let own = address(OWN);
    Some(match word {
        "own" => own,
        "none" => address("/none"),
        "directory" => address("/file"),
        "null" => Vec::new(),
        "family" => [&2_u16.to_ne_bytes()[..], &own[2..]].concat(),
        "short" => own[..1].to_vec(),
        "pathless" => own[..2].to_vec(),
        "long" => [own, vec![b'x'; 111]].concat()[..111].to_vec(),
        // What lies nowhere, or is too long for any family, does not come as far as this.
        _ => return None,
    })
}

/// What a call answers, in the table's words, and whether the socket is another than before.
type Outcome = Result<(String, bool)>;

fn did(answer: impl ToString) -> Option<Outcome> {
    Some(Ok((answer.to_string(), true)))
}

fn looked(answer: impl ToString) -> Option<Outcome> {
    Some(Ok((answer.to_string(), false)))
}

/// Sends so many bytes.
fn send(sock: &Socket, len: i64, flags: u32) -> Option<Outcome> {
    let bytes = vec![b'x'; len as usize];
    let message = Outgoing::new(&bytes, flags);
    let sent = task::call(|| Endpoint::send(sock.sock(), message));
    match sent {
        Ok(len) => did(len),
        Err(error) => Some(Err(error)),
    }
}

/// Receives; `tells` has what came beside the message.
fn receive(sock: &Socket, room: i64, flags: u32, tells: bool) -> Option<Outcome> {
    let mut got = Got::default();
    let place = Incoming::new(&mut got, room as usize, flags);
    let len = match task::call(|| Endpoint::receive(sock.sock(), place)) {
        Ok(len) => len,
        Err(error) => return Some(Err(error)),
    };
    let mut answer = len.to_string();
    let beside = [
        (got.end_of_record, "+EOR"),
        (got.truncated, "+TRUNC"),
        (got.out_of_band, "+OOB"),
    ];
    for (_, name) in beside.iter().filter(|(is_so, _)| tells && *is_so) {
        answer += name;
    }
    did(answer)
}

/// Waits for nothing.
fn poll(sock: &Socket, asked: &str) -> Option<Outcome> {
    const EVENTS: [(&str, u32); 5] = [
        ("IN", events::IN),
        ("PRI", events::PRI),
        ("OUT", events::OUT),
        ("HUP", events::HUP),
        ("RDHUP", events::RDHUP),
    ];
    let ready = sock.poll();
    let asks = |name: &str| ["ALL", name].contains(&asked) || name == "HUP";
    let told = EVENTS
        .iter()
        .filter(|(name, bit)| asks(name) && ready & bit != 0);
    let names: Vec<_> = told.map(|(name, _)| *name).collect();
    looked(match names.as_slice() {
        [] => "0".to_owned(),
        names => names.join("|"),
    })
}

/// The table's word for an answer, without what only the kernel's generic code adds.
fn plain(answer: &str) -> String {
    let words = answer.split('|');
    let own: Vec<_> = words.filter(|word| !word.ends_with("NORM")).collect();
    own.join("|")
}

fn get(sock: &Socket, word: &str, room: i64) -> Option<Outcome> {
    let (level, option) = option(word)?;
    let value = match sock.get_bytes(level, option, usize::try_from(room).ok()?) {
        Ok(value) => value,
        Err(errno) => return Some(Err(Error::from_errno(-errno))),
    };
    looked(match <[u8; 4]>::try_from(value.as_slice()) {
        Ok(bytes) if word != "IPN_SO_FILE" => match (word, i32::from_ne_bytes(bytes)) {
            ("IPN_SO_MODE", mode) => format!("{mode:#o}"),
            ("IPN_SO_FLAGS", flags) => format!("{flags:#x}"),
            (_, value) => value.to_string(),
        },
        _ => format!("{}B", value.len()),
    })
}

fn set(sock: &Socket, word: &str, how: &[&str]) -> Option<Outcome> {
    let (level, option) = option(word)?;
    let value = match how {
        ["len", len] => {
            let mut value = 1_i32.to_ne_bytes().to_vec();
            value.resize(number(len) as usize, 0);
            value
        }
        ["text", len] => vec![b'x'; number(len) as usize],
        // There are no more than 64 ports here.
        ["4095" | "4096"] if word.ends_with("NUMNODES") || word == "IPN_SO_PORT" => return None,
        [value] if *value != "nowhere" => (number(value) as i32).to_ne_bytes().to_vec(),
        _ => return None,
    };
    result(sock.set_bytes(level, option, &value))
}

/// Of a call that returns 0.
fn result(result: core::result::Result<(), i32>) -> Option<Outcome> {
    Some(match result {
        Ok(()) => Ok(("0".into(), true)),
        Err(errno) => Err(Error::from_errno(-errno)),
    })
}

fn request(sock: &Socket, word: &str, how: &[&str]) -> Option<Outcome> {
    const CHECK: u32 = ((b'I' as u32) << 8) | 199;
    let (number, argument) = match (word, how) {
        ("IPN_CHECK", []) => (CHECK, false),
        ("IPN_TERMINATE", ["do"]) => (IPN_TERMINATE, false),
        ("FIONREAD", ["int"]) => (0x541b, true),
        // What the generic code knows of does not come as far as this, and there are no devices.
        (word, []) if word.starts_with(|c: char| c.is_ascii_digit()) => {
            (number(word) as u32, false)
        }
        _ => return None,
    };
    match sock.request(number, 0) {
        Ok(_) if argument => looked(task::with(|task| task.number.get())),
        Ok(0) => did(0),
        Ok(_) => looked(word),
        Err(errno) => Some(Err(Error::from_errno(-errno))),
    }
}

/// A socket is mapped. Whether it may be written or run is asked of the kernel's area.
fn map(sock: &Socket, part: &str, how: &[&str]) -> Option<Outcome> {
    let offset = match part {
        "ring" => IPN_MAP_RING,
        "cursor" => IPN_MAP_CURSOR,
        "written" => IPN_MAP_WRITER,
        _ => return None,
    };
    let mut mapping = NewMapping::new(offset);
    match how {
        ["r" | "-", "shared", "4096"] if part == "ring" => {}
        ["rw", "shared", "4096"] if part != "ring" => {}
        ["r", "private", "4096"] if part == "ring" => mapping.shared = false,
        ["r", "shared", "beyond"] if part == "ring" => mapping.too_long = true,
        _ => return None,
    }
    match Endpoint::map(sock.sock(), &mapping) {
        Ok(()) => did(0),
        Err(error) => Some(Err(error)),
    }
}

/// Makes a call; none: there is no such call here.
fn make(sock: &Socket, call: &str) -> Option<Outcome> {
    let words: Vec<&str> = call.split(' ').collect();
    match words.as_slice() {
        ["send", "flag", bit] => send(sock, 1, flag(bit)?),
        ["send", "nowhere"] | ["recv", "nowhere"] => None,
        ["send", len, bits] => send(sock, number(len), flags(bits)),
        ["sendto", "null"] => send(sock, 1, Flags::DONTWAIT),
        ["sendto", "own" | "none"] => send(sock, 1, Flags::DONTWAIT | Flags::TO),
        ["sendmsg", "parts", count @ ("0" | "1" | "3")] => {
            send(sock, number(count), Flags::DONTWAIT)
        }
        ["sendmsg", "control", ..] => send(sock, 1, Flags::DONTWAIT | Flags::CONTROL),
        ["recv", "flag", bit] => receive(sock, 4, flag(bit)?, false),
        ["recv", room, bits] => receive(sock, number(room), flags(bits), false),
        ["recvmsg", room, bits] => receive(sock, number(room), flags(bits), true),
        ["poll", asked] => poll(sock, asked),
        ["getsockopt", option, "len", room] => get(sock, option, number(room)),
        ["setsockopt", _, "length", ..] => None,
        ["setsockopt", option, how @ ..] => set(sock, option, how),
        ["ioctl", request_, how @ ..] => request(sock, request_, how),
        ["mmap", part, how @ ..] => map(sock, part, how),
        ["bind", word] => {
            let name = name(word)?;
            task::call(|| Endpoint::bind(sock.sock(), &name))
                .map_or_else(|error| Some(Err(error)), |()| did(0))
        }
        ["connect", word] => {
            let name = name(word)?;
            task::call(|| Endpoint::connect(sock.sock(), &name))
                .map_or_else(|error| Some(Err(error)), |()| did(0))
        }
        ["getsockname" | "getpeername", "128"] => match sock.name() {
            Ok(_) => looked("own"),
            Err(errno) => Some(Err(Error::from_errno(-errno))),
        },
        ["shutdown", how] => result(sock.shut(number(how) as i32)),
        _ => None,
    }
}

/// The same, in the table's words.
fn answer(sock: &Socket, call: &str) -> Option<(String, bool)> {
    task::with(|task| task.signals.set(0));
    let (mut answer, changes) = make(sock, call)?.unwrap_or_else(|error| {
        let errno = -error.to_errno();
        (table::errno::name(errno), false)
    });
    if task::with(|task| task.signals.get()) != 0 {
        answer += "+SIGPIPE";
    }
    Some((answer, changes))
}

/// Tries a state; how many calls there were is said.
fn try_state(state: &&'static str) {
    path::create_file(c"/file");
    let (mut stage, mut tried, mut wrong) = (None, 0, Vec::new());
    for call in table::calls() {
        let set = stage.get_or_insert_with(|| stage::set(state));
        let Some((got, changes)) = answer(&set.sock, call) else {
            continue;
        };
        tried += 1;
        let wanted = table::cell(call, state);
        if got != plain(wanted) {
            wrong.push(format!("{call}, {state}: {got}, the table has {wanted}"));
        }
        if changes {
            stage = None;
        }
    }
    drop(stage);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 300, "{state}: only {tried} calls are tried");
    println!("{state}: {tried} calls");
}

#[test]
fn every_call_in_every_state_answers_what_the_table_says() {
    let tried = STATES.map(|state| chaos::once(&state, try_state));
    let wrong: Vec<_> = tried.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
