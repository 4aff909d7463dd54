// SPDX-License-Identifier: GPL-2.0
//! Sends and receives a message in one of many ways.

use crate::outcome::{Answer, Beside, Message, Told};
use crate::program::{Control, Memory, Receiver, Sender, ORIGIN};
use ipntest::abi::{IPN_SO_GAPS, IPN_SO_ORIGIN, IPN_SO_SEQUENCE, LEVEL};
use ipntest::sys::late::Late;
use ipntest::sys::memory::{Pages, PAGE};
use ipntest::sys::message::{self, Received};
use ipntest::sys::process;
use ipntest::sys::socket::Sock;
use std::fs::File;
use std::io::{self, Write};

/// The most bytes that memory of a fixed size is used for.
const FEW: usize = 2000;

/// Sends bytes.
pub fn send(sock: &Sock, by: &Sender, bytes: &[u8], flags: i32) -> io::Result<Answer> {
    let sent = match by {
        Sender::Send => sock.send(bytes, flags)?,
        Sender::Write => sock.write(bytes)?,
        Sender::To(address) => sock.sendto(bytes, flags, &address.to_addr())?,
        Sender::Message(parts, control) => {
            let parts: Vec<&[u8]> = match parts {
                0 if bytes.is_empty() => Vec::new(),
                0 | 1 => vec![bytes],
                parts => bytes
                    .chunks(bytes.len().div_ceil((*parts).into()).max(1))
                    .collect(),
            };
            sock.sendmsg_bytes(&parts, &control_bytes(*control), None, flags)?
        }
        Sender::Many(count) => sock.sendmmsg(&vec![bytes; (*count).into()], flags)?,
        Sender::From(memory) => {
            let (pages, at, len) = place(*memory, bytes.len())?;
            let address = match &pages {
                Place::Nowhere => 16,
                Place::Pages(pages) => pages.address(at),
                Place::Late(late) => late.absent().address(),
            };
            sock.send_at(address, len, flags)?
        }
        // Not from memory of ours.
        Sender::Mapped(..) => 0,
        Sender::File => {
            let mut file = File::options()
                .read(true)
                .write(true)
                .create(true)
                .truncate(true)
                .open("data")?;
            file.write_all(bytes)?;
            sock.sendfile(&file, bytes.len())?
        }
    };
    Ok(Answer::number(sent))
}

fn control_bytes(control: Control) -> Vec<u8> {
    let header = |len: u64, level: i32, kind: i32| {
        [
            &len.to_ne_bytes()[..],
            &level.to_ne_bytes(),
            &kind.to_ne_bytes(),
            &[0; 8],
        ]
        .concat()
    };
    match control {
        Control::None => Vec::new(),
        Control::Rights => header(20, libc::SOL_SOCKET, libc::SCM_RIGHTS),
        Control::Unknown => header(20, 77, 5),
        Control::Origin(byte) => {
            let mut bytes = header(40, LEVEL, IPN_SO_ORIGIN);
            bytes.truncate(16);
            bytes.resize(16 + ORIGIN, byte);
            bytes
        }
        Control::Cut => header(7, libc::SOL_SOCKET, libc::SCM_RIGHTS)[..9].to_vec(),
    }
}

/// Where a message lies, or is to lie.
enum Place {
    Nowhere,
    Pages(Pages),
    Late(Late),
}

/// Memory for so many bytes, where in it, and how many bytes are asked for.
fn place(memory: Memory, len: usize) -> io::Result<(Place, usize, usize)> {
    Ok(match memory {
        Memory::Nowhere => (Place::Nowhere, 0, len.min(FEW)),
        Memory::Fresh => (Place::Pages(Pages::fresh(len.div_ceil(PAGE) + 1)?), 0, len),
        Memory::Cut => {
            // The half of it lies before a page that may not be touched.
            let before = (len / 2).div_ceil(PAGE);
            let pages = Pages::fresh(2 * before + 1)?;
            pages.forbid(before)?;
            (Place::Pages(pages), before * PAGE - len / 2, len)
        }
        Memory::Late => {
            // Not everybody may have the kernel wait.
            let place = Late::page().map(Place::Late);
            let place = place.or_else(|_| Pages::fresh(1).map(Place::Pages))?;
            (place, 0, len.min(FEW))
        }
    })
}

/// Receives into so much room.
pub fn receive(sock: &Sock, by: &Receiver, room: usize, flags: i32) -> io::Result<Answer> {
    let messages = match by {
        // Not into memory of ours.
        Receiver::Mapped(_) => Vec::new(),
        Receiver::Recv => {
            let mut buffer = vec![0; room];
            let len = sock.recv(&mut buffer, flags)?;
            vec![plain(len, buffer)]
        }
        Receiver::Read => {
            let mut buffer = vec![0; room];
            let len = sock.read(&mut buffer)?;
            vec![plain(len, buffer)]
        }
        Receiver::Message(parts, control) => {
            let rooms: Vec<usize> = match *parts {
                0 | 1 => vec![room],
                parts => {
                    let each = room / usize::from(parts);
                    let mut rooms = vec![each; usize::from(parts) - 1];
                    rooms.push(room - each * rooms.len());
                    rooms
                }
            };
            vec![whole(sock.recvmsg_parts(
                &rooms,
                (*control).into(),
                flags,
            )?)]
        }
        Receiver::Many(count) => {
            let got = sock.recvmmsg((*count).into(), room, flags, None)?;
            got.into_iter().map(whole).collect()
        }
        Receiver::Into(memory) => {
            let (pages, at, len) = place(*memory, room)?;
            let got = match pages {
                Place::Nowhere => sock.recv_to_nowhere(len, flags)?,
                Place::Pages(mut pages) => pages.recv(sock, at, len, flags)?,
                Place::Late(late) => late.absent().recv(sock, len, flags)?,
            };
            return Ok(Answer::number(got));
        }
        Receiver::Splice => {
            let (out, into) = process::pipe()?;
            let got = sock.splice_to(&into, room)?;
            drop(out);
            return Ok(Answer::number(got));
        }
    };
    Ok(Answer {
        messages,
        ..Answer::default()
    })
}

fn plain(len: usize, mut data: Vec<u8>) -> Message {
    data.truncate(len);
    Message {
        len,
        data,
        beside: None,
    }
}

fn whole(got: Received) -> Message {
    let missed = got.control(libc::SOL_SOCKET, libc::SO_RXQ_OVFL);
    let missed =
        missed.and_then(|told| Some(u32::from_ne_bytes(told.data.as_slice().try_into().ok()?)));
    let gaps = got.control(LEVEL, IPN_SO_GAPS);
    let gaps = gaps.map_or(Vec::new(), |gaps| gaps_of(&gaps.data));
    let told = got.control(LEVEL, IPN_SO_SEQUENCE);
    let told = told.and_then(|told| told_of(&told.data));
    // Whatever the kernel may have passed is closed here.
    drop(got.rights());
    Message {
        len: got.len,
        data: got.data,
        beside: Some(Beside {
            flags: got.flags,
            missed,
            gaps: Some(gaps),
            told,
        }),
    }
}

/// The ports of some `struct ipn_gap`, and how many messages were lost of each.
fn gaps_of(bytes: &[u8]) -> Vec<(u32, u64)> {
    let gap = |bytes: &[u8]| {
        let (lost, rest) = bytes.split_first_chunk()?;
        let port = rest.first_chunk()?;
        Some((u32::from_ne_bytes(*port), u64::from_ne_bytes(*lost)))
    };
    bytes.chunks(16).filter_map(gap).collect()
}

/// What a `struct ipn_sequence` says.
fn told_of(bytes: &[u8]) -> Option<Told> {
    let word = |at: usize| Some(u64::from_ne_bytes(*bytes.get(at..)?.first_chunk()?));
    Some(Told {
        sequence: word(0)?,
        skipped: word(16)?,
        origin: bytes.get(24..)?.try_into().ok()?,
    })
}

/// Whether control messages fit that tell of gaps, of a few ports.
pub fn tells_gaps(by: &Receiver) -> bool {
    match by {
        Receiver::Message(_, control) => usize::from(*control) >= GAPS_ROOM,
        Receiver::Many(_) => true,
        _ => false,
    }
}

/// What of a loss, of a sender, of a sequence, and of six gaps takes.
const GAPS_ROOM: usize = 24 + 40 + 64 + 16 + 6 * 16;

/// Whether control messages fit that tell of a loss.
pub fn tells_loss(by: &Receiver) -> bool {
    match by {
        Receiver::Message(_, control) => usize::from(*control) >= message::LOSS_ROOM,
        Receiver::Many(_) => true,
        _ => false,
    }
}
