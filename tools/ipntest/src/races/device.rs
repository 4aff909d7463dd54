// SPDX-License-Identifier: GPL-2.0
//! What happens to a network against what happens to a device that is its port.

use crate::abi::*;
use crate::device::lab::*;
use crate::ktap::remark;
use crate::lab::amounts::{self, Amount};
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, Process};
use crate::pace;
use crate::races::race::{Deed, Race, QUIET};
use crate::sys::mount;
use crate::sys::netdev::Request;
use crate::sys::poll::poll;
use crate::sys::process;
use crate::sys::socket::{dup2, socket, Sock};
use crate::sysfs::lab::value;
use std::fs::{self, File};

cases!["races_device":
    network_against_tap @ 240,
    network_against_grabbed @ 240,
    end_of_a_namespace @ 240,
];

/// A network with its keeper's port, and the manager whose port is a device.
struct Scene {
    bus: Bus,
    keeper: Sock,
    manager: Sock,
    /// A packet socket at the device, or at its peer.
    host: Sock,
    /// For requests about devices.
    inet: Sock,
    nothing: File,
    device: &'static str,
}

impl Scene {
    fn copy(&self) -> Scene {
        Scene {
            bus: self.bus.clone(),
            keeper: self.keeper.clone(),
            manager: self.manager.clone(),
            host: self.host.clone(),
            inet: self.inet.clone(),
            nothing: ok("dup", self.nothing.try_clone()),
            device: self.device,
        }
    }

    fn set_flags(&self, flags: i32) {
        let mut request = Request::of(self.device).with_flags(flags as u16);
        drop(self.inet.request(libc::SIOCSIFFLAGS, &mut request));
    }
}

/// What processes do with the network, whatever it answers.
const OF_THE_NETWORK: &[Deed<Scene>] = &[
    ("send to it", |s| {
        (0..6).for_each(|n| drop(s.keeper.send(&frame(n, 60), QUIET)));
    }),
    ("receive from it", |s| {
        (0..6).for_each(|_| drop(s.keeper.recv(&mut [0; 2000], NOW)));
    }),
    ("poll", |s| {
        (0..6).for_each(|_| drop(poll(&s.keeper, libc::POLLIN | libc::POLLOUT, 0)));
        drop(poll(&s.manager, libc::POLLIN, 0));
    }),
    ("questions about its messages", |s| {
        (0..6).for_each(|_| drop(s.manager.ioctl_int(libc::FIONREAD)));
        drop(s.manager.recv(&mut [0; 2000], NOW));
    }),
    ("close of the manager", |s| {
        ok("dup2", dup2(&s.nothing, &s.manager));
    }),
    ("shutdown of the manager", |s| {
        drop(s.manager.shutdown(libc::SHUT_RDWR));
    }),
    ("IPN_TERMINATE", |s| drop(s.keeper.ioctl(IPN_TERMINATE))),
    ("ports", |s| {
        for ports in [2, 30, 2] {
            drop(s.keeper.set(IPN_SO_CHANGE_NUMNODES, ports));
        }
    }),
    ("keep it", |s| {
        drop(s.manager.ioctl_number(IPN_SETPERSIST, 1));
        drop(s.manager.ioctl_number(IPN_SETPERSIST, 0));
    }),
    ("keep it by name", |s| {
        drop(about(&s.keeper, IPN_SETPERSIST_NETDEV, s.device));
        drop(about(&s.keeper, IPN_CLRPERSIST_NETDEV, s.device));
    }),
    ("serve it", |s| {
        let other = open();
        drop(other.bind(&s.bus.addr));
        drop(about(&other, IPN_JOIN_NETDEV, s.device));
    }),
    ("another device", |s| {
        let other = open();
        drop(other.bind(&s.bus.addr));
        drop(tap(&other, ""));
        drop(grab(&other, s.device));
    }),
];

/// What the host does with the device.
const OF_THE_DEVICE: &[Deed<Scene>] = &[
    ("frames from it", |s| {
        (0..6).for_each(|n| drop(s.host.send(&frame(n, 60), NOW)));
    }),
    ("frames to it are read", |s| {
        (0..6).for_each(|_| drop(s.host.recv(&mut [0; 2000], NOW)));
    }),
    ("down and up", |s| {
        s.set_flags(0);
        s.set_flags(libc::IFF_UP);
    }),
    ("carrier off and on", |s| {
        for there in ["0", "1"] {
            drop(fs::write(device_file(s.device, "carrier"), there));
        }
    }),
    ("its port is looked up", |s| {
        for file in ["ipn_port/network", "ipn_port/port"] {
            drop(fs::read(device_file(s.device, file)));
        }
    }),
    ("another address", |s| {
        let mut request = Request::of("").with_address(STATION);
        drop(s.manager.request(SIOCSIFHWADDR, &mut request));
    }),
    ("another MTU", |s| {
        for mtu in [500_i32, 1500] {
            let mut request = Request::of(s.device);
            request.value[..4].copy_from_slice(&mtu.to_ne_bytes());
            drop(s.inet.request(libc::SIOCSIFMTU, &mut request));
        }
    }),
    ("another name", |s| {
        s.set_flags(0);
        let mut request = Request::of(s.device);
        request.value[..4].copy_from_slice(b"else");
        drop(s.inet.request(libc::SIOCSIFNAME, &mut request));
    }),
    ("ip link del", |s| {
        let _ = try_ip(&format!("link del {}", s.device));
    }),
];

/// How many processes race side by side, each with devices of its own: to end one takes time, most of
/// it waiting.
const WORKERS: usize = 12;

/// Each against each; `prepare` has the device made. Without time for all of them, on the
/// debug kernel, chance picks some.
fn race(device: &'static str, heard_at: &'static str, prepare: fn(&Sock), tidy: fn()) {
    let mut race = Race::of(15);
    let mut pairs: Vec<_> = OF_THE_NETWORK
        .iter()
        .flat_map(|one| OF_THE_DEVICE.iter().map(move |two| (one, two)))
        .collect();
    race.shuffle(&mut pairs);
    let workers: Vec<_> = (0..WORKERS)
        .map(|number| {
            let share = pairs.iter().skip(number).step_by(WORKERS);
            Process::start(|line| {
                let mut race = race.share(number as u64);
                own_network();
                let mut tried = 0;
                for (one, two) in share {
                    if race.is_over() && pace::factor() > 1 {
                        break;
                    }
                    let scene = set(number, device, heard_at, prepare);
                    let copy = scene.copy();
                    let first = one.1;
                    race.run(move || first(&copy), || two.1(&scene));
                    is_well(scene, (one.0, two.0));
                    tidy();
                    tried += 1;
                }
                line.tell(tried);
            })
        })
        .collect();
    let tried: u64 = workers.iter().map(|worker| worker.line.hear()).sum();
    workers.into_iter().for_each(Process::ends_well);
    remark(format_args!("{tried} of {} pairs", pairs.len()));
}

fn set(number: usize, device: &'static str, heard_at: &str, prepare: fn(&Sock)) -> Scene {
    let bus = Bus::named(&number.to_string());
    let keeper = bus.create();
    let manager = bus.manage();
    prepare(&manager);
    Scene {
        host: listener(heard_at),
        inet: ok("socket", socket(libc::AF_INET, libc::SOCK_DGRAM, 0)),
        nothing: ok("/dev/null", File::open("/dev/null")),
        bus,
        keeper,
        manager,
        device,
    }
}

/// The network works still, unless it was ended; when all are gone so is what they made.
#[track_caller]
fn is_well(scene: Scene, (one, two): (&str, &str)) {
    let Scene {
        bus,
        keeper,
        manager,
        host,
        device,
        ..
    } = scene;
    drop(host);
    let flags = ok("IPN_SO_FLAGS", keeper.get(IPN_SO_FLAGS));
    same(
        format_args!("{one} against {two}: the network has ended"),
        flags & IPN_FLAG_TERMINATED != 0,
        one == "IPN_TERMINATE",
    );
    if one != "IPN_TERMINATE" {
        while keeper.recv(&mut [0; 2000], NOW).is_ok() {}
        let port = open();
        // The number of ports may be what it was changed to.
        ok("ports", keeper.set(IPN_SO_CHANGE_NUMNODES, 64));
        ok("connect", port.connect(&bus.addr));
        say(&port, &frame(7, 60));
        hears(&keeper, &frame(7, 60));
    }
    drop(manager);
    for name in [device, "else"] {
        let _ = about(&keeper, IPN_CLRPERSIST_NETDEV, name);
    }
    drop(keeper);
    let _ = fs::remove_file(&bus.path);
}

fn network_against_tap() {
    race(
        "ipn7",
        "ipn7",
        |manager| tap_up(manager, "ipn7"),
        || {
            for name in ["ipn7", "else", "ipn0"] {
                wait_until("the tap is gone", || !exists(name));
            }
        },
    );
}

fn network_against_grabbed() {
    race(
        "v0",
        "veth0",
        |manager| {
            if !exists("v0") {
                veth();
            }
            ok("a grab", grab(manager, "v0"));
        },
        || {
            if exists("else") {
                ip("link del else");
            }
        },
    );
}

/// A process with a network namespace of its own, with a tap and a grabbed device in it, is killed
/// while frames go both ways.
fn end_of_a_namespace() {
    let bus = Bus::new();
    let keeper = bus.create();
    let race = Race::of(6);
    let mut round = 0;
    while !race.is_over() || round < 4 {
        let dying = Process::start(|line| {
            ok("own network", mount::own_network());
            veth();
            let (one, two) = (bus.manage(), bus.manage());
            tap_up(&one, "ipn7");
            ok("a grab", grab(&two, "v0"));
            let hosts = [listener("ipn7"), listener("veth0")];
            if round % 2 == 0 {
                // The namespace ends with its devices kept.
                ok("persist", one.ioctl_number(IPN_SETPERSIST, 1));
                ok("persist", two.ioctl_number(IPN_SETPERSIST, 1));
            }
            line.tell(1);
            loop {
                hosts
                    .iter()
                    .for_each(|host| drop(host.send(&frame(1, 60), NOW)));
                hosts
                    .iter()
                    .for_each(|host| drop(host.recv(&mut [0; 2000], NOW)));
            }
        });
        same("the devices are there", dying.line.hear(), 1);
        for n in 0..40 {
            drop(keeper.send(&frame(n, 60), NOW));
            while keeper.recv(&mut [0; 2000], NOW).is_ok() {}
            if n == 20 {
                ok("kill", process::kill(dying.pid, libc::SIGKILL));
            }
        }
        ok("waitpid", process::wait(dying.pid, 0));
        wait_until("the ports are given back", || value(&bus, "used") == "1");
        round += 1;
        amounts::add(Amount::Races, 1);
    }
    while keeper.recv(&mut [0; 2000], NOW).is_ok() {}
    let port = bus.join();
    say(&port, b"still well");
    hear(&keeper, b"still well");
}
