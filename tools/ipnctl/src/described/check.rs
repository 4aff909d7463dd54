// SPDX-License-Identifier: GPL-2.0

//! What cannot be in a description, though each value may be well written: bounds, and what
//! contradicts something else. The first that is found is told.

use super::description::{Description, Place, Step, Wrong};
use super::values::Device;
use ipn::{abi, Shown};
use std::os::unix::ffi::OsStrExt;

/// The first station's bit of an address that means a group.
const GROUP: u8 = 1;

macro_rules! place {
    ($($step:expr),*) => { Place::from([$(Step::from($step)),*]) };
}

/// Checks a whole description.
pub fn check(of: &Description) -> Result<(), Wrong> {
    path(of)?;
    bounds(of)?;
    reliable(of)?;
    devices(of)?;
    cables(of)?;
    if of.policy.map(|policy| policy.0) != Some(ipn::Policy::SWITCH) {
        return hub(of);
    }
    ports(of)?;
    addresses(of)
}

fn wrong<T>(place: Place, what: impl Into<String>) -> Result<T, Wrong> {
    Err((place, what.into()))
}

fn path(of: &Description) -> Result<(), Wrong> {
    let len = of.path.as_os_str().as_bytes().len();
    if !of.path.is_absolute() {
        let what = format!(
            "path is {:?}, which depends on the working directory; write it from the root, as /run/lan",
            Shown::of(&of.path).to_string()
        );
        return wrong(place!["path"], what);
    }
    // A sockaddr_un has room for 108 bytes.
    match len <= 108 {
        true => Ok(()),
        false => wrong(
            place!["path"],
            format!("path has {len} bytes; take a shorter name, of 108 bytes at most"),
        ),
    }
}

fn bounds(of: &Description) -> Result<(), Wrong> {
    let most = |number: i32| number as u32;
    for (key, value, most) in [
        ("mtu", of.mtu, most(abi::IPN_MTU_MAX)),
        // A module parameter may allow more ports, or fewer: the module will tell.
        ("ports", of.ports, most(i32::MAX)),
        ("pool", of.pool, most(abi::IPN_MSGPOOLSIZE_MAX)),
        ("bytes", of.bytes, abi::IPN_BYTES_MAX),
    ] {
        if value.is_some_and(|value| !(1..=most).contains(&value)) {
            let value = value.unwrap_or_default();
            let what = format!("{key} is {value}; take a number from 1 to {most}");
            return wrong(place![key], what);
        }
    }
    if of.pool.is_some() && of.bytes.is_some() {
        let what = "pool and bytes say the same; keep one of them";
        return wrong(place!["bytes"], what);
    }
    let text = of.description.as_deref().unwrap_or_default();
    if text.len() >= abi::IPN_DESCRLEN || text.contains('\0') {
        let what = "description is too long, or has a NUL; write 127 bytes at most";
        return wrong(place!["description"], what);
    }
    if of.policy.is_some_and(|policy| policy.0 == ipn::Policy::ANY) {
        let what = "policy any makes a hub, and joins anything; write what is meant: hub, switch or a number";
        return wrong(place!["policy"], what);
    }
    Ok(())
}

/// What only a reliable bus has is of one, and what it has not is not there.
fn reliable(of: &Description) -> Result<(), Wrong> {
    if of.reliable != Some(true) {
        let said = [
            ("window", of.window.is_some()),
            ("rate", of.rate.is_some()),
            ("history", of.history == Some(true)),
            ("evict", of.evict == Some(true)),
        ];
        return match said.iter().find(|(_, said)| *said) {
            None => Ok(()),
            Some((key, _)) => wrong(
                place![*key],
                format!("{key} is for reliable buses only; add reliable = true, or take it out"),
            ),
        };
    }
    let policy = of.policy.map(|policy| policy.0);
    let said = [
        ("lossless", of.lossless == Some(true)),
        ("one-writer", of.one_writer == Some(true)),
        (
            "policy",
            policy.is_some_and(|policy| policy != ipn::Policy::HUB),
        ),
    ];
    match said.iter().find(|(_, said)| *said) {
        None => Ok(()),
        Some((key, _)) => wrong(
            place![*key],
            format!("a reliable bus is a hub, and neither lossless nor of one writer; take out {key} or reliable"),
        ),
    }
}

/// Each device, with the place that it is described at, and its port.
fn all_devices(of: &Description) -> Vec<(Place, Device, Option<u32>)> {
    let taps = of.tap.iter().enumerate();
    let grabs = of.grab.iter().enumerate();
    taps.map(|(at, tap)| (place!["tap", at], tap.name, tap.port))
        .chain(grabs.map(|(at, grab)| (place!["grab", at], grab.name, grab.port)))
        .collect()
}

fn devices(of: &Description) -> Result<(), Wrong> {
    let all = all_devices(of);
    let with = |place: &Place, key: &'static str| [&place[..], &[key.into()]].concat();
    for (at, (place, name, port)) in all.iter().enumerate() {
        if of.exclusive == Some(true) {
            let what = "an exclusive network has one manager, and none for a device; take out this or exclusive";
            return wrong(place.clone(), what);
        }
        if of.mtu.is_some_and(|mtu| mtu < 82) {
            let what = "a device needs frames of 82 bytes at least; take a greater mtu";
            return wrong(place!["mtu"], what);
        }
        if name.to_string().contains('%') {
            let what =
                format!("{name} leaves a part of the name to the kernel; write the whole name");
            return wrong(with(place, "name"), what);
        }
        let before = &all[..at];
        if before.iter().any(|(_, other, _)| other == name) {
            let what = format!("the device {name} is described above; take another name");
            return wrong(with(place, "name"), what);
        }
        let Some(port) = *port else { continue };
        if before.iter().any(|(_, _, other)| *other == Some(port)) {
            let what = format!("port {port} is another device's above; take another port");
            return wrong(with(place, "port"), what);
        }
        is_port(of, with(place, "port"), port)?;
    }
    for (at, tap) in of.tap.iter().enumerate() {
        let bytes = tap.mac.map_or([2; 6], |mac| mac.0 .0);
        if bytes[0] & GROUP != 0 || bytes == [0; 6] {
            let what = "it is no address of one station; take one whose second digit is even, as 02:00:00:00:00:01";
            return wrong(place!["tap", at, "mac"], what);
        }
        for (number, address) in tap.addresses.iter().enumerate() {
            if tap.addresses[..number].contains(address) {
                let what = format!("{address} is there twice; take one of them out");
                return wrong(place!["tap", at, "addresses", number], what);
            }
        }
    }
    Ok(())
}

fn cables(of: &Description) -> Result<(), Wrong> {
    for (at, cable) in of.cable.iter().enumerate() {
        let here = || place!["cable", at, "url"];
        let url = &cable.url;
        if of.cable[..at].iter().any(|other| other.url == *url) {
            return wrong(
                here(),
                format!("the cable {url} is described above; take one of them out"),
            );
        }
        // It is a device of the network.
        if url.vxlan().is_some() && of.exclusive == Some(true) {
            let what = "an exclusive network has one manager, and none for a device; take out this or exclusive";
            return wrong(here(), what);
        }
        if url.vxlan().is_some() && of.mtu.is_some_and(|mtu| mtu < 82) {
            let what = "a device needs frames of 82 bytes at least; take a greater mtu";
            return wrong(place!["mtu"], what);
        }
    }
    Ok(())
}

/// A port's number is one of the network's.
fn is_port(of: &Description, place: Place, port: u32) -> Result<(), Wrong> {
    let ports = of.ports.unwrap_or(abi::IPN_NUMNODES_DEFAULT as u32);
    match port < ports {
        true => Ok(()),
        false => wrong(
            place,
            format!(
                "the network has the ports 0 to {}, not {port}; take another, or raise ports",
                ports - 1
            ),
        ),
    }
}

/// What only a switch has is not there.
fn hub(of: &Description) -> Result<(), Wrong> {
    let said = [
        ("switch", of.switch.is_some()),
        ("port", !of.port.is_empty()),
        ("static", !of.r#static.is_empty()),
    ];
    match said.iter().find(|(_, said)| *said) {
        None => Ok(()),
        Some((key, _)) => wrong(
            place![*key],
            format!("{key} is for switches only; add policy = \"switch\", or take it out"),
        ),
    }
}

fn ports(of: &Description) -> Result<(), Wrong> {
    for (at, port) in of.port.iter().enumerate() {
        is_port(of, place!["port", at, "number"], port.number)?;
        if of.port[..at]
            .iter()
            .any(|other| other.number == port.number)
        {
            let what = format!("port {} is described above; put both into one", port.number);
            return wrong(place!["port", at, "number"], what);
        }
        for (number, vlans) in port.vlans.iter().enumerate() {
            let here = place!["port", at, "vlans", number];
            let before = &port.vlans[..number];
            let meets = |other: &&super::description::Vlans| {
                other.vid.first <= vlans.vid.last && vlans.vid.first <= other.vid.last
            };
            if let Some(other) = before.iter().find(meets) {
                let what = format!(
                    "VLAN {} is in {} already; name each VLAN once",
                    vlans.vid, other.vid
                );
                return wrong(here, what);
            }
            if vlans.pvid && vlans.vid.first != vlans.vid.last {
                let what = "a port has one PVID; say pvid of a single VLAN";
                return wrong(here, what);
            }
            if vlans.pvid && before.iter().any(|other| other.pvid) {
                let what = "the port has a PVID above; say pvid of one VLAN";
                return wrong(here, what);
            }
        }
    }
    Ok(())
}

fn addresses(of: &Description) -> Result<(), Wrong> {
    if let Some(mirror) = of.switch.as_ref().and_then(|switch| switch.mirror) {
        is_port(of, place!["switch", "mirror"], mirror)?;
    }
    for (at, entry) in of.r#static.iter().enumerate() {
        let here = |key: &'static str| place!["static", at, key];
        is_port(of, here("port"), entry.port)?;
        if entry.mac.0 .0[0] & GROUP != 0 || entry.mac.0 .0 == [0; 6] {
            let what = "it is no address of one station; take one whose second digit is even";
            return wrong(here("mac"), what);
        }
        if entry.vlan.is_some_and(|vlan| !(1..=4094).contains(&vlan)) {
            return wrong(
                here("vlan"),
                "a VLAN is a number from 1 to 4094; take one of those",
            );
        }
        let before = &of.r#static[..at];
        if before
            .iter()
            .any(|other| (other.mac, other.vlan) == (entry.mac, entry.vlan))
        {
            let what = format!("{} is at a port above; a station is at one port", entry.mac);
            return wrong(here("mac"), what);
        }
    }
    Ok(())
}
