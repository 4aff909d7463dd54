// SPDX-License-Identifier: GPL-2.0

//! What network devices call: `netdev.c`, `tap.c` and `grab.c`.
//!
//! C header: [`include/linux/netdevice.h`](srctree/include/linux/netdevice.h)

use crate::{
    device::{self, napi},
    network::holder::Holder,
    rust::{
        bindings,
        glue::{arrival::Arrival, netdev::Turn},
    },
    socket::{backlog, report, Endpoint, IpnSock},
};
use core::ptr::NonNull;
use kernel::prelude::*;

/// A device's packet enters the network, or waits to; the packet stays the caller's, who changes it no more.
///
/// # Safety
///
/// `sk` must be a socket of this family and `skb` a packet of `len` bytes.
#[no_mangle]
unsafe extern "C" fn ipn_rust_inject(
    sk: *mut bindings::sock,
    skb: *mut bindings::sk_buff,
    len: u32,
) -> i32 {
    // SAFETY: By this function's requirements.
    let sock = unsafe { &*sk.cast::<IpnSock>() };
    kernel::error::from_result(|| {
        let skb = NonNull::new(skb).ok_or(EINVAL)?;
        // SAFETY: By this function's requirements.
        let mut arrival = unsafe { Arrival::from_raw(skb, len as usize) };
        backlog::enter(sock, &mut arrival)?;
        Ok(0)
    })
}

/// A packet of a device, or for it, was dropped for a reason (`IPN_DROP_*`).
///
/// # Safety
///
/// `sk` must be a socket of this family.
#[no_mangle]
unsafe extern "C" fn ipn_rust_device_dropped(sk: *mut bindings::sock, reason: u32) {
    // SAFETY: By this function's requirements.
    let sock = unsafe { &*sk.cast::<IpnSock>() };
    report::drop_of_device(sock, 1, reason);
}

/// The NAPI of a device has a turn of up to `budget` steps; how many there were.
///
/// # Safety
///
/// `sk` must be a socket of this family, `device` that of its port, and the caller in the poll of its
/// NAPI.
#[no_mangle]
unsafe extern "C" fn ipn_rust_device_poll(
    sk: *mut bindings::sock,
    device: *mut bindings::ipn_device,
    budget: i32,
) -> i32 {
    // SAFETY: By this function's requirements.
    let sock = unsafe { &*sk.cast::<IpnSock>() };
    // SAFETY: By this function's requirements.
    unsafe { Turn::begin(sock, device) }.map_or(0, |turn| napi::poll(&turn, budget))
}

/// A grabbed device has sent, and may have room again.
///
/// # Safety
///
/// `sk` must be a socket of this family.
#[no_mangle]
unsafe extern "C" fn ipn_rust_device_writable(sk: *mut bindings::sock) {
    // SAFETY: By this function's requirements.
    let sock = unsafe { &*sk.cast::<IpnSock>() };
    Endpoint::wake_receiver(sock);
}

/// A device goes: its port ends. The caller holds the lock of all devices.
///
/// # Safety
///
/// `sk` must be a socket of this family.
#[no_mangle]
unsafe extern "C" fn ipn_rust_device_gone(sk: *mut bindings::sock) {
    // SAFETY: By this function's requirements.
    let sock = unsafe { &*sk.cast::<IpnSock>() };
    device::gone(sock);
}

/// Comes after `ipn_rust_device_gone`, and may sleep.
///
/// # Safety
///
/// `sk` must be a socket of this family.
#[no_mangle]
unsafe extern "C" fn ipn_rust_device_farewell(sk: *mut bindings::sock) {
    // SAFETY: By this function's requirements.
    let sock = unsafe { &*sk.cast::<IpnSock>() };
    device::end_use(sock);
}
