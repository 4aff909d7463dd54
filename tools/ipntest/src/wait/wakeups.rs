// SPDX-License-Identifier: GPL-2.0
//! Who is woken by a call that sends or receives many messages: each that sleeps, once, and for certain.

use crate::abi::*;
use crate::device;
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Blocked, Process};
use crate::switch::lab::{frame, mac, Lab};
use crate::sys::call::{self, Call};
use crate::sys::process;
use crate::sys::signal;
use crate::sys::socket::Sock;
use crate::sys::uring::{Uring, Worker};
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{mpsc, Arc};
use std::thread;

cases!["wakeups":
    batch_wakes_each_sleeper_once,
    long_batch_wakes_before_it_laps_a_sleeper,
    batch_that_faults_wakes,
    batch_that_finds_no_room_wakes,
    batch_that_waits_for_room_has_woken_the_others,
    batch_of_a_killed_process_wakes,
    batch_to_a_full_pool_and_its_sleeping_reader_take_turns,
    plain_send_that_promises_more_wakes,
    batch_read_wakes_a_waiting_sender_once,
    batch_read_that_waits_has_woken_the_sender,
    submission_wakes_a_sleeper_once,
    submission_that_waits_for_an_answer_gets_it,
    switch_wakes_each_receiver_of_a_batch_once,
    device_gets_a_batch,
];

/// `sendmsg`'s promise that more follows, which `sendmmsg` makes and anybody may.
const MSG_BATCH: i32 = 0x40000;

/// A thread on the first processor that goes ahead of ordinary ones and does one thing again and again:
/// whoever wakes it on that processor finds it asleep again, if it has nothing to do.
struct Sleeper {
    sock: Arc<Sock>,
    done: Arc<AtomicU32>,
    thread: i32,
    call: Call,
}

impl Sleeper {
    #[track_caller]
    fn start(sock: Sock, call: Call, deed: fn(&Sock) -> bool) -> Sleeper {
        let (sock, done) = (Arc::new(sock), Arc::new(AtomicU32::new(0)));
        let (tell, hear) = mpsc::channel();
        let (its_sock, its_done) = (sock.clone(), done.clone());
        thread::spawn(move || {
            stay_on_the_first_processor();
            ok("becoming urgent", process::urgent());
            tell.send(process::thread_id())
                .expect("the starter listens");
            while deed(&its_sock) {
                its_done.fetch_add(1, Ordering::Relaxed);
            }
        });
        let thread = hear.recv().expect("the thread says its id");
        let sleeper = Sleeper {
            sock,
            done,
            thread,
            call,
        };
        sleeper.falls_asleep();
        sleeper
    }

    /// One that receives.
    #[track_caller]
    fn receiving(sock: Sock) -> Sleeper {
        Sleeper::start(sock, call::RECV, |sock| {
            sock.recv(&mut [0; 64], 0).is_ok_and(|len| len > 0)
        })
    }

    fn file(&self, name: &str) -> String {
        let file = format!("/proc/self/task/{}/{name}", self.thread);
        fs::read_to_string(file).unwrap_or_default()
    }

    #[track_caller]
    fn falls_asleep(&self) {
        wait_until("the thread sleeps", || {
            self.file("syscall").starts_with(&format!("{} ", self.call))
        });
    }

    /// How often it has gone to sleep.
    #[track_caller]
    fn sleeps(&self) -> u32 {
        let status = self.file("status");
        let count = status
            .lines()
            .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        count.expect("its status").trim().parse().expect("a number")
    }

    fn done(&self) -> u32 {
        self.done.load(Ordering::Relaxed)
    }

    /// It has done so much in all, and sleeps with nothing left to do.
    #[track_caller]
    fn has_done(&self, all: u32) {
        wait_until("the sleeper has done it all", || self.done() >= all);
        same("what the sleeper has done", self.done(), all);
        self.falls_asleep();
    }
}

/// It ends before what keeps it asleep does: one that goes on for ever leaves the processor to nobody.
impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.sock.shutdown(libc::SHUT_RDWR);
    }
}

#[track_caller]
fn stay_on_the_first_processor() {
    ok("staying on a processor", process::stay_on(0));
}

/// Each sleeper does `each` in an act, and is woken once for it.
#[track_caller]
fn woken_once(sleepers: &[Sleeper], each: u32, mut act: impl FnMut()) {
    stay_on_the_first_processor();
    for _ in 0..5 {
        let before: Vec<(u32, u32)> = sleepers
            .iter()
            .map(|sleeper| (sleeper.sleeps(), sleeper.done()))
            .collect();
        act();
        for (sleeper, (sleeps, done)) in sleepers.iter().zip(before) {
            sleeper.has_done(done + each);
            same("times it was woken", sleeper.sleeps() - sleeps, 1);
        }
    }
}

#[track_caller]
fn batch(sock: &Sock, count: usize, flags: i32) {
    let sent = ok(
        "sendmmsg",
        sock.sendmmsg(&vec![&b"batch"[..]; count], flags),
    );
    same("messages sent", sent, count);
}

fn batch_wakes_each_sleeper_once() {
    let bus = Bus::new();
    let sender = bus.create();
    let sleepers = [(); 3].map(|()| Sleeper::receiving(bus.join()));
    woken_once(&sleepers, 32, || batch(&sender, 32, NOW));
}

fn long_batch_wakes_before_it_laps_a_sleeper() {
    let bus = Bus::new();
    let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 8)]);
    let sleeper = Sleeper::receiving(bus.join());
    stay_on_the_first_processor();
    batch(&sender, 200, NOW);
    sleeper.has_done(200);
}

fn batch_that_faults_wakes() {
    let bus = Bus::new();
    let sender = bus.create();
    let sleeper = Sleeper::receiving(bus.join());
    for (round, header_is_there) in [(1, true), (2, false)] {
        let sent = sender.sendmmsg_into_nothing(&[b"one", b"two"], header_is_there, NOW);
        same("messages sent", ok("sendmmsg", sent), 2);
        sleeper.has_done(2 * round);
    }
}

fn batch_that_finds_no_room_wakes() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(8));
    let _idle = bus.reader();
    let sleeper = Sleeper::receiving(bus.reader());
    let sent = ok("sendmmsg", sender.sendmmsg(&[&b"batch"[..]; 9], NOW));
    same("messages sent", sent, 8);
    sleeper.has_done(8);
}

fn batch_that_waits_for_room_has_woken_the_others() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(8));
    let idle = bus.reader();
    let sleeper = Sleeper::receiving(bus.reader());
    ok("a handler", signal::count(libc::SIGUSR1, 0));
    let waiting = Blocked::start(call::SENDMMSG, move || {
        sender.sendmmsg(&[&b"batch"[..]; 12], 0)
    });
    sleeper.has_done(8);
    (0..2).for_each(|_| hear(&idle, b"batch"));
    sleeper.has_done(10);
    waiting.signal(libc::SIGUSR1);
    same("messages sent", ok("sendmmsg", waiting.wakes()), 10);
    sleeper.has_done(10);
}

fn batch_of_a_killed_process_wakes() {
    let bus = Bus::new();
    let sender = bus.create();
    let sock = bus.join();
    let unread = ok("dup", sock.dup());
    let sleeper = Sleeper::start(sock, call::RECV, |sock| sock.recv(&mut [0; 64], 0).is_ok());
    for _ in 0..10 {
        let before = sleeper.done();
        let process = Process::start(|_| loop {
            // Always a promise of more.
            batch(&sender, 16, NOW | MSG_BATCH);
        });
        wait_until("messages come", || sleeper.done() > before);
        process.kill();
        sleeper.falls_asleep();
        wait_until("all is read", || {
            ok("FIONREAD", unread.ioctl_int(libc::FIONREAD)) == 0
        });
    }
}

fn batch_to_a_full_pool_and_its_sleeping_reader_take_turns() {
    for pool in [1, 2, 3, 8] {
        let bus = Bus::named(&pool.to_string());
        let sender = bus.create_with(&lossless(pool));
        let sleeper = Sleeper::receiving(bus.reader());
        batch(&sender, 100, 0);
        sleeper.has_done(100);
    }
}

fn plain_send_that_promises_more_wakes() {
    let bus = Bus::new();
    let sender = bus.create();
    let sleeper = Sleeper::receiving(bus.join());
    for all in 1..10 {
        let sent = ok("send(MSG_BATCH)", sender.send(b"more", NOW | MSG_BATCH));
        same("length", sent, 4);
        sleeper.has_done(all);
    }
}

fn batch_read_wakes_a_waiting_sender_once() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(8));
    let reader = bus.reader();
    let sleeper = Sleeper::start(sender, call::SEND, |sock| sock.send(b"x", 0).is_ok());
    woken_once(&[sleeper], 8, || {
        let got = ok("recvmmsg", reader.recvmmsg(8, 8, NOW, None));
        same("messages received", got.len(), 8);
    });
}

fn batch_read_that_waits_has_woken_the_sender() {
    let bus = Bus::new();
    let sender = bus.create_with(&lossless(4));
    let reader = bus.reader();
    let sleeper = Sleeper::start(sender, call::SEND, |sock| sock.send(b"x", 0).is_ok());
    let waiting = thread::spawn(move || (reader.recvmmsg(100, 8, 0, None), reader));
    wait_until("the batch is read", || waiting.is_finished());
    let (got, _reader) = waiting.join().expect("the thread ends well");
    same("messages received", ok("recvmmsg", got).len(), 100);
    drop(sleeper);
}

fn submission_wakes_a_sleeper_once() {
    let bus = Bus::new();
    let sender = bus.create();
    let sleepers = [Sleeper::receiving(bus.join())];
    for worker in [Worker::Caller, Worker::WaitingCaller] {
        let mut ring = ok("io_uring_setup", Uring::with(worker));
        woken_once(&sleepers, 32, || {
            ok("submit", ring.send_all(&sender, &[&b"batch"[..]; 32]));
            same("requests that ended", ring.ended().len(), 32);
        });
    }
    let mut ring = ok("io_uring_setup", Uring::with(Worker::Thread));
    let before = sleepers[0].done();
    ok("submit", ring.send_all(&sender, &[&b"batch"[..]; 32]));
    sleepers[0].has_done(before + 32);
}

fn submission_that_waits_for_an_answer_gets_it() {
    let bus = Bus::new();
    let asks = bus.create();
    let answers = Sleeper::start(bus.join(), call::RECV, |sock| {
        sock.recv(&mut [0; 64], 0).is_ok() && sock.send(b"answer", 0).is_ok()
    });
    for worker in [Worker::Caller, Worker::WaitingCaller, Worker::Thread] {
        let mut ring = ok("io_uring_setup", Uring::with(worker));
        for _ in 0..20 {
            ok("submit and wait", ring.ask(&asks, b"question", 64));
            let ended = ok("both end", ring.wait(2, 8000));
            let answer = ended.into_iter().find(|ended| ended.tag == 1);
            same("answer", answer.expect("tag 1").data, b"answer".to_vec());
        }
    }
    drop(answers);
}

fn switch_wakes_each_receiver_of_a_batch_once() {
    let lab = Lab::new();
    let [sender, idle, one, two] = lab.ports();
    let sleepers = [one, two].map(Sleeper::receiving);
    for (number, sleeper) in (1..).zip(&sleepers) {
        let hello = frame([0xff; 6], mac(number), "hello");
        ok("send", sleeper.sock.send(&hello, NOW));
    }
    sleepers.iter().for_each(|sleeper| sleeper.has_done(1));
    let to = |number| frame(mac(number), mac(0), "batch");
    let frames = [to(1), to(2)];
    let frames: Vec<&[u8]> = frames.iter().map(|frame| &frame[..]).collect();
    woken_once(&sleepers, 16, || {
        let sent = ok("sendmmsg", sender.sendmmsg(&frames.repeat(16), NOW));
        same("frames sent", sent, 32);
    });
    (0..2).for_each(|_| {
        ok("recv of a broadcast", idle.recv(&mut [0; 64], NOW));
    });
    hear_nothing(&idle);
}

fn device_gets_a_batch() {
    device::lab::own_network();
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    device::lab::tap_up(&manager, "ipn0");
    let sender = bus.join();
    let frames: Vec<Vec<u8>> = (0..32).map(|n| device::lab::frame(n, 60)).collect();
    let frames: Vec<&[u8]> = frames.iter().map(|frame| &frame[..]).collect();
    for round in 1..=5 {
        same(
            "frames sent",
            ok("sendmmsg", sender.sendmmsg(&frames, NOW)),
            32,
        );
        device::lab::counts("frames to the host", "ipn0", |c| c.rx, 32 * round);
    }
}
