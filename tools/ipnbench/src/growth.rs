// SPDX-License-Identifier: GPL-2.0

//! Whether a message costs more where there are many networks, or many addresses learned.

use crate::clock;
use crate::media::{Setting, FRAME_MIN};
use crate::record::Measure;
use crate::run::{tell_of, Run};
use ipn::switch::Limits;
use ipn::{Builder, Policy, Port};
use rustix::net::{recv, send, RecvFlags, SendFlags};
use std::fs;
use std::io;

/// So many networks, and addresses.
const NETWORKS: [usize; 5] = [1, 10, 100, 1000, 10_000];
const ADDRESSES: [usize; 5] = [10, 100, 1000, 10_000, 100_000];
/// Messages that wait together.
const DEPTH: u32 = 8;

/// Measures both.
pub fn measure(run: &Run) -> io::Result<()> {
    if run.turns.is_some() {
        return Ok(());
    }
    networks(run)?;
    addresses(run)
}

fn networks(run: &Run) -> io::Result<()> {
    let setting = Setting {
        bytes: 12,
        receivers: 1,
        sleep: false,
    };
    let small = Builder::new().pool(2 * DEPTH).mtu(64).ports(2);
    let mut ports: Vec<Port> = Vec::new();
    for count in NETWORKS {
        while ports.len() < count {
            let path = format!("/tmp/ipnbench{}", ports.len());
            let port = small.bind(path).and_then(|manager| Ok(manager.connect()?));
            ports.push(port.map_err(io::Error::other)?);
        }
        // On the newest of them.
        let path = format!("/tmp/ipnbench{}", count - 1);
        let receiver = Port::connect(path).map_err(io::Error::other)?;
        let sender = &ports[count - 1];
        let cost = of_path(sender, &receiver, &mut |_| setting.message())?;
        tell_of(
            Measure::Networks,
            "hub",
            setting,
            count,
            run.clock.figure(cost),
        )?;
    }
    for number in 0..ports.len() {
        fs::remove_file(format!("/tmp/ipnbench{number}"))?;
    }
    Ok(())
}

fn addresses(run: &Run) -> io::Result<()> {
    let setting = Setting {
        bytes: FRAME_MIN,
        receivers: 1,
        sleep: false,
    };
    let path = "/tmp/ipnbench";
    let manager = Builder::new().policy(Policy::SWITCH).bind(path);
    let manager = manager.map_err(io::Error::other)?;
    let join = || Port::connect(path).map_err(io::Error::other);
    let (sender, receiver) = (join()?, join()?);
    fs::remove_file(path)?;
    let network = manager.network();
    let switch = network.switch();
    let most = ADDRESSES[ADDRESSES.len() - 1] as u32;
    let limits = Limits::new(most + 1, most + 1);
    switch.set_ageing(None).map_err(io::Error::other)?;
    switch.set_limits(limits).map_err(io::Error::other)?;
    let mut learned = 0;
    for count in ADDRESSES {
        let mut frame = setting.message();
        while learned < count {
            frame[6..12].copy_from_slice(&station(learned));
            send(&receiver, &frame, SendFlags::empty())?;
            learned += 1;
        }
        let known = switch.statistics().map_err(io::Error::other)?.addresses;
        if known < count as u64 {
            let text = format!("the switch has learned {known} of {count} addresses");
            return Err(io::Error::other(text));
        }
        // They are all at the receiver; each frame is for another one.
        let cost = of_path(&sender, &receiver, &mut |number| {
            let mut frame = setting.message();
            frame[..6].copy_from_slice(&station(number * 7919 % count));
            frame
        })?;
        let value = run.clock.figure(cost);
        tell_of(Measure::Addresses, "switch", setting, count, value)?;
    }
    Ok(())
}

/// The address of one of many.
fn station(number: usize) -> [u8; 6] {
    let [.., a, b, c, d] = number.to_be_bytes();
    [2, 1, a, b, c, d]
}

/// What a message costs from a port to another: each of those that `message` makes of a number.
fn of_path(
    sender: &Port,
    receiver: &Port,
    message: &mut dyn FnMut(usize) -> Vec<u8>,
) -> io::Result<f64> {
    let messages: Vec<Vec<u8>> = (0..1024).map(message).collect();
    let mut room = vec![0; messages[0].len()];
    let mut next = messages.iter().cycle();
    while recv(receiver, &mut room[..], RecvFlags::DONTWAIT).is_ok() {}
    let cost = clock::measure(
        &mut (&mut next, &mut room),
        |(next, _)| {
            for _ in 0..DEPTH {
                send(
                    sender,
                    next.next().map_or(&[][..], |m| m),
                    SendFlags::empty(),
                )?;
            }
            Ok(())
        },
        |(_, room)| {
            for _ in 0..DEPTH {
                recv(receiver, &mut room[..], RecvFlags::DONTWAIT)?;
            }
            Ok(())
        },
    )?;
    Ok((cost.first + cost.second) / f64::from(DEPTH))
}
