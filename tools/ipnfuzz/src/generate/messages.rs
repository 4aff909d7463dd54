// SPDX-License-Identifier: GPL-2.0
//! Calls that send and receive.

use super::{any_slot, Theme};
use crate::program::{Call, Receiver, Sender, Slot};
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
    let room = if once_in(rng, 3) { len(rng) } else { 2000 };
    Call::Receive {
        sock,
        by,
        room,
        flags: message_flags(rng),
    }
}
