// SPDX-License-Identifier: GPL-2.0
//! Devices that go while something else is done with them.

use crate::abi::*;
use crate::device::lab::*;
use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::{program, succeeds};
use crate::lab::runner::{cases, directory};
use crate::lab::task::{wait_until, User};
use crate::pace::soon;
use crate::sys::mount;
use crate::sys::process::{idle, stay_on};
use crate::sys::socket::{socket, Sock};
use std::fs::{self, File};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

cases!["device_races":
    deleter_waits_for_nobody @ 60,
    end_waits_for_no_file_system @ 40,
];

/// A message of route netlink that deletes an interface.
fn deletion(name: &str) -> Vec<u8> {
    let mut attribute = name.as_bytes().to_vec();
    attribute.push(0);
    let length = 4 + attribute.len();
    attribute.resize(attribute.len().next_multiple_of(4), 0);
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_ACK;
    let mut message = Vec::new();
    message.extend((16 + 16 + 4 + attribute.len() as u32).to_ne_bytes());
    message.extend(libc::RTM_DELLINK.to_ne_bytes());
    message.extend((flags as u16).to_ne_bytes());
    message.extend([0; 8]);
    // A `struct ifinfomsg`: any family, no index.
    message.extend([0; 16]);
    message.extend((length as u16).to_ne_bytes());
    message.extend(libc::IFLA_IFNAME.to_ne_bytes());
    message.extend(attribute);
    message
}

/// Deletes an interface if it is there: whether it was.
#[track_caller]
fn delete(netlink: &Sock, message: &[u8]) -> bool {
    ok("RTM_DELLINK", netlink.send(message, 0));
    let mut answer = [0; 4096];
    let len = ok("the answer", netlink.recv(&mut answer, 0));
    let error = answer[..len].get(16..20).expect("a whole answer");
    match -i32::from_ne_bytes(error.try_into().expect("four bytes")) {
        0 => true,
        libc::ENODEV => false,
        other => panic!("RTM_DELLINK: {}", io::Error::from_raw_os_error(other)),
    }
}

/// The one who makes the interface gets little of a processor, so that it is often deleted in the
/// middle of that.
fn deleter_waits_for_nobody() {
    const FOR: Duration = Duration::from_secs(6);
    own_network();
    let bus = Bus::new();
    let _keeper = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    let over = AtomicBool::new(false);
    let deleted = AtomicU32::new(0);
    thread::scope(|threads| {
        threads.spawn(|| {
            // On one processor all three share it.
            let _ = stay_on(1);
            let netlink = socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE);
            let netlink = ok("a netlink socket", netlink);
            let message = deletion("race0");
            while !over.load(SeqCst) {
                if delete(&netlink, &message) {
                    deleted.fetch_add(1, SeqCst);
                }
            }
        });
        threads.spawn(|| {
            ok("stay_on", stay_on(0));
            while !over.load(SeqCst) {
                let start = Instant::now();
                while start.elapsed() < Duration::from_millis(4) {}
                thread::sleep(Duration::from_micros(20));
            }
        });
        ok("stay_on", stay_on(0));
        ok("idle", idle());
        let start = Instant::now();
        let mut made = 0;
        while start.elapsed() < FOR {
            let manager = bus.manage();
            match tap(&manager, "race0") {
                Ok(_) => {}
                Err(error) => same(
                    "error of a tap that goes at once",
                    error.raw_os_error(),
                    Some(libc::ENODEV),
                ),
            }
            made += 1;
            // The socket stays open meanwhile.
            wait_until("the interface is deleted", || deleted.load(SeqCst) == made);
            wait_until("its port is free", || open().connect(&bus.addr).is_ok());
            drop(manager);
        }
        over.store(true, SeqCst);
    });
}

/// A file that was removed goes for good with the last hold on it, here that of a network that ends
/// with its device. On a frozen file system that waits, and must not wait with the lock of all devices.
fn end_waits_for_no_file_system() {
    const ROOT: User = User { id: 0, groups: &[] };
    own_network();
    load_stock("loop");
    load_stock("ext4");
    ok("own mount namespace", mount::own_namespace());
    let (image, place) = (directory().join("image"), directory().join("fs"));
    ok("mkdir", fs::create_dir(&place));
    ok("image", fs::write(&image, vec![0; 1 << 20]));
    let [image, at] = [&image, &place].map(|path| path.to_str().expect("a text"));
    succeeds(program("mke2fs", ROOT, &["-F", image]), b"");
    let mounting = ["-t", "ext2", "-o", "loop", image, at];
    succeeds(program("mount", ROOT, &mounting), b"");

    let bus = Bus::named("fs/bus");
    let manager = bus.manage_new(&[]);
    tap_up(&manager, "ipn0");
    ok("IPN_SETPERSIST", manager.ioctl_number(IPN_SETPERSIST, 1));
    ok("close", manager.close());
    ok("unlink", fs::remove_file(&bus.path));
    let root = ok("open", File::open(&place));
    ok("FIFREEZE", mount::set_frozen(&root, true));
    let deleter = thread::spawn(|| ip("link del ipn0"));
    let start = Instant::now();
    while !deleter.is_finished() && start.elapsed() < soon() {
        thread::sleep(Duration::from_millis(2));
    }
    let waited = !deleter.is_finished();
    ok("FITHAW", mount::set_frozen(&root, false));
    holds("the deletion did not wait", !waited);
    deleter.join().expect("the deletion ends well");
    drop(root);
    // The network has let go of its file.
    wait_until("the file system can go", || mount::unmount(&place).is_ok());
}
