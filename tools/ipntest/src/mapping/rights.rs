// SPDX-License-Identifier: GPL-2.0
//! Who may map a network's memory, and what may be done with the mapping.

use crate::abi::*;
use crate::device::lab::{own_network, tap_up};
use crate::ktap::remark;
use crate::lab::bus::*;
use crate::lab::check::{fails, fails_with, holds, ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{Process, STRANGER};
use crate::mapping::lab::{at, map_cursor};
use crate::pace;
use crate::switch::lab::Lab;
use crate::sys::bpf;
use crate::sys::mapping::Area;
use crate::sys::memory::PAGE;
use crate::sys::process;
use crate::sys::socket::Sock;
use crate::sysfs::lab::value;
use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering::Relaxed;

cases!["mapping_rights":
    port_is_needed,
    right_to_receive_is_needed,
    filter_keeps_memory_hidden,
    only_a_hub_has_one,
    devices_have_none,
    wrong_places_are_refused,
    ring_is_not_written,
    ring_is_not_executed,
    kernel_writes_to_no_ring_for_a_process,
    mapping_neither_grows_nor_is_dumped,
    mapping_may_shrink_move_and_be_covered,
    pages_that_were_thrown_away_are_gone,
    mapping_holds_the_port,
    mapping_outlives_the_network,
    right_is_kept_when_it_is_given_up,
    child_has_it_too,
];

const SHARED: i32 = libc::MAP_SHARED;
const READ: i32 = libc::PROT_READ;
const BOTH: i32 = libc::PROT_READ | libc::PROT_WRITE;

/// Bytes of the default network's ring: a page, the index, and the bytes of messages.
const RING: usize = PAGE + 1056 * 32 + (128 << 10);

fn ring(sock: &Sock, len: usize) -> std::io::Result<Area> {
    Area::map(sock, len, READ, SHARED, IPN_MAP_RING)
}

/// Both mappings fail with this errno.
#[track_caller]
fn refused(what: &str, sock: &Sock, errno: i32) {
    fails(format_args!("ring, {what}"), ring(sock, PAGE), errno);
    fails(format_args!("cursor, {what}"), map_cursor(sock), errno);
}

fn port_is_needed() {
    let bus = Bus::new();
    refused("without a network", &open(), libc::ENOTCONN);
    refused("without a port", &bus.manage_new(&[]), libc::ENOTCONN);
}

fn right_to_receive_is_needed() {
    let bus = Bus::new();
    process::umask(0);
    let _creator = bus.create_with(&[(IPN_SO_MODE, 0o702)]);
    STRANGER.does(|| {
        let sock = open();
        ok("connect with the right to send", sock.connect(&bus.addr));
        refused("of a port that may only send", &sock, libc::EACCES);
    });
    refused("of one that does only send", &bus.writer(), libc::EACCES);
}

fn filter_keeps_memory_hidden() {
    let bus = Bus::new();
    let (one, two) = (bus.create(), bus.join());
    let none: [bpf::Instruction; 1] = [(0x06, 0, 0, 0)];
    ok("SO_ATTACH_FILTER", bpf::attach(&two, &none));
    refused("with a filter", &two, libc::EACCES);
    ok(
        "SO_DETACH_FILTER",
        two.set_generic(libc::SO_DETACH_FILTER, 0),
    );
    ok("ring once it is gone", ring(&two, PAGE));
    drop(one);
}

fn only_a_hub_has_one() {
    refused("of a switch", &Lab::new().port(0), libc::EOPNOTSUPP);
}

fn devices_have_none() {
    own_network();
    let manager = Bus::new().manage_new(&[]);
    tap_up(&manager, "t0");
    refused("of a device", &manager, libc::EOPNOTSUPP);
}

fn wrong_places_are_refused() {
    let port = Bus::new().create();
    let map = |len, flags, offset| Area::map(&port, len, READ, flags, offset);
    let whole = RING.next_multiple_of(PAGE);
    for (what, len, flags, offset) in [
        ("longer than the ring", whole + PAGE, SHARED, IPN_MAP_RING),
        (
            "very long",
            1 << (usize::BITS * 5 / 8),
            SHARED,
            IPN_MAP_RING,
        ),
        ("the middle of the ring", PAGE, SHARED, PAGE as i64),
        ("longer than the cursor", 2 * PAGE, SHARED, IPN_MAP_CURSOR),
        (
            "before the cursor",
            PAGE,
            SHARED,
            IPN_MAP_CURSOR - PAGE as i64,
        ),
        (
            "after the cursor",
            PAGE,
            SHARED,
            IPN_MAP_CURSOR + PAGE as i64,
        ),
        ("nowhere", PAGE, SHARED, 1 << 43),
        ("a ring of one's own", PAGE, libc::MAP_PRIVATE, IPN_MAP_RING),
        (
            "a cursor of one's own",
            PAGE,
            libc::MAP_PRIVATE,
            IPN_MAP_CURSOR,
        ),
    ] {
        fails(what, map(len, flags, offset), libc::EINVAL);
    }
    for len in [1, PAGE, 2 * PAGE, whole] {
        ok(format_args!("{len} bytes of the ring"), ring(&port, len));
    }
    // None of this has made it a mapped reader, or anything else.
    let other = Bus::new().join();
    say(&other, b"still a port");
    hear(&port, b"still a port");
}

fn ring_is_not_written() {
    let bus = Bus::new();
    let (port, other) = (bus.create(), bus.join());
    for access in [libc::PROT_WRITE, BOTH] {
        let writable = Area::map(&port, PAGE, access, SHARED, IPN_MAP_RING);
        fails("a writable ring", writable, libc::EPERM);
    }
    let map = ok("the ring", ring(&port, RING));
    fails("mprotect(PROT_WRITE)", map.protect(BOTH), libc::EACCES);
    say(&other, b"unharmed");
    hear(&port, b"unharmed");
    // A mapping that may not even be read at first gains nothing either.
    let none = ok(
        "PROT_NONE",
        Area::map(&port, PAGE, libc::PROT_NONE, SHARED, IPN_MAP_RING),
    );
    fails("mprotect(PROT_WRITE)", none.protect(BOTH), libc::EACCES);
    ok("mprotect(PROT_READ)", none.protect(READ));
    same("messages", none.word(at::PUBLISHED).load(Relaxed), 1);
}

fn ring_is_not_executed() {
    let port = Bus::new().create();
    for offset in [IPN_MAP_RING, IPN_MAP_CURSOR] {
        let access = READ | libc::PROT_EXEC;
        let map = Area::map(&port, PAGE, access, SHARED, offset);
        fails("to execute", map, libc::EPERM);
        let map = ok("to read", Area::map(&port, PAGE, READ, SHARED, offset));
        fails("mprotect(PROT_EXEC)", map.protect(access), libc::EACCES);
    }
}

/// Writing on behalf of a process is writing by the process: by /proc/PID/mem as a debugger does, by
/// `process_vm_writev`, by `read` and `recv`, by a pipe.
fn kernel_writes_to_no_ring_for_a_process() {
    let bus = Bus::new();
    let (port, other) = (bus.create(), bus.join());
    say(&other, b"unharmed");
    let map = ok("the ring", ring(&port, PAGE));
    let magic = map.half(0).load(Relaxed);
    let memory = ok(
        "/proc/self/mem",
        OpenOptions::new().write(true).open("/proc/self/mem"),
    );
    let written = memory.write_at(&[0xff; 8], map.address() as u64);
    fails_with("write to it", written, &[libc::EIO, libc::EFAULT]);
    match map.write_by_vm(0) {
        // The debug kernel is built without.
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) && pace::factor() > 1 => {
            remark("no process_vm_writev");
        }
        written => fails("process_vm_writev", written, libc::EFAULT),
    }
    let zero = ok("/dev/zero", File::open("/dev/zero"));
    fails("read(2) into it", map.read_into(0, &zero), libc::EFAULT);
    let received = map.recv_into(&port, NOW);
    fails("recv into it", received, libc::EFAULT);
    let (out, into) = ok("pipe", process::pipe());
    let mut out = File::from(out);
    /// `SPLICE_F_GIFT` of `fcntl.h`.
    const GIFT: u32 = 8;
    for flags in [0, GIFT] {
        let given = ok("vmsplice", map.give_to(&into, flags));
        same("bytes given to a pipe", given, PAGE);
        let mut page = vec![0; PAGE];
        ok("reading the pipe", out.read_exact(&mut page));
        same("what was given", &page[..4], &magic.to_ne_bytes()[..]);
    }
    drop((out, into));
    same("what it begins with", map.half(0).load(Relaxed), magic);
    hear(&port, b"unharmed");
    say(&other, b"and alive");
    hear(&port, b"and alive");
}

/// The flags of the mapping at an address, as `/proc/self/smaps` has them.
#[track_caller]
fn flags(address: usize) -> Vec<String> {
    let maps = ok("smaps", fs::read_to_string("/proc/self/smaps"));
    let from = maps
        .find(&format!("{address:x}-"))
        .expect("the mapping is listed");
    let line = maps[from..]
        .lines()
        .find(|line| line.starts_with("VmFlags"));
    let words = line.expect("it has flags").split_whitespace().skip(1);
    words.map(String::from).collect()
}

fn mapping_neither_grows_nor_is_dumped() {
    let port = Bus::new().create();
    let mut map = ok("the ring", ring(&port, 2 * PAGE));
    let page = ok("the cursor", map_cursor(&port));
    for (what, address, may_write) in [
        ("ring", map.address(), false),
        ("cursor", page.address(), true),
    ] {
        let flags = flags(address);
        let has = |flag: &str| flags.iter().any(|one| one == flag);
        holds(format_args!("{what} is shared ({flags:?})"), has("sh"));
        holds(format_args!("{what} does not grow"), has("de"));
        holds(format_args!("{what} is not dumped"), has("dd"));
        same(format_args!("{what} may be written"), has("mw"), may_write);
        holds(format_args!("{what} is never executed"), !has("me"));
    }
    fails("mremap to more", map.resize(3 * PAGE), libc::EFAULT);
}

fn mapping_may_shrink_move_and_be_covered() {
    let bus = Bus::new();
    let (port, other) = (bus.create(), bus.join());
    let mut map = ok("the ring", ring(&port, 3 * PAGE));
    ok("mremap to less", map.resize(PAGE));
    say(&other, b"x");
    same("messages", map.word(at::PUBLISHED).load(Relaxed), 1);
    let page = ok("the cursor", map_cursor(&port));
    let again = ok("the cursor again", map_cursor(&port));
    page.word(0).store(1, Relaxed);
    same("another mapping of it", again.word(0).load(Relaxed), 1);
    ok("covering it", page.cover());
    page.word(0).store(77, Relaxed);
    same("the other", again.word(0).load(Relaxed), 1);
    hear_nothing(&port);
    ok("covering the ring", map.cover());
    same("fresh memory", map.word(at::PUBLISHED).load(Relaxed), 0);
    map.word(at::PUBLISHED).store(7, Relaxed);
    say(&other, b"y");
    hear(&port, b"y");
}

fn pages_that_were_thrown_away_are_gone() {
    let bus = Bus::new();
    let (port, other) = (bus.create(), bus.join());
    let reader = Process::start(|_| {
        let map = ok("the ring", ring(&port, PAGE));
        for advice in [libc::MADV_COLD, libc::MADV_PAGEOUT, libc::MADV_RANDOM] {
            // Refused or not, it changes nothing.
            let _ = map.advise(advice);
            same("messages", map.word(at::PUBLISHED).load(Relaxed), 0);
        }
        fails("MADV_REMOVE", map.advise(libc::MADV_REMOVE), libc::EACCES);
        ok("MADV_DONTNEED", map.advise(libc::MADV_DONTNEED));
        map.word(at::PUBLISHED).load(Relaxed);
    });
    let (_, status) = ok("waitpid", process::wait(reader.pid, 0));
    same("signal", libc::WTERMSIG(status), libc::SIGBUS);
    say(&other, b"others live on");
    hear(&port, b"others live on");
}

fn mapping_holds_the_port() {
    let bus = Bus::new();
    let (port, other) = (bus.create(), bus.join());
    same("ports taken", value(&bus, "used"), "2".into());
    let map = ok("the ring", ring(&other, RING));
    ok("close", other.close());
    say(&port, b"x");
    same("messages", map.word(at::PUBLISHED).load(Relaxed), 1);
    same(
        "ports taken as long as it is mapped",
        value(&bus, "used"),
        "2".into(),
    );
    drop(map);
    same(
        "ports taken when it is unmapped",
        value(&bus, "used"),
        "1".into(),
    );
}

fn mapping_outlives_the_network() {
    let bus = Bus::new();
    let creator = bus.create();
    let reader = bus.join();
    let map = ok("the ring", ring(&reader, RING));
    let page = ok("the cursor", map_cursor(&reader));
    say(&creator, b"x");
    ok("IPN_TERMINATE", creator.ioctl(IPN_TERMINATE));
    ok("close", creator.close());
    ok("close", reader.close());
    same("messages", map.word(at::PUBLISHED).load(Relaxed), 1);
    page.word(0).store(5, Relaxed);
    ok("unlink", fs::remove_file(&bus.path));
    let _another = bus.create();
    same("messages", map.word(at::PUBLISHED).load(Relaxed), 1);
    same("cursor", page.word(0).load(Relaxed), 5);
}

fn right_is_kept_when_it_is_given_up() {
    let bus = Bus::new();
    let (port, other) = (bus.create_with(&lossless(2)), bus.join());
    let map = ok("the ring", ring(&other, PAGE));
    ok("the cursor", map_cursor(&other));
    ok("shutdown(SHUT_RD)", other.shutdown(libc::SHUT_RD));
    refused("once it does not receive", &other, libc::EACCES);
    // It holds nobody up any more, and still sees what it has mapped.
    (0..10).for_each(|n| say_number(&port, n));
    same("messages", map.word(at::PUBLISHED).load(Relaxed), 10);
    fails("recv", other.recv(&mut [0; 8], NOW), libc::EPIPE);
}

fn child_has_it_too() {
    let bus = Bus::new();
    let (port, other) = (bus.create(), bus.join());
    let map = ok("the ring", ring(&other, PAGE));
    let page = ok("the cursor", map_cursor(&other));
    (0..3).for_each(|n| say_number(&port, n));
    let child = Process::start(|line| {
        same("messages", map.word(at::PUBLISHED).load(Relaxed), 3);
        page.word(0).store(2, Relaxed);
        line.tell(0);
        line.hear();
    });
    child.line.hear();
    same(
        "the position that the child wrote",
        page.word(0).load(Relaxed),
        2,
    );
    hear_number(&other, 2);
    child.line.tell(0);
    child.ends_well();
}
