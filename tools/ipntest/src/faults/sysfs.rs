// SPDX-License-Identifier: GPL-2.0
//! The same of the files in a network's directory, `/sys/kernel/ipn`.

use crate::device::lab::*;
use crate::faults::device::own_devices;
use crate::faults::fault::{
    own_bus, trial, try_each, Stage, Trial, DEVICES, EACH, MEMORY_AND_USER, REPEATED,
};
use crate::faults::{descriptors, look};
use crate::lab::bus::*;
use crate::lab::check::ok;
use crate::lab::runner::cases;
use crate::sys::socket::Sock;
use crate::sysfs::lab::{directory, write, VALUES};
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

cases!["faults_sysfs":
    reading @ 60,
    making_devices @ 60,
    releasing_devices @ 60,
];

/// A network with a port, its directory, and an open file of that.
struct Scene {
    bus: Bus,
    port: Sock,
    directory: PathBuf,
    file: Option<File>,
}

impl Stage for Scene {
    fn state(&self) -> String {
        let table = ok("/proc/net/dev", fs::read_to_string("/proc/net/dev"));
        let devices: Vec<&str> = table
            .lines()
            .filter_map(|line| Some(line.split_once(':')?.0))
            .collect();
        let (port, open) = (look(&self.port), descriptors());
        let grabbed = exists("v0") && is_promiscuous("v0");
        format!("port: {port}\ndevices: {devices:?}, v0 grabbed: {grabbed}, descriptors: {open}")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let commands = self.directory.join("netdev");
        for device in ["ipn7", "ipn0", "v0"] {
            let _ = fs::write(&commands, format!("release {device}"));
        }
        let _ = fs::remove_file(&self.bus.path);
    }
}

impl Scene {
    fn set() -> Scene {
        let bus = own_bus();
        let port = bus.create();
        Scene {
            directory: directory(&bus),
            bus,
            port,
            file: None,
        }
    }

    fn tell(&mut self, words: &str) -> std::io::Result<()> {
        write(self.file.as_ref().expect("a file"), words)
    }
}

fn commands() -> Scene {
    let mut scene = Scene::set();
    let file = scene.directory.join("netdev");
    scene.file = Some(ok("netdev", File::options().write(true).open(file)));
    scene
}

fn with_tap() -> Scene {
    let mut scene = commands();
    ok("tap", scene.tell("tap ipn7"));
    scene
}

fn with_grabbed() -> Scene {
    let mut scene = commands();
    ok("grab", scene.tell("grab v0"));
    scene
}

fn files() -> impl Iterator<Item = &'static str> {
    VALUES.into_iter().chain(["taken"])
}

/// Each file has been read once: their inodes are there.
fn read_before() -> Scene {
    let scene = Scene::set();
    for name in files() {
        ok(name, fs::read(scene.directory.join(name)));
    }
    scene
}

fn reading() {
    let mut all: Vec<Trial<Scene>> = Vec::new();
    for name in files() {
        all.push(trial(
            format!("reading {name}"),
            read_before,
            MEMORY_AND_USER,
            move |scene| {
                let file = File::open(scene.directory.join(name))?;
                file.read_at(&mut [0; 4096], 0).map(drop)
            },
        ));
    }
    try_each(REPEATED, || (), &all);
}

fn making_devices() {
    let all: Vec<Trial<Scene>> = vec![
        trial("tap", commands, DEVICE_ERRNOS, |scene| {
            scene.tell("tap ipn7")
        }),
        trial("grab", commands, DEVICE_ERRNOS, |scene| {
            scene.tell("grab v0")
        }),
    ];
    try_each(DEVICES, own_devices, &all);
}

fn releasing_devices() {
    let all: Vec<Trial<Scene>> = vec![
        trial("release of a tap", with_tap, DEVICE_ERRNOS, |scene| {
            scene.tell("release ipn7")
        }),
        trial(
            "release of a grabbed device",
            with_grabbed,
            DEVICE_ERRNOS,
            |scene| scene.tell("release v0"),
        ),
    ];
    try_each(EACH, own_devices, &all);
}

/// A socket is made for a moment. For the last see [`MAKING`](crate::faults::device::MAKING).
const DEVICE_ERRNOS: &[i32] = &[
    libc::ENOMEM,
    libc::ENOBUFS,
    libc::EFAULT,
    libc::ENFILE,
    libc::EINVAL,
];
