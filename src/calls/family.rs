// SPDX-License-Identifier: GPL-2.0

//! The family as the kernel calls it.

use crate::{
    abi::errno::Errno,
    calls::{fdinfo, ioctl, names, sockopt},
    device, membership,
    network::{holder::Holder, managers},
    policy::{Layout, Policy},
    registry,
    ring::port::{BOTH_SHUT, RECEIVE_SHUT},
    rust::{
        glue::netdev,
        mm::mmap::NewMapping,
        net::{
            family::Family,
            fdinfo::FdInfo,
            message::{Incoming, Outgoing},
            socket::{is_message_type, is_reliable_type, ADDRESS_LEN, FAMILY},
            sockopt::{OptionReader, OptionWriter},
        },
        sync::atomic::full_barrier,
    },
    socket::{mapping, poll, recv, rights::Rights, send, state::State, Endpoint, IpnSock},
    wakeup::{self, readers::await_signal, refused::look_later, room::await_room},
};
use kernel::prelude::*;

/// A socket that is bound and has no port is closed.
fn resign(sock: &IpnSock) {
    if let Some(network) = sock.network() {
        membership::remove_manager(network, sock);
        registry::leave(network, managers::key(sock));
    }
}

impl Family for Endpoint {
    const NAME: &'static CStr = c"IPN";

    fn create(kind: u32, protocol: i32, kernel: bool) -> Result<impl PinInit<Self, Error>> {
        let is_reliable = is_reliable_type(kind);
        if !is_message_type(kind) && !is_reliable {
            return Err(Errno::SOCKTNOSUPPORT.into());
        }
        let protocol = u32::try_from(protocol).map_err(|_| Errno::PROTONOSUPPORT)?;
        let policy = Policy::find(protocol)?;
        if is_reliable && policy.layout() != Layout::Shared {
            return Err(Errno::PROTONOSUPPORT.into());
        }
        Ok(Self::new(protocol, is_reliable, kernel))
    }

    fn release(sock: &IpnSock) {
        let state = core::mem::replace(&mut sock.control.lock().state, State::Fresh);
        match state {
            State::Fresh => {}
            State::Bound(_) => resign(sock),
            State::Serving(device) => {
                device::release_joined(&device);
                resign(sock);
            }
            State::Connected { .. } if sock.device.is_there() => device::release_served(sock),
            State::Connected { .. } => device::leave(sock),
        }
    }

    fn bind(sock: &IpnSock, address: &[u8]) -> Result {
        names::bind(sock, address)
    }

    fn connect(sock: &IpnSock, address: &[u8]) -> Result {
        names::connect(sock, address)
    }

    fn name(sock: &IpnSock, _peer: bool) -> Result<([u8; ADDRESS_LEN], usize)> {
        let _control = sock.control()?;
        let network = sock.network().ok_or(Errno::NOTCONN)?;
        Ok(network.address.to_sockaddr(FAMILY))
    }

    fn shutdown(sock: &IpnSock, how: i32) -> Result {
        let directions = Rights::directions(how)?;
        let _control = sock.control()?;
        match sock.seat.as_ref() {
            Some(seat) => membership::shut(&seat.network, sock, seat.number, directions),
            None => sock.port.set_shut(directions),
        }
        let shut = sock.port.shut();
        sock.show_shutdown(shut & BOTH_SHUT);
        // A call that is in the middle of a message finds it shut before it gives that to its caller.
        if shut & RECEIVE_SHUT != 0 && sock.device.is_there() {
            netdev::await_turns();
        }
        sock.wake_all();
        Ok(())
    }

    fn wants_signal(sock: &IpnSock) {
        // It wants it, and we look for its port; pairs with `Endpoint::take_seat`.
        full_barrier();
        if let Some(seat) = sock.seat.as_ref() {
            await_signal(&seat.network, seat.number);
            if seat.network.waits() {
                await_room(&seat.network, seat.number);
            }
        }
    }

    fn has_filter(sock: &IpnSock) {
        let Some(seat) = sock.seat.as_ref() else {
            return;
        };
        // Senders may be waiting for what it refuses. Who attached it looks through that.
        if seat.network.waits() {
            sock.has_new_filter.raise();
            if !sock.plan_after_call() {
                look_later(&seat.network, &seat.network.members.lock());
            }
        }
    }

    fn after_call(sock: &IpnSock) {
        let Some(seat) = sock.seat.as_ref() else {
            return;
        };
        // First, as a look for room would have the worker do it.
        let looks = sock.has_new_filter.lower() && Endpoint::is_filtered(sock);
        if looks && Endpoint::skip_refused(sock).is_err() {
            look_later(&seat.network, &seat.network.members.lock());
        }
        wakeup::flush(&seat.network);
    }

    fn map(sock: &IpnSock, mapping: &NewMapping<'_>) -> Result {
        mapping::map(sock, mapping)
    }

    fn poll(sock: &IpnSock, sleeps: bool) -> u32 {
        poll::poll(sock, sleeps)
    }

    fn ioctl(sock: &IpnSock, request: u32, argument: usize) -> Result<i32> {
        ioctl::ioctl(sock, request, argument)
    }

    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(sock: &IpnSock, request: u32, argument: usize) -> Result<i32> {
        ioctl::compat_ioctl(sock, request, argument)
    }

    fn set_option(sock: &IpnSock, level: i32, option: u32, value: &OptionReader) -> Result {
        sockopt::set_option(sock, level, option, value)
    }

    fn show(sock: &IpnSock, to: &FdInfo<'_>) {
        fdinfo::show(sock, to);
    }

    fn get_option(sock: &IpnSock, level: i32, option: u32, value: &mut OptionWriter<'_>) -> Result {
        sockopt::get_option(sock, level, option, value)
    }

    #[inline]
    fn send(sock: &IpnSock, message: Outgoing<'_>) -> Result<usize> {
        send::send(sock, message)
    }

    #[inline]
    fn receive(sock: &IpnSock, place: Incoming<'_>) -> Result<usize> {
        recv::receive(sock, place)
    }
}
