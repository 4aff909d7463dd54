// SPDX-License-Identifier: GPL-2.0
//! A caller's page that does not come: who sleeps for it keeps nobody else waiting.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Blocked, Process};
use crate::pace::soon;
use crate::switch::lab::{option::AGEING, Lab};
use crate::sys::absent::Absent;
use crate::sys::bpf;
use crate::sys::call::{self, Call};
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

cases!["slow_memory":
    message_goes_to_another_call,
    filtered_message_goes_to_another_call,
    peek_waits_alone,
    out_of_band_message_goes_to_another_call,
    reader_in_a_fault_gets_nothing_after_a_shutdown,
    lossless_network_goes_on_beside_a_reader_in_a_fault,
    messages_overwritten_meanwhile_are_counted,
    reader_in_a_fault_can_be_killed,
    value_of_an_option_keeps_no_other_call_waiting,
];

/// What a call answers, which waits for no page of another's.
#[track_caller]
fn at_once<T: Send + 'static>(what: &str, call: impl FnOnce() -> T + Send + 'static) -> T {
    let thread = thread::spawn(call);
    let start = Instant::now();
    while !thread.is_finished() {
        assert!(start.elapsed() < soon(), "{what} waits for another's page");
        thread::sleep(Duration::from_millis(1));
    }
    thread.join().expect("the thread ends well")
}

/// A thread that receives into a page, which it waits for.
#[track_caller]
fn receives_into(page: &Arc<Absent>, sock: &Sock, flags: i32) -> Blocked<std::io::Result<usize>> {
    let (into, sock) = (page.clone(), sock.clone());
    let number: Call = call::RECV;
    let blocked = Blocked::start(number, move || into.recv(&sock, 64, flags));
    wait_until("the reader is in the fault", || page.is_awaited());
    blocked
}

#[track_caller]
fn absent() -> Arc<Absent> {
    Arc::new(ok("userfaultfd", Absent::page()))
}

/// The other calls on a port, while one of them waits for its page with the first of two messages.
fn others_go_on(port: &Sock) {
    let page = absent();
    let slow = receives_into(&page, port, 0);
    let sock = port.clone();
    let ready = at_once("poll", move || poll(&sock, libc::POLLIN, 0));
    same("what is ready", ok("poll", ready), libc::POLLIN);
    let sock = port.clone();
    let length = at_once("FIONREAD", move || sock.ioctl_int(libc::FIONREAD));
    same("length of the next message", ok("FIONREAD", length), 5);
    let sock = port.clone();
    at_once("recv(MSG_DONTWAIT)", move || hear(&sock, b"first"));
    ok("UFFDIO_ZEROPAGE", page.comes());
    same("length of the other", ok("recv", slow.wakes()), 6);
    hear_nothing(port);
}

fn message_goes_to_another_call() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    say(&sender, b"first");
    say(&sender, b"second");
    others_go_on(&port);
}

fn filtered_message_goes_to_another_call() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    // Those that are longer than 4 bytes: the length is loaded.
    let longer = [
        (0x80, 0, 0, 0),
        (0x25, 0, 1, 4),
        (0x06, 0, 0, 99),
        (0x06, 0, 0, 0),
    ];
    ok("SO_ATTACH_FILTER", bpf::attach(&port, &longer));
    for message in [&b"no"[..], b"first", b"no", b"second", b"no"] {
        say(&sender, message);
    }
    others_go_on(&port);
}

fn peek_waits_alone() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    say(&sender, b"first");
    let page = absent();
    let slow = receives_into(&page, &port, libc::MSG_PEEK);
    let sock = port.clone();
    at_once("recv(MSG_DONTWAIT)", move || hear(&sock, b"first"));
    ok("UFFDIO_ZEROPAGE", page.comes());
    same("length peeked", ok("recv", slow.wakes()), 5);
}

fn out_of_band_message_goes_to_another_call() {
    let bus = Bus::new();
    let (_maker, port) = (bus.create(), open());
    ok("HANDLE_OOB", port.set(IPN_SO_HANDLE_OOB, 1));
    ok("WANT_OOB", port.set(IPN_SO_WANT_OOB_NUMNODES, 1));
    ok("connect", port.connect(&bus.addr));
    hear_out_of_band(&port);
    let _first = bus.join();
    let page = absent();
    let slow = receives_into(&page, &port, 0);
    let sock = port.clone();
    at_once("recv(MSG_DONTWAIT)", move || hear_out_of_band(&sock));
    // What was copied was taken by another: the next one comes.
    let _second = bus.join();
    ok("UFFDIO_ZEROPAGE", page.comes());
    same("length of the next", ok("recv", slow.wakes()), 16);
    hear_nothing(&port);
}

#[track_caller]
fn hear_out_of_band(port: &Sock) {
    let message = ok("recvmsg", port.recvmsg(64, NOW));
    same("length", message.data.len(), 16);
}

fn reader_in_a_fault_gets_nothing_after_a_shutdown() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&lossless(1)), bus.reader());
    say(&sender, b"first");
    let page = absent();
    let slow = receives_into(&page, &port, 0);
    let sock = port.clone();
    let shut = at_once("shutdown", move || sock.shutdown(libc::SHUT_RD));
    ok("shutdown", shut);
    say(&sender, b"nobody is to get this");
    ok("UFFDIO_ZEROPAGE", page.comes());
    fails("recv", slow.wakes(), libc::EPIPE);
}

fn lossless_network_goes_on_beside_a_reader_in_a_fault() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&lossless(2)), bus.reader());
    say(&sender, b"first");
    let page = absent();
    let slow = receives_into(&page, &port, 0);
    for number in 0..20 {
        say_number(&sender, number);
        let sock = port.clone();
        at_once("recv(MSG_DONTWAIT)", move || {
            ok("recv", sock.recv(&mut [0; 9], NOW))
        });
    }
    ok("UFFDIO_ZEROPAGE", page.comes());
    same("length of the last", ok("recv", slow.wakes()), 4);
    hear_nothing(&port);
}

fn messages_overwritten_meanwhile_are_counted() {
    let bus = Bus::new();
    let (sender, port) = (bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]), bus.reader());
    ok("SO_RXQ_OVFL", port.set_generic(libc::SO_RXQ_OVFL, 1));
    say(&sender, b"first");
    let page = absent();
    let slow = receives_into(&page, &port, 0);
    (0..10).for_each(|number| say_number(&sender, number));
    ok("UFFDIO_ZEROPAGE", page.comes());
    same("length of the oldest left", ok("recv", slow.wakes()), 4);
    for number in 7..9 {
        hear_number(&port, number);
    }
    let last = hear_with_control(&port);
    same("missed", last.missed(), 7);
}

fn reader_in_a_fault_can_be_killed() {
    let bus = Bus::new();
    let (sender, port) = (bus.create(), bus.reader());
    say(&sender, b"first");
    let reader = Process::start(|line| {
        let page = absent();
        let _slow = receives_into(&page, &port, 0);
        let (other, also) = (port.clone(), port.clone());
        thread::spawn(move || other.recv(&mut [0; 9], libc::MSG_PEEK));
        thread::spawn(move || poll(&also, libc::POLLIN, -1));
        line.tell(1);
        line.hear();
    });
    reader.line.hear();
    reader.kill();
    hear(&port, b"first");
}

fn value_of_an_option_keeps_no_other_call_waiting() {
    let lab = Lab::new();
    let page = absent();
    let (value, sock) = (page.clone(), lab.manager.clone());
    let slow = thread::spawn(move || value.getsockopt(&sock, IPN_VDESWITCH, AGEING, 8));
    wait_until("the call is in the fault", || page.is_awaited());
    let sock = lab.manager.clone();
    let ports = at_once("getsockopt", move || sock.get(IPN_SO_NUMNODES));
    same("ports", ok("NUMNODES", ports), 64);
    let sock = lab.manager.clone();
    ok(
        "shutdown",
        at_once("shutdown", move || sock.shutdown(libc::SHUT_WR)),
    );
    ok("UFFDIO_ZEROPAGE", page.comes());
    ok("getsockopt", slow.join().expect("the call ends well"));
}
