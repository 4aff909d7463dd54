// SPDX-License-Identifier: GPL-2.0
//! A long message whose sender does not come to its end.

use super::*;
use crate::lab::check::fails;
use crate::lab::runner::cases_for_both;
use crate::lab::task::{wait_until, Blocked, Line, Process};
use crate::sys::absent::Absent;
use crate::sys::call;
use crate::sys::memory::{Pages, PAGE};
use std::sync::Arc;

cases_for_both!["parts_stuck", "mapped_parts_stuck":
    {
        message_that_is_not_there_to_its_end_is_seen_by_nobody @ 60,
        sender_that_waits_for_its_page_holds_nobody_up @ 60,
        killed_sender_leaves_nothing @ 60,
    }
    sender_that_is_pushed_out_begins_again @ 60,
];

/// A message with a page that does not come, in its middle.
struct Stuck {
    page: Arc<Absent>,
    around: Vec<u8>,
}

impl Stuck {
    fn new(number: u32) -> Stuck {
        Stuck {
            page: Arc::new(ok("userfaultfd", Absent::page())),
            around: bytes(PICTURE - PAGE, number),
        }
    }

    /// The message once the page, of zeroes, is there.
    fn whole(&self) -> Vec<u8> {
        let (before, behind) = self.around.split_at(PICTURE / 2);
        [before, &[0; PAGE], behind].concat()
    }

    fn send(&self, sock: &Sock) -> std::io::Result<usize> {
        let (before, behind) = self.around.split_at(PICTURE / 2);
        sock.send_around(before, (self.page.address(), PAGE), behind, 0)
    }

    /// Another thread sends it, and has come to the page.
    #[track_caller]
    fn start(self, sock: &Sock) -> (Arc<Absent>, Vec<u8>, Blocked<std::io::Result<usize>>) {
        let (page, whole, sock) = (self.page.clone(), self.whole(), sock.clone());
        let blocked = Blocked::start(call::SENDMSG, move || self.send(&sock));
        wait_until("the sender is in the fault", || page.is_awaited());
        (page, whole, blocked)
    }
}

fn message_that_is_not_there_to_its_end_is_seen_by_nobody() {
    on_both(|bus, sender| {
        let reader = bus.reader();
        let mut pages = ok("mmap", Pages::fresh(PICTURE / PAGE));
        pages.write(0, &[7; PAGE]);
        ok("mprotect", pages.forbid(1 << 20 >> 12));
        let len = PICTURE / PAGE * PAGE;
        for number in 0..6 {
            say(&sender, &bytes(100, number));
            let sent = sender.send_at(pages.address(0), len, NOW);
            fails("send", sent, libc::EFAULT);
            hear_long(&reader, &bytes(100, number));
            hear_nothing(&reader);
        }
        let picture = bytes(PICTURE, 1);
        say(&sender, &picture);
        hear_long(&reader, &picture);
        same("sent", count_sent(&bus), 7);
    });
}

fn sender_that_waits_for_its_page_holds_nobody_up() {
    on_both(|bus, sender| {
        let (other, reader) = (bus.writer(), bus.reader());
        let (page, whole, blocked) = Stuck::new(1).start(&sender);
        for number in 0..100 {
            say_number(&other, number);
            hear_number(&reader, number);
        }
        // Another picture passes it too.
        let picture = bytes(PICTURE, 2);
        say(&other, &picture);
        hear_long(&reader, &picture);
        hear_nothing(&reader);
        ok("UFFDIO_ZEROPAGE", page.comes());
        same("sent", ok("send", blocked.wakes()), PICTURE);
        hear_long(&reader, &whole);
        hear_nothing(&reader);
    });
}

fn killed_sender_leaves_nothing() {
    on_both(|bus, sender| {
        let reader = bus.reader();
        let other = bus.clone();
        let killed = Process::start(move |line: &Line| {
            let sender = other.writer();
            let (_page, _, blocked) = Stuck::new(1).start(&sender);
            line.tell(1);
            blocked.wakes().expect("it is killed before");
        });
        killed.line.hear();
        say_number(&sender, 1);
        killed.kill();
        for number in 2..5 {
            say_number(&sender, number);
        }
        (1..5).for_each(|number| hear_number(&reader, number));
        let picture = bytes(PICTURE, 2);
        say(&sender, &picture);
        hear_long(&reader, &picture);
        hear_nothing(&reader);
        same("sent", count_sent(&bus), 5);
    });
}

fn sender_that_is_pushed_out_begins_again() {
    on_both(|bus, sender| {
        // It reads nothing, and must not be waited for.
        ok("SHUT_RD", sender.shutdown(libc::SHUT_RD));
        let (other, reader) = (bus.writer(), bus.reader());
        let (page, whole, blocked) = Stuck::new(1).start(&sender);
        for number in 0..6 {
            let picture = bytes(PICTURE, number);
            say(&other, &picture);
            hear_long(&reader, &picture);
        }
        ok("UFFDIO_ZEROPAGE", page.comes());
        same("sent", ok("send", blocked.wakes()), PICTURE);
        hear_long(&reader, &whole);
        hear_nothing(&reader);
        same("sent", count_sent(&bus), 7);
    });
}
