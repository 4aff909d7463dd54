// SPDX-License-Identifier: GPL-2.0

//! What a socket family does.

use crate::rust::{
    mm::mmap::NewMapping,
    net::{
        fdinfo::FdInfo,
        message::{Incoming, Outgoing},
        socket::{Sock, ADDRESS_LEN},
        sockopt::{OptionReader, OptionWriter},
    },
};
use kernel::prelude::*;

/// What the sockets of a family do. Each socket has one value of the implementing type.
///
/// All calls but `poll`, `wants_signal` and `has_filter` come from a process and may sleep. Several may be in progress on one socket,
/// but none is when `release` comes.
pub(crate) trait Family: Sized + Send + Sync + 'static {
    /// The family's name in `/proc/net/protocols`.
    const NAME: &'static CStr;

    /// A new socket of a type (`SOCK_RAW`, ...) and protocol; `kernel` if no descriptor will belong
    /// to it.
    fn create(kind: u32, protocol: i32, kernel: bool) -> Result<impl PinInit<Self, Error>>;

    /// The last descriptor was closed. The value itself lives on while there are references.
    fn release(sock: &Sock<Self>);

    /// `bind(2)`: `address` holds the bytes that the caller gave.
    fn bind(sock: &Sock<Self>, address: &[u8]) -> Result;

    /// `connect(2)`: `address` holds the bytes that the caller gave, none for a NULL address.
    fn connect(sock: &Sock<Self>, address: &[u8]) -> Result;

    /// `getsockname(2)`, `getpeername(2)`: the address's bytes and how many count.
    fn name(sock: &Sock<Self>, peer: bool) -> Result<([u8; ADDRESS_LEN], usize)>;

    /// The owner wants a signal for what comes (`O_ASYNC`), perhaps since just now. It must not sleep.
    fn wants_signal(sock: &Sock<Self>);

    /// The socket has a filter, perhaps since just now. It must not sleep.
    fn has_filter(sock: &Sock<Self>);

    /// `mmap(2)`. The caller's address space is locked: nothing that waits for a page fault is waited
    /// for.
    fn map(sock: &Sock<Self>, mapping: &NewMapping<'_>) -> Result;

    /// `poll(2)`: the `EPOLL*` that hold now. With `sleeps` the caller waits on the socket's queue
    /// afterwards, and must be woken when one comes to hold.
    fn poll(sock: &Sock<Self>, sleeps: bool) -> u32;

    /// `ioctl(2)`.
    fn ioctl(sock: &Sock<Self>, request: u32, argument: usize) -> Result<i32>;

    /// `ioctl(2)` of a 32-bit program on a 64-bit kernel. `ENOIOCTLCMD`: the kernel does with it as with
    /// any socket.
    #[cfg(CONFIG_COMPAT)]
    fn compat_ioctl(sock: &Sock<Self>, request: u32, argument: usize) -> Result<i32>;

    /// `shutdown(2)`: `how` is what the caller gave.
    fn shutdown(sock: &Sock<Self>, how: i32) -> Result;

    /// `setsockopt(2)` beyond `SOL_SOCKET`.
    fn set_option(sock: &Sock<Self>, level: i32, option: u32, value: &OptionReader) -> Result;

    /// `/proc/PID/fdinfo` of a descriptor is read.
    fn show(sock: &Sock<Self>, to: &FdInfo<'_>);

    /// `getsockopt(2)` beyond `SOL_SOCKET`.
    fn get_option(
        sock: &Sock<Self>,
        level: i32,
        option: u32,
        value: &mut OptionWriter<'_>,
    ) -> Result;

    /// A system call for which [`Sock::plan_after_call`] was called has ended. It may sleep.
    fn after_call(sock: &Sock<Self>);

    /// `sendmsg(2)`: how many bytes went.
    fn send(sock: &Sock<Self>, message: Outgoing<'_>) -> Result<usize>;

    /// `recvmsg(2)`: how many bytes came.
    fn receive(sock: &Sock<Self>, place: Incoming<'_>) -> Result<usize>;
}
