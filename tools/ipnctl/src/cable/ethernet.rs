// SPDX-License-Identifier: GPL-2.0

//! A cable for frames: a VXLAN device of the kernel's, which is given to the network.

use super::tunnel::Tunnel;
use super::url::Url;
use super::vxlan::Vxlan;
use crate::complain::complain;
use crate::device::wait_for_end;
use crate::failure::Failure;
use crate::output::{announce, print_line};
use crate::stop::Stop;
use ipn::{Manager, Shown};
use std::path::Path;

/// Bytes of an Ethernet header, which an MTU leaves out.
const HEADER: u32 = 14;

/// Makes the device, gives it to the network, and holds it until a signal or the network's end.
pub fn run(stop: &Stop, path: &Path, url: &Url, to: &Vxlan) -> Result<(), Failure> {
    let manager = Manager::existing(path)?;
    manager.set_description(&url.description())?;
    // From now on there is something that only this process takes away again.
    let busy = stop.busy();
    let tunnel = Tunnel::lay(to)?;
    let name = tunnel.name();
    let device = manager.grab(name)?;
    tunnel.set_up()?;
    let longest = device.network().mtu()? as u32;
    announce(
        stop,
        &format!(
            "cable {url} is on the network {} by {name}: its MTU is {}, as {} has {} and VXLAN takes {}; \
             Ctrl-C ends that",
            Shown::of(path),
            tunnel.mtu(),
            tunnel.way(),
            tunnel.way_mtu(),
            to.overhead()
        ),
    )?;
    if let Some(warning) = too_long(longest, &tunnel, to) {
        complain(&warning.to_string());
    }
    let end = wait_for_end(stop, path, device, name)?;
    tunnel.remove()?;
    drop(busy);
    if let Some(end) = end {
        // That its reader has gone is no fault.
        let _ = print_line(&end);
    }
    Ok(())
}

/// What is to be said where the network has frames that do not pass.
fn too_long(longest: u32, tunnel: &Tunnel, to: &Vxlan) -> Option<Failure> {
    let passes = tunnel.mtu() + HEADER;
    let whole = longest.saturating_sub(HEADER) + to.overhead();
    (longest > passes).then(|| {
        Failure::new(
            format!(
                "frames of the network have {longest} bytes at most, and those over {passes} do not pass: they \
                 are dropped and counted, and never cut in fragments"
            ),
            format!(
                "an MTU of {} at the stations of both sides, or one of {whole} all the way: ip link set {} \
                 mtu {whole}",
                tunnel.mtu(),
                tunnel.way()
            ),
        )
    })
}
