// SPDX-License-Identifier: GPL-2.0

//! What network devices call: `netdev.c`, `tap.c` and `grab.c`.

use crate::{
    abi::errno::Errno,
    delivery,
    device::{self, napi},
    network::holder::Holder,
    rust::{bindings, glue::netdev::Turn, net::message::Payload},
    socket::{Endpoint, IpnSock},
};
use kernel::prelude::*;

/// A packet that comes from a device.
///
/// # Invariants
///
/// `skb` is valid and has `len` bytes.
struct Arrival {
    skb: *mut bindings::sk_buff,
    len: usize,
}

impl Payload for Arrival {
    const FROM_PROCESS: bool = false;

    fn len(&self) -> usize {
        self.len
    }

    fn more_follows(&self) -> bool {
        false
    }

    unsafe fn copy_atomic(&mut self, to: *mut u8, len: usize) -> bool {
        // SAFETY: `to` has room by the caller's promise, and the function checks the packet.
        unsafe { bindings::ipn_helper_skb_copy(self.skb, to.cast(), len as u32) }
    }
}

/// A device's packet enters the network; the packet stays the caller's.
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
    // INVARIANT: by this function's requirements.
    let mut arrival = Arrival {
        skb,
        len: len as usize,
    };
    let sent = match sock.seat.as_ref() {
        Some(seat) => delivery::inject(sock, seat, &mut arrival),
        None => Err(Errno::NOTCONN),
    };
    kernel::error::from_result(|| sent.map(|()| 0).map_err(Error::from))
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
