// SPDX-License-Identifier: GPL-2.0

//! `ipn tap`, `ipn monitor`, `ipn grab` and `ipn release`.

use crate::failure::Failure;
use crate::network_file::is_missing;
use crate::output::{announce, print_line};
use crate::stop::Stop;
use clap::{Args, ValueEnum, ValueHint};
use ipn::{Device, DeviceName, Errno, Failed, Flags, LinkType, Manager, Shown};
use rustix::event::PollFlags;
use rustix::fd::AsFd;
use std::path::{Path, PathBuf};

/// `ipn tap`.
#[derive(Debug, Args)]
pub struct Tap {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// The interface's name [default: ipn0, ipn1 and so on]
    pub name: Option<DeviceName>,
    /// Leave it there when the command ends, which it does at once; release ends it
    #[arg(long)]
    pub persist: bool,
}

/// `ipn monitor`.
#[derive(Debug, Args)]
pub struct Monitor {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// The interface's name [default: ipn0, ipn1 and so on]
    pub name: Option<DeviceName>,
    /// What the messages are [default: ethernet for a switch, else raw]
    #[arg(long, value_name = "TYPE")]
    pub r#type: Option<Type>,
}

/// What messages are to those who capture them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Type {
    /// Ethernet frames, as those of a switch always are
    Ethernet,
    /// Anything: tcpdump and Wireshark have them as data without a link layer (cooked, LINUX_SLL)
    Raw,
}

/// `ipn grab`.
#[derive(Debug, Args)]
pub struct Grab {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// The device
    #[arg(value_name = "DEV")]
    pub name: DeviceName,
    /// Leave it there when the command ends, which it does at once; release frees it
    #[arg(long)]
    pub persist: bool,
}

/// `ipn release`.
#[derive(Debug, Args)]
pub struct Release {
    /// The device
    #[arg(value_name = "DEV")]
    pub name: DeviceName,
}

/// Makes a tap, or serves one that is there and not served.
pub fn tap(args: &Tap) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let wanted = args.name.unwrap_or(DeviceName::ANY);
    let (device, name) = match manager(&args.path)?.tap(wanted) {
        Err(failed) if failed.error().errno() == Errno::EXIST => {
            (serve_instead(failed, wanted)?, wanted)
        }
        made => made?,
    };
    hold(&stop, &args.path, device, name, args.persist)
}

/// Makes an interface that shows what passes.
pub fn monitor(args: &Monitor) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let manager = manager(&args.path)?;
    let link = match args.r#type {
        Some(Type::Ethernet) => LinkType::Ethernet,
        Some(Type::Raw) => LinkType::Raw,
        None if manager.network().switch().statistics().is_ok() => LinkType::Ethernet,
        None => LinkType::Raw,
    };
    let wanted = args.name.unwrap_or(DeviceName::ANY);
    let (device, name) = manager.monitor(wanted, link)?;
    announce(
        &stop,
        &format!(
            "{name} shows the network {}; Ctrl-C ends that",
            Shown::of(&args.path)
        ),
    )?;
    attend(&stop, &args.path, device, name)
}

/// Takes a device, or serves one that the network has and that is not served.
pub fn grab(args: &Grab) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let device = match manager(&args.path)?.grab(args.name) {
        Err(failed) if failed.error().errno() == Errno::BUSY => serve_instead(failed, args.name)?,
        made => made?,
    };
    hold(&stop, &args.path, device, args.name, args.persist)
}

/// Ends a persistent device.
pub fn release(args: &Release) -> Result<(), Failure> {
    Ok(ipn::release_device(args.name)?)
}

/// A manager of a network that is there.
fn manager(path: &Path) -> Result<Manager, Failure> {
    if is_missing(path) {
        return Err(Failure::new(
            format!(
                "cannot add a device to the network {}: there is no such network",
                Shown::of(&path)
            ),
            "check the name, or create the network first with ipn create",
        ));
    }
    Ok(Manager::existing(path)?)
}

/// Serves a device that could not be made because it is there; when it is no network's, that is
/// what there is to say.
fn serve_instead(there: Failed<Manager>, name: DeviceName) -> Result<Device, Failure> {
    let (there, manager) = there.into_parts();
    match manager.serve(name) {
        Err(failed) if failed.error().errno() == Errno::ADDRNOTAVAIL => Err(there.into()),
        served => Ok(served?),
    }
}

/// Holds a device until a signal, or leaves it there.
fn hold(
    stop: &Stop,
    path: &Path,
    device: Device,
    name: DeviceName,
    persist: bool,
) -> Result<(), Failure> {
    let place = Shown::of(&path);
    if persist {
        device.set_persistent(true)?;
        let text = format!("{name} is on the network {place}; ipn release {name} ends it");
        return announce(stop, &text).inspect_err(|_| {
            // What is not told is not left behind either.
            let _ = device.set_persistent(false);
        });
    }
    // One that was persistent is so no longer.
    device.set_persistent(false)?;
    announce(
        stop,
        &format!("{name} is on the network {place}; Ctrl-C ends that"),
    )?;
    attend(stop, path, device, name)
}

/// Holds a device until a signal, or its end, which is told.
fn attend(stop: &Stop, path: &Path, device: Device, name: DeviceName) -> Result<(), Failure> {
    if let Some(end) = wait_for_end(stop, path, device, name)? {
        // That its reader has gone is no fault.
        let _ = print_line(&end);
    }
    Ok(())
}

/// Holds a device until a signal, or its end: what that was.
pub fn wait_for_end(
    stop: &Stop,
    path: &Path,
    device: Device,
    name: DeviceName,
) -> Result<Option<String>, Failure> {
    loop {
        // The end of the network, and of the device, is told whether it is asked for or not.
        match stop.wait(device.as_fd(), PollFlags::empty(), None) {
            Ok(_) => {}
            Err(Failure::Signal(_)) => {
                // The kernel may take longer to end a device than a command that is stuck is given.
                let _busy = stop.busy();
                drop(device);
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        }
        if device.network().flags()?.contains(Flags::TERMINATED) {
            let place = Shown::of(&path);
            return Ok(Some(format!("network {place} was ended by a manager")));
        }
        if device.is_gone()? {
            return Ok(Some(format!("{name} is gone")));
        }
    }
}
