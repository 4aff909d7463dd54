// SPDX-License-Identifier: GPL-2.0

//! `rust/net/family.rs`: what the sockets of a family do.

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

/// The face of the kernel's `Family`.
pub(crate) trait Family: Sized + Send + Sync + 'static {
    const NAME: &'static CStr;
    fn create(kind: u32, protocol: i32, kernel: bool) -> Result<impl PinInit<Self, Error>>;
    fn release(sock: &Sock<Self>);
    fn bind(sock: &Sock<Self>, address: &[u8]) -> Result;
    fn connect(sock: &Sock<Self>, address: &[u8]) -> Result;
    fn name(sock: &Sock<Self>, peer: bool) -> Result<([u8; ADDRESS_LEN], usize)>;
    fn wants_signal(sock: &Sock<Self>);
    fn has_filter(sock: &Sock<Self>);
    fn map(sock: &Sock<Self>, mapping: &NewMapping<'_>) -> Result;
    fn poll(sock: &Sock<Self>, sleeps: bool) -> u32;
    fn ioctl(sock: &Sock<Self>, request: u32, argument: usize) -> Result<i32>;
    fn shutdown(sock: &Sock<Self>, how: i32) -> Result;
    fn set_option(sock: &Sock<Self>, level: i32, option: u32, value: &OptionReader) -> Result;
    fn show(sock: &Sock<Self>, to: &FdInfo<'_>);

    fn get_option(
        sock: &Sock<Self>,
        level: i32,
        option: u32,
        value: &mut OptionWriter<'_>,
    ) -> Result;
    fn after_call(sock: &Sock<Self>);
    fn send(sock: &Sock<Self>, message: Outgoing<'_>) -> Result<usize>;
    fn receive(sock: &Sock<Self>, place: Incoming<'_>) -> Result<usize>;
}
