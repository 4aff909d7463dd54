// SPDX-License-Identifier: GPL-2.0
//! Senders of long messages side by side.

use super::*;
use crate::lab::runner::cases_for_both;
use crate::pace::volume;
use std::thread;

cases_for_both!["parts_senders", "mapped_parts_senders":
    {
        lossy_senders_side_by_side_get_all_through @ 90,
        lossless_senders_side_by_side_get_all_through @ 90,
    }
];

/// So many senders of long and short messages at the same time, and two readers, who get all of them, or on a lossy network
/// know how many they do not.
fn side_by_side(options: &[(i32, i32)], is_lossless: bool) {
    const SENDERS: u32 = 4;
    let bus = Bus::new();
    let mtu = 500_000;
    let maker = bus.manage_new(&of(mtu, options));
    let each = volume(12, "messages of each sender").max(3);
    let read = |reader: Sock| {
        thread::spawn(move || {
            ok("SO_RXQ_OVFL", reader.set_generic(libc::SO_RXQ_OVFL, 1));
            let mut next = [0; SENDERS as usize];
            let (mut got, mut lost) = (0, 0);
            loop {
                let message = ok("recvmsg", reader.recvmsg(mtu, 0));
                if message.data.is_empty() {
                    return (got, lost);
                }
                let word = u32::from_ne_bytes(message.data[..4].try_into().unwrap());
                let (sender, number) = ((word >> 16) as usize, word & 0xffff);
                holds("its bytes", message.data == bytes(message.data.len(), word));
                holds("in order", number >= next[sender]);
                next[sender] = number + 1;
                got += 1;
                lost = message.missed();
            }
        })
    };
    let readers = [read(bus.reader()), read(bus.reader())];
    let senders: Vec<_> = (0..SENDERS)
        .map(|sender| {
            let port = bus.writer();
            thread::spawn(move || {
                for number in 0..each {
                    let len = if sender == 0 {
                        50
                    } else {
                        mtu - number as usize
                    };
                    let message = bytes(len, (sender << 16) | number);
                    let sent = ok("send", port.send(&message, 0));
                    same("sent", sent, len);
                }
            })
        })
        .collect();
    senders
        .into_iter()
        .for_each(|t| t.join().expect("a sender"));
    same("sent", count_sent(&bus), (SENDERS * each).into());
    ok("IPN_TERMINATE", maker.ioctl(IPN_TERMINATE));
    for reader in readers {
        let (got, lost) = reader.join().expect("a reader");
        holds(
            format_args!("{got} and {lost} lost"),
            got + lost <= SENDERS * each,
        );
        if is_lossless {
            same("got", (got, lost), (SENDERS * each, 0));
        }
    }
}

fn lossy_senders_side_by_side_get_all_through() {
    side_by_side(&[], false);
}

fn lossless_senders_side_by_side_get_all_through() {
    side_by_side(&lossless(1), true);
}
