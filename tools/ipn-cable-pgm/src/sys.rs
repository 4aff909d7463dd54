// SPDX-License-Identifier: GPL-2.0

//! What of OpenPGM is used, as its headers have it. `layout.c` sees at build time that they do.

pub mod socket;

use std::ffi::{c_char, c_int, c_void};

/// `IPPROTO_PGM`, the level of the options.
pub const LEVEL: c_int = 113;

/// `SOCK_SEQPACKET`.
pub use libc::SOCK_SEQPACKET;

/// `struct pgm_sock_t`, of which only pointers are had.
#[repr(C)]
pub struct Sock {
    _private: [u8; 0],
}

/// `struct pgm_error_t`
#[repr(C)]
pub struct Error {
    pub domain: c_int,
    pub code: c_int,
    pub message: *mut c_char,
}

/// `struct pgm_tsi_t`: a session of a sender.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tsi {
    pub gsi: [u8; 6],
    pub port: u16,
}

/// `struct pgm_sockaddr_t`
#[repr(C)]
#[derive(Debug, Clone, Copy, Default)]
pub struct Address {
    pub port: u16,
    pub tsi: Tsi,
}

/// `struct pgm_interface_req_t`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Interface {
    pub index: u32,
    pub scope: u32,
    pub address: libc::sockaddr_storage,
}

/// `struct pgm_group_source_req`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Group {
    pub interface: u32,
    pub group: libc::sockaddr_storage,
    pub source: libc::sockaddr_storage,
    pub address: libc::sockaddr_storage,
}

/// `PGM_IO_STATUS_*`; all others say that there is nothing, or no room, yet.
pub mod status {
    use std::ffi::c_int;

    pub const ERROR: c_int = 0;
    pub const NORMAL: c_int = 1;
    pub const RESET: c_int = 2;
    pub const EOF: c_int = 4;
    pub const RATE_LIMITED: c_int = 6;
}

/// Options of a socket; each is an `int` where nothing else is said.
pub mod option {
    use std::ffi::c_int;

    /// A `struct timeval`.
    pub const TIME_REMAIN: c_int = 0x2005;
    pub const MTU: c_int = 0x2008;
    pub const MULTICAST_LOOP: c_int = 0x200c;
    pub const MULTICAST_HOPS: c_int = 0x200d;
    pub const AMBIENT_SPM: c_int = 0x200f;
    /// An array.
    pub const HEARTBEAT_SPM: c_int = 0x2010;
    pub const TXW_SQNS: c_int = 0x2012;
    pub const TXW_MAX_RTE: c_int = 0x2014;
    pub const PEER_EXPIRY: c_int = 0x2015;
    pub const SPMR_EXPIRY: c_int = 0x2016;
    pub const RXW_SQNS: c_int = 0x2018;
    pub const NAK_BO_IVL: c_int = 0x201b;
    pub const NAK_RPT_IVL: c_int = 0x201c;
    pub const NAK_RDATA_IVL: c_int = 0x201d;
    pub const NAK_DATA_RETRIES: c_int = 0x201e;
    pub const NAK_NCF_RETRIES: c_int = 0x201f;
    pub const NOBLOCK: c_int = 0x2027;
    /// A `struct pgm_group_source_req`.
    pub const SEND_GROUP: c_int = 0x2028;
    /// A `struct pgm_group_source_req`.
    pub const JOIN_GROUP: c_int = 0x2029;
    pub const UDP_ENCAP_UCAST_PORT: c_int = 0x2030;
    pub const UDP_ENCAP_MCAST_PORT: c_int = 0x2031;
    pub const RDATA_MAX_RTE: c_int = 0x2035;
}

#[link(name = "pgm")]
extern "C" {
    pub fn pgm_init(error: *mut *mut Error) -> bool;
    pub fn pgm_error_free(error: *mut Error);
    pub fn pgm_socket(
        sock: *mut *mut Sock,
        family: libc::sa_family_t,
        kind: c_int,
        protocol: c_int,
        error: *mut *mut Error,
    ) -> bool;
    pub fn pgm_setsockopt(
        sock: *mut Sock,
        level: c_int,
        name: c_int,
        value: *const c_void,
        len: libc::socklen_t,
    ) -> bool;
    pub fn pgm_getsockopt(
        sock: *mut Sock,
        level: c_int,
        name: c_int,
        value: *mut c_void,
        len: *mut libc::socklen_t,
    ) -> bool;
    pub fn pgm_bind3(
        sock: *mut Sock,
        address: *const Address,
        address_len: libc::socklen_t,
        send: *const Interface,
        send_len: libc::socklen_t,
        recv: *const Interface,
        recv_len: libc::socklen_t,
        error: *mut *mut Error,
    ) -> bool;
    pub fn pgm_connect(sock: *mut Sock, error: *mut *mut Error) -> bool;
    pub fn pgm_close(sock: *mut Sock, flush: bool) -> bool;
    pub fn pgm_send(sock: *mut Sock, data: *const c_void, len: usize, sent: *mut usize) -> c_int;
    pub fn pgm_recvfrom(
        sock: *mut Sock,
        buffer: *mut c_void,
        len: usize,
        flags: c_int,
        received: *mut usize,
        from: *mut Address,
        from_len: *mut libc::socklen_t,
        error: *mut *mut Error,
    ) -> c_int;
    pub fn pgm_poll_info(
        sock: *mut Sock,
        fds: *mut libc::pollfd,
        count: *mut c_int,
        events: libc::c_short,
    ) -> c_int;
}
