// SPDX-License-Identifier: GPL-2.0
//! Signals: those that interrupt a call, and those that the family sends.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Blocked, Process};
use crate::sys::call;
use crate::sys::poll::poll;
use crate::sys::socket::Sock;
use crate::sys::{process, signal};
use libc::{SIGIO, SIGPIPE, SIGUSR1};
use std::time::Duration;

cases!["signals":
    signal_interrupts_a_waiting_recv,
    signal_interrupts_a_waiting_send,
    restarted_recv_goes_on,
    restarted_send_goes_on,
    call_with_a_time_out_is_not_restarted,
    signal_interrupts_a_waiting_poll,
    sending_without_a_send_side_raises_sigpipe,
    sigpipe_kills_by_default,
    no_signal_if_told,
    message_raises_sigio,
    room_raises_sigio,
    sigio_that_is_asked_for_late_comes,
    sigio_that_is_asked_for_before_connect_comes,
    poll_that_finds_no_room_asks_for_sigio,
    end_raises_sigio,
    killed_while_waiting,
];

fn count(number: i32, flags: i32) {
    ok("sigaction", signal::count(number, flags));
}

fn waiting_recv(port: &Sock) -> Blocked<std::io::Result<usize>> {
    let port = port.clone();
    Blocked::start(call::RECV, move || port.recv(&mut [0; 9], 0))
}

fn waiting_send(port: &Sock) -> Blocked<std::io::Result<usize>> {
    let port = port.clone();
    Blocked::start(call::SEND, move || port.send(b"later", 0))
}

fn full_network() -> (Sock, Sock) {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    say(&sender, b"x");
    (sender, reader)
}

fn signal_interrupts_a_waiting_recv() {
    count(SIGUSR1, 0);
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let waiting = waiting_recv(&two);
    waiting.signal(SIGUSR1);
    fails("recv", waiting.wakes(), libc::EINTR);
    same("signals", signal::counted(SIGUSR1), 1);
    say(&one, b"x");
    hear(&two, b"x");
}

fn signal_interrupts_a_waiting_send() {
    count(SIGUSR1, 0);
    let (sender, reader) = full_network();
    let waiting = waiting_send(&sender);
    waiting.signal(SIGUSR1);
    fails("send", waiting.wakes(), libc::EINTR);
    hear(&reader, b"x");
    hear_nothing(&reader);
    say(&sender, b"y");
    hear(&reader, b"y");
}

fn restarted_recv_goes_on() {
    count(SIGUSR1, libc::SA_RESTART);
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let waiting = waiting_recv(&two);
    for times in 1..4 {
        waiting.signal(SIGUSR1);
        wait_until("the handler ran", || signal::counted(SIGUSR1) == times);
        waiting.stays_blocked();
    }
    say(&one, b"x");
    same("recv", ok("recv", waiting.wakes()), 1);
}

fn restarted_send_goes_on() {
    count(SIGUSR1, libc::SA_RESTART);
    let (sender, reader) = full_network();
    let waiting = waiting_send(&sender);
    waiting.signal(SIGUSR1);
    wait_until("the handler ran", || signal::counted(SIGUSR1) == 1);
    waiting.stays_blocked();
    hear(&reader, b"x");
    same("send", ok("send", waiting.wakes()), 5);
    hear(&reader, b"later");
    hear_nothing(&reader);
}

fn call_with_a_time_out_is_not_restarted() {
    count(SIGUSR1, libc::SA_RESTART);
    let (sender, reader) = full_network();
    ok(
        "SO_SNDTIMEO",
        sender.set_time_out(libc::SO_SNDTIMEO, Duration::from_secs(60)),
    );
    let waiting = waiting_send(&sender);
    waiting.signal(SIGUSR1);
    fails("send", waiting.wakes(), libc::EINTR);
    hear(&reader, b"x");
    ok(
        "SO_RCVTIMEO",
        reader.set_time_out(libc::SO_RCVTIMEO, Duration::from_secs(60)),
    );
    let waiting = waiting_recv(&reader);
    waiting.signal(SIGUSR1);
    fails("recv", waiting.wakes(), libc::EINTR);
}

fn signal_interrupts_a_waiting_poll() {
    count(SIGUSR1, libc::SA_RESTART);
    let port = Bus::new().create();
    let waiting = Blocked::start(call::POLL, move || poll(&port, libc::POLLIN, -1));
    waiting.signal(SIGUSR1);
    fails("poll", waiting.wakes(), libc::EINTR);
}

fn sending_without_a_send_side_raises_sigpipe() {
    count(SIGPIPE, 0);
    let bus = Bus::new();
    let creator = bus.create();
    let reader = bus.reader();
    fails("send of a reader", reader.send(b"x", NOW), libc::EPIPE);
    same("SIGPIPE", signal::counted(SIGPIPE), 1);
    ok("shutdown(SHUT_WR)", creator.shutdown(libc::SHUT_WR));
    fails("send after shutdown", creator.send(b"x", NOW), libc::EPIPE);
    same("SIGPIPE", signal::counted(SIGPIPE), 2);
    fails("write after shutdown", creator.write(b"x"), libc::EPIPE);
    same("SIGPIPE", signal::counted(SIGPIPE), 3);
    let unconnected = open();
    ok("shutdown(SHUT_WR)", unconnected.shutdown(libc::SHUT_WR));
    fails(
        "send after shutdown before connect",
        unconnected.send(b"x", NOW),
        libc::EPIPE,
    );
    same("SIGPIPE", signal::counted(SIGPIPE), 4);
}

fn sigpipe_kills_by_default() {
    let bus = Bus::new();
    let creator = bus.create();
    ok("shutdown(SHUT_WR)", creator.shutdown(libc::SHUT_WR));
    let victim = Process::start(|_| {
        ok("signal(SIGPIPE, SIG_DFL)", signal::reset(SIGPIPE));
        panic!("send came back: {:?}", creator.send(b"x", NOW));
    });
    let (_, status) = ok("waitpid", process::wait(victim.pid, 0));
    same("signal that ended it", libc::WTERMSIG(status), SIGPIPE);
}

fn no_signal_if_told() {
    count(SIGPIPE, 0);
    let bus = Bus::new();
    let creator = bus.create();
    let (reader, writer) = (bus.reader(), bus.writer());
    let quietly = NOW | libc::MSG_NOSIGNAL;
    fails("send of a reader", reader.send(b"x", quietly), libc::EPIPE);
    fails(
        "sendmmsg of a reader",
        reader.sendmmsg(&[b"x"], quietly),
        libc::EPIPE,
    );
    fails(
        "recv of a writer",
        writer.recv(&mut [0; 9], NOW),
        libc::EPIPE,
    );
    fails("send of nobody", open().send(b"x", NOW), libc::ENOTCONN);
    fails(
        "send over the MTU",
        creator.send(&[0; 2000], NOW),
        libc::EMSGSIZE,
    );
    same("SIGPIPE", signal::counted(SIGPIPE), 0);
}

#[track_caller]
fn ask_for_sigio(sock: &Sock) {
    count(SIGIO, 0);
    ok(
        "F_SETOWN",
        sock.fcntl(libc::F_SETOWN, process::process_id()),
    );
    ok("O_ASYNC", sock.set_status_flag(libc::O_ASYNC, true));
}

fn message_raises_sigio() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    ask_for_sigio(&two);
    let before = signal::counted(SIGIO);
    say(&one, b"x");
    wait_until("SIGIO came", || signal::counted(SIGIO) > before);
    hear(&two, b"x");
    let before = signal::counted(SIGIO);
    say(&one, b"y");
    wait_until("SIGIO came again", || signal::counted(SIGIO) > before);
    hear(&two, b"y");
    ok("O_ASYNC off", two.set_status_flag(libc::O_ASYNC, false));
    let before = signal::counted(SIGIO);
    say(&one, b"z");
    hear(&two, b"z");
    same("SIGIO afterwards", signal::counted(SIGIO), before);
}

fn room_raises_sigio() {
    let (sender, reader) = full_network();
    ask_for_sigio(&sender);
    fails("send to a full pool", sender.send(b"y", NOW), libc::EAGAIN);
    let before = signal::counted(SIGIO);
    hear(&reader, b"x");
    wait_until("SIGIO came", || signal::counted(SIGIO) > before);
    say(&sender, b"y");
}

fn sigio_that_is_asked_for_late_comes() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    // All that its owner does on the network is done by then, and nobody has slept.
    say(&one, b"x");
    hear(&two, b"x");
    hear_nothing(&two);
    ask_for_sigio(&two);
    say(&one, b"y");
    wait_until("SIGIO came", || signal::counted(SIGIO) > 0);
}

fn sigio_that_is_asked_for_before_connect_comes() {
    let bus = Bus::new();
    let (sender, reader) = (bus.create_with(&lossless(1)), bus.reader());
    say(&sender, b"x");
    let early = open();
    ask_for_sigio(&early);
    ok("connect", early.connect(&bus.addr));
    fails("send to a full pool", early.send(b"y", NOW), libc::EAGAIN);
    let before = signal::counted(SIGIO);
    hear(&reader, b"x");
    wait_until("SIGIO came for room", || signal::counted(SIGIO) > before);
    let before = signal::counted(SIGIO);
    say(&sender, b"z");
    wait_until("SIGIO came for a message", || {
        signal::counted(SIGIO) > before
    });
}

fn poll_that_finds_no_room_asks_for_sigio() {
    let (sender, reader) = full_network();
    ask_for_sigio(&sender);
    let room = || ok("poll", poll(&sender, libc::POLLOUT, 0));
    same("room", room(), 0);
    let before = signal::counted(SIGIO);
    hear(&reader, b"x");
    wait_until("SIGIO came", || signal::counted(SIGIO) > before);
    same("room", room(), libc::POLLOUT);
}

fn end_raises_sigio() {
    type Join = fn(&Bus) -> Sock;
    let told: [(&str, Join); 2] = [("port", Bus::reader), ("manager", Bus::manage)];
    for (name, join) in told {
        let bus = Bus::named(name);
        let creator = bus.create();
        let sock = join(&bus);
        ask_for_sigio(&sock);
        let before = signal::counted(SIGIO);
        ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
        wait_until(&format!("SIGIO of a {name} came"), || {
            signal::counted(SIGIO) > before
        });
    }
}

fn killed_while_waiting() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(1));
    let reader = bus.reader();
    say(&sender, b"x");
    let victims: Vec<_> = (0..6)
        .map(|number| {
            Process::start(|line| {
                let port = if number % 2 == 0 {
                    bus.writer()
                } else {
                    bus.reader()
                };
                line.tell(0);
                // The others are killed in recv, this one in send.
                let _ = if number % 2 == 0 {
                    port.send(b"y", 0)
                } else {
                    port.recv(&mut [0; 9], 0)
                };
                let _ = port.recv(&mut [0; 9], 0);
                line.hear();
            })
        })
        .collect();
    victims.iter().for_each(|victim| {
        victim.line.hear();
    });
    std::thread::sleep(Duration::from_millis(30));
    victims.into_iter().for_each(Process::kill);
    hear(&reader, b"x");
    hear_nothing(&reader);
    say(&sender, b"z");
    hear(&reader, b"z");
}
