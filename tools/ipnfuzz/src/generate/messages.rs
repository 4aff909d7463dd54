// SPDX-License-Identifier: GPL-2.0
//! Calls that send and receive.

use super::{any_slot, Theme};
use crate::program::{Call, Control, Data, Receiver, Sender, Slot};
use crate::values::*;
use fastrand::Rng;

/// One that sends.
pub fn send(rng: &mut Rng, theme: Theme, sock: Slot) -> Call {
    let frames = match theme {
        Theme::Model | Theme::Hub => once_in(rng, 9),
        Theme::Switch | Theme::Devices => !once_in(rng, 9),
    };
    let by = match rng.u32(0..14) {
        0 => Sender::Write,
        1 => Sender::To(address(rng)),
        2 => Sender::Message(rng.u8(0..5), control(rng)),
        3..5 => Sender::Many(rng.u8(0..12)),
        5 => Sender::From(memory(rng)),
        6 if theme != Theme::Model => Sender::File,
        7 if theme != Theme::Model => Sender::Mapped(any_slot(rng), rng.u16(..)),
        _ => Sender::Send,
    };
    Call::Send {
        sock,
        by,
        data: data(rng, frames),
        flags: message_flags(rng),
    }
}

/// One that sends several short messages, which may say where they come from.
pub fn send_short(rng: &mut Rng, sock: Slot) -> Call {
    let by = match rng.u32(0..6) {
        0 => Sender::Send,
        1 => Sender::Message(1, Control::Origin(rng.u8(..))),
        _ => Sender::Many(rng.u8(1..6)),
    };
    let (len, mark) = (rng.u32(0..40), rng.u8(..));
    Call::Send {
        sock,
        by,
        data: Data::Text { len, mark },
        flags: libc::MSG_DONTWAIT,
    }
}

/// One that sends what goes in parts where that fits.
pub fn send_long(rng: &mut Rng, sock: Slot) -> Call {
    let by = match rng.u32(0..10) {
        0 => Sender::Many(rng.u8(1..4)),
        1 => Sender::From(memory(rng)),
        2 => Sender::Message(rng.u8(0..5), Control::None),
        _ => Sender::Send,
    };
    let len = match rng.u32(0..4) {
        0 => rng.u32(16385..70_001),
        1 => rng.u32(0..100),
        _ => one(rng, &LONG),
    };
    let mark = rng.u8(..);
    Call::Send {
        sock,
        by,
        data: Data::Text { len, mark },
        flags: libc::MSG_DONTWAIT,
    }
}

/// One that receives what is long.
pub fn receive_long(rng: &mut Rng, sock: Slot) -> Call {
    let by = match rng.u32(0..6) {
        0 => Receiver::Many(rng.u8(1..4)),
        1 => Receiver::Into(memory(rng)),
        2..4 => Receiver::Message(rng.u8(0..4), one(rng, &[64, 255, 255])),
        _ => Receiver::Recv,
    };
    let room = match rng.u32(0..4) {
        0 => one(rng, &LONG),
        1 => rng.u32(0..70_000),
        _ => 70_100,
    };
    let more = [0, 0, 0, libc::MSG_PEEK, libc::MSG_TRUNC];
    Call::Receive {
        sock,
        by,
        room,
        flags: libc::MSG_DONTWAIT | one(rng, &more),
    }
}

/// One that receives.
pub fn receive(rng: &mut Rng, theme: Theme, sock: Slot) -> Call {
    let by = match rng.u32(0..14) {
        0 => Receiver::Read,
        1..6 => Receiver::Message(rng.u8(0..4), one(rng, &[0, 8, 16, 24, 64, 255])),
        6..8 => Receiver::Many(rng.u8(0..12)),
        8 => Receiver::Into(memory(rng)),
        9 if theme != Theme::Model => Receiver::Splice,
        10 if theme != Theme::Model => Receiver::Mapped(any_slot(rng)),
        _ => Receiver::Recv,
    };
    let room = match rng.u32(0..9) {
        0..3 => len(rng),
        3 => 70_000,
        _ => 2000,
    };
    Call::Receive {
        sock,
        by,
        room,
        flags: message_flags(rng),
    }
}
