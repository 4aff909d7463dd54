// SPDX-License-Identifier: GPL-2.0
//! The same of ports that are network devices.

use crate::abi::*;
use crate::device::lab::*;
use crate::faults::fault::{
    own_bus, trial, try_each, Stage, Trial, DEVICES, EACH, MEMORY_AND_USER,
};
use crate::faults::{descriptors, look};
use crate::lab::bus::*;
use crate::lab::check::{ok, same};
use crate::lab::runner::cases;
use crate::lab::task::wait_until;
use crate::sys::netdev::Request;
use crate::sys::socket::Sock;
use std::fs;
use std::io;

cases!["faults_device":
    making @ 60,
    closing @ 60,
    keeping_and_joining @ 60,
    frames @ 60,
];

const DEVICE: &str = "ipn7";

/// A network with a port, and a manager that makes a device or has made one.
struct Scene {
    bus: Bus,
    port: Sock,
    manager: Option<Sock>,
    /// Whose frames are counted, how many there were, and who is at its other side.
    counted: Option<(&'static str, u64, Sock)>,
}

impl Scene {
    /// The socket at the other side of the device.
    fn host(&self) -> &Sock {
        &self.counted.as_ref().expect("a counted device").2
    }

    fn manager(&self) -> &Sock {
        self.manager.as_ref().expect("a manager is on the stage")
    }

    fn close(&mut self) -> io::Result<()> {
        self.manager.take().expect("a manager").close()
    }
}

/// Frames that a device has got from its network or given to it, those lost among them.
fn frames_of(device: &str) -> u64 {
    let counted = counters(device);
    counted.rx + counted.rx_dropped + counted.tx + counted.tx_dropped
}

impl Stage for Scene {
    fn state(&self) -> String {
        let table = ok("/proc/net/dev", fs::read_to_string("/proc/net/dev"));
        let devices: Vec<&str> = table
            .lines()
            .filter_map(|l| l.split_once(':'))
            .map(|d| d.0)
            .collect();
        let manager = self.manager.as_ref().map(look);
        let taken = is_promiscuous("v0");
        let port = look(&self.port);
        let open = descriptors();
        format!("manager: {manager:?}\nport: {port}\ndevices: {devices:?}, v0 taken: {taken}, descriptors: {open}")
    }

    fn check(&self) {
        if let Some((device, before, _)) = &self.counted {
            let what = format!("frames that {device} has counted");
            wait_until(&what, || frames_of(device) > *before);
            same(what, frames_of(device), before + 1);
        }
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        // One that was kept goes now.
        let _ = about(&self.port, IPN_CLRPERSIST_NETDEV, DEVICE);
        let _ = fs::remove_file(&self.bus.path);
    }
}

fn bound() -> Scene {
    let bus = own_bus();
    let manager = bus.manage_new(&[]);
    let port = bus.join();
    Scene {
        bus,
        port,
        manager: Some(manager),
        counted: None,
    }
}

fn with_tap() -> Scene {
    let scene = bound();
    tap_up(scene.manager(), DEVICE);
    scene
}

fn with_grabbed() -> Scene {
    let scene = bound();
    ok("a grab", grab(scene.manager(), "v0"));
    scene
}

/// A tap that is kept and that nobody serves.
fn with_kept_tap() -> Scene {
    let mut scene = with_tap();
    let next = scene.bus.manage();
    ok("persist", scene.manager().ioctl_number(IPN_SETPERSIST, 1));
    ok("close", scene.close());
    scene.manager = Some(next);
    scene
}

fn counting_tap() -> Scene {
    let mut scene = with_tap();
    // What nobody hears is counted once more, as dropped.
    scene.counted = Some((DEVICE, frames_of(DEVICE), listener(DEVICE)));
    scene
}

fn counting_grabbed() -> Scene {
    let mut scene = with_grabbed();
    scene.counted = Some(("v0", frames_of("v0"), listener("veth0")));
    scene
}

/// Devices of this process alone.
pub fn own_devices() {
    own_network();
    same("devices", veth(), ["v0", "veth0"]);
}

/// The kernel says `EINVAL` of a device whose name it has found no memory to copy (`device_add`).
pub const MAKING: &[i32] = &[libc::ENOMEM, libc::ENOBUFS, libc::EFAULT, libc::EINVAL];

fn making() {
    let all: Vec<Trial<Scene>> = vec![
        trial("a tap", bound, MAKING, |scene| {
            tap(scene.manager(), DEVICE).map(drop)
        }),
        trial("a grab", bound, MEMORY_AND_USER, |scene| {
            grab(scene.manager(), "v0")
        }),
    ];
    try_each(DEVICES, own_devices, &all);
}

fn closing() {
    let all: Vec<Trial<Scene>> = vec![
        trial("close of a tap", with_tap, &[], |scene| scene.close()),
        trial("close of a grabbed device", with_grabbed, &[], |scene| {
            scene.close()
        }),
    ];
    try_each(EACH, own_devices, &all);
}

fn keeping_and_joining() {
    let all: Vec<Trial<Scene>> = vec![
        trial("IPN_SETPERSIST", with_tap, MEMORY_AND_USER, |scene| {
            scene.manager().ioctl_number(IPN_SETPERSIST, 1)
        }),
        trial(
            "IPN_SETPERSIST_NETDEV",
            with_tap,
            MEMORY_AND_USER,
            |scene| about(&scene.port, IPN_SETPERSIST_NETDEV, DEVICE),
        ),
        trial(
            "IPN_CLRPERSIST_NETDEV",
            with_kept_tap,
            MEMORY_AND_USER,
            |scene| about(&scene.port, IPN_CLRPERSIST_NETDEV, DEVICE),
        ),
        trial("IPN_JOIN_NETDEV", with_kept_tap, MEMORY_AND_USER, |scene| {
            about(scene.manager(), IPN_JOIN_NETDEV, DEVICE)
        }),
        trial("SIOCSIFHWADDR", with_tap, MEMORY_AND_USER, |scene| {
            let mut request = Request::of(DEVICE).with_address(STATION);
            scene.manager().request(SIOCSIFHWADDR, &mut request)
        }),
    ];
    try_each(EACH, own_devices, &all);
}

fn frames() {
    let all: Vec<Trial<Scene>> = vec![
        trial("a frame to a tap", counting_tap, MEMORY_AND_USER, |scene| {
            scene.port.send(&frame(1, 60), NOW).map(drop)
        }),
        trial(
            "a frame to a grabbed device",
            counting_grabbed,
            MEMORY_AND_USER,
            |scene| scene.port.send(&frame(1, 60), NOW).map(drop),
        ),
        trial(
            "a frame from a tap",
            counting_tap,
            MEMORY_AND_USER,
            |scene| scene.host().send(&frame(1, 60), NOW).map(drop),
        ),
        trial(
            "a frame from a grabbed device",
            counting_grabbed,
            MEMORY_AND_USER,
            |scene| scene.host().send(&frame(1, 60), NOW).map(drop),
        ),
    ];
    try_each(EACH, own_devices, &all);
}
