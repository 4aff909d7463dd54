// SPDX-License-Identifier: GPL-2.0
//! The table's calls that read and set: options, and requests.

use super::calls::{did, looked, num, Outcome};
use super::stage::Stage;
use crate::abi::*;
use crate::sys::bpf;
use crate::sys::netdev::Request;
use crate::sys::socket::Sock;

/// Level and number of an option: a name, or both as "2:1".
fn option(word: &str) -> (i32, i32) {
    match word.split_once(':') {
        Some((level, option)) => (num(level) as i32, num(option) as i32),
        None if word.starts_with("SO_") => (libc::SOL_SOCKET, num(word) as i32),
        None => (LEVEL, num(word) as i32),
    }
}

/// Options whose four bytes are another number each time.
const VARYING: [&str; 3] = ["IPN_SO_FILE", "SO_INCOMING_CPU", "SO_PEERPIDFD"];

/// An option is read.
pub fn get(sock: &Sock, word: &str, how: &[&str]) -> Outcome {
    let (level, number) = option(word);
    let room = match how {
        ["nowhere"] => {
            return sock
                .getsockopt_to_nowhere(level, number, 128)
                .and_then(|()| looked(0))
        }
        ["len", len] => num(len) as u32,
        _ => 4,
    };
    let value = sock.getsockopt(level, number, room)?;
    looked(match <[u8; 4]>::try_from(value.as_slice()) {
        Ok(bytes) if !VARYING.contains(&word) => match (word, i32::from_ne_bytes(bytes)) {
            ("IPN_SO_MODE", mode) => format!("{mode:#o}"),
            ("IPN_SO_FLAGS", flags) => format!("{flags:#x}"),
            ("SO_DOMAIN", AF_IPN) => "AF_IPN".into(),
            ("SO_DOMAIN", libc::AF_UNIX) => "AF_UNIX".into(),
            (_, value) => value.to_string(),
        },
        _ => format!("{}B", value.len()),
    })
}

/// An option is set.
pub fn set(sock: &Sock, word: &str, how: &[&str]) -> Outcome {
    let (level, number) = option(word);
    let value = match how {
        ["nowhere"] => {
            return sock
                .setsockopt_at(level, number, 16, 4)
                .and_then(|()| did(0));
        }
        ["length", len] => {
            let value = 1_i32;
            let at = std::ptr::from_ref(&value) as usize;
            return sock
                .setsockopt_at(level, number, at, num(len) as u32)
                .and_then(|()| did(0));
        }
        ["refuse"] => return bpf::attach(sock, &[(0x06, 0, 0, 0)]).and_then(|()| did(0)),
        // One, with as many zeroes.
        ["len", len] => {
            let mut value = 1_i32.to_ne_bytes().to_vec();
            value.resize(num(len) as usize, 0);
            value
        }
        ["text", len] => vec![b'x'; num(len) as usize],
        [value] => (num(value) as i32).to_ne_bytes().to_vec(),
        other => panic!(
            "src/states/calls.rs does not know the value {}",
            other.join(" ")
        ),
    };
    let ask = || sock.getsockopt(level, number, value.len() as u32).ok();
    let before = ask();
    sock.setsockopt(level, number, &value)?;
    // Where the option is all that has changed and can be put back, the socket is as it was, and need not
    // be made again, which takes long with a device. Those for out-of-band messages drop what waits.
    let back = before.as_ref().is_some_and(|before| {
        !word.ends_with("OOB")
            && !word.ends_with("OOB_NUMNODES")
            && sock.setsockopt(level, number, before).is_ok()
    });
    Ok(("0".into(), !back || ask() != before))
}

/// A request.
pub fn ioctl(stage: &Stage, word: &str, how: &[&str]) -> Outcome {
    let sock = &stage.sock;
    let request = num(word) as Ioctl;
    let of_device = |name: &str, flags: u16| {
        let name = match name {
            "own" => stage.device.as_str(),
            "new" => "new%d",
            "missing" => "missing",
            "empty" => "",
            "wrong" => "a/b",
            other => panic!("src/states/calls.rs does not know the device {other}"),
        };
        let mut about = Request::of(name).with_flags(flags);
        sock.request(request, &mut about)
    };
    match how {
        [] => sock.ioctl(request).and_then(|answer| {
            looked(if i64::from(answer) == num("IPN_CHECK") {
                word.into()
            } else {
                answer.to_string()
            })
        }),
        ["do"] => sock.ioctl(request).and_then(did),
        ["int"] => sock.ioctl_int(request).and_then(looked),
        // How much memory that is, is the kernel's affair.
        ["any"] => looked(if sock.ioctl_int(request)? == 0 {
            "0"
        } else {
            "some"
        }),
        ["nowhere"] => sock.ioctl_number(request, 16).and_then(|()| did(0)),
        ["on"] => {
            // FIONBIO and its like read an int: the memory of a request is a one.
            let mut one = Request::default();
            one.name[0] = 1;
            sock.request(request, &mut one).and_then(|()| did(0))
        }
        ["number", argument] => sock
            .ioctl_number(request, num(argument) as usize)
            .and_then(|()| did(0)),
        ["device", name, bits] => {
            let bits = match *bits {
                "TAP" => IPN_NODEFLAG_TAP,
                "RAW" => IPN_NODEFLAG_TAP | IPN_NODEFLAG_RAW,
                "GRAB" => IPN_NODEFLAG_GRAB,
                "BOTH" => IPN_NODEFLAG_TAP | IPN_NODEFLAG_GRAB,
                _ => 0,
            };
            of_device(name, bits).and_then(|()| did(0))
        }
        ["station", kind] => {
            let station = match *kind {
                "group" => [3, 0, 0, 0, 0, 9],
                "zero" => [0; 6],
                _ => [2, 0, 0, 0, 0, 9],
            };
            let mut about = Request::default().with_address(station);
            sock.request(request, &mut about).and_then(|()| did(0))
        }
        other => panic!(
            "src/states/calls.rs does not know the argument {}",
            other.join(" ")
        ),
    }
}
