// SPDX-License-Identifier: GPL-2.0

//! What a network delivers to a port that is a device: its NAPI reads it.

use crate::{
    abi::uapi::{IPN_DROP_NO_MEMORY, IPN_DROP_TOO_LONG},
    ring::reader::Peek,
    rust::glue::{netdev::Turn, trace},
    socket::{reading::Reading, report, Endpoint},
};

/// Longest message that a device gets.
pub(crate) const LONGEST: usize = 65535;

/// Hands messages that wait to the device, in up to `budget` steps; how many those were. Each is the
/// work of one message at most: one is handed over, an own one skipped, or all that were lost counted.
pub(crate) fn poll(turn: &Turn<'_, Endpoint>, budget: i32) -> i32 {
    let Some(reading) = Reading::by_device(turn) else {
        return 0;
    };
    let (sock, device) = (reading.sock, turn.device());
    let ring = &reading.seat.ring;
    let (file, number) = (&reading.seat.network.file, reading.seat.number);
    for done in 0..budget {
        if !sock.port.receives() {
            return done;
        }
        match reading.reader().peek() {
            Peek::Empty => return done,
            // It needs no room, and must not hold a lossless network up.
            Peek::Own(number) => reading.skip_own(number),
            _ if !device.has_room() => return done,
            Peek::Overrun => device.count_drops(reading.catch_up()),
            Peek::Gone(number) => device.count_drops(reading.lose(number)),
            Peek::Message { at, meta } if reading.len(meta) > LONGEST => {
                let sequence = ring.sequence_of(at);
                if ring.is_there(at, meta) {
                    reading.seat.hear(meta.from, &sequence);
                    device.count_drops(1);
                    report::drop_of_device(sock, 1, IPN_DROP_TOO_LONG);
                    reading.consume_one(at.number);
                }
            }
            Peek::Message { at, meta } => {
                let len = reading.len(meta);
                let packet = device.packet(len, |packet| {
                    ring.each_piece(at, meta, len, |at, len| packet.add(ring.memory(), at, len))
                });
                let sequence = ring.sequence_of(at);
                if !ring.is_there(at, meta) {
                    continue;
                }
                reading.seat.hear(meta.from, &sequence);
                match packet {
                    Some(packet) => {
                        if device.send(packet) {
                            sock.port.received.add(1);
                            sock.port.received_bytes.add(len as u64);
                            trace::received(file, number, meta.from, meta.len);
                        }
                    }
                    None => {
                        device.count_drops(1);
                        report::drop_of_device(sock, 1, IPN_DROP_NO_MEMORY);
                    }
                }
                reading.consume_one(at.number);
            }
        }
    }
    budget
}
