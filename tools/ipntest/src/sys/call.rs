// SPDX-License-Identifier: GPL-2.0
//! The system calls that the C library makes of its functions: numbers, as `/proc/PID/syscall` has them.

/// A number.
pub type Call = libc::c_long;

/// Whether functions of sockets have one call together, and some with times one for times of 64 bits.
const OLD: bool = cfg!(target_arch = "x86");

const SOCKETCALL: Call = 102;

/// `recv(3)`.
pub const RECV: Call = if OLD { SOCKETCALL } else { libc::SYS_recvfrom };
/// `recvmsg(3)`.
pub const RECVMSG: Call = if OLD { SOCKETCALL } else { libc::SYS_recvmsg };
/// `recvmmsg(3)`.
pub const RECVMMSG: Call = if OLD { 417 } else { libc::SYS_recvmmsg };
/// `send(3)`.
pub const SEND: Call = if OLD { SOCKETCALL } else { libc::SYS_sendto };
/// `sendmsg(3)`.
pub const SENDMSG: Call = if OLD { SOCKETCALL } else { libc::SYS_sendmsg };
/// `sendmmsg(3)`.
pub const SENDMMSG: Call = libc::SYS_sendmmsg;
/// `ppoll(3)`.
pub const PPOLL: Call = if OLD { 414 } else { libc::SYS_ppoll };
/// `select(3)`.
pub const SELECT: Call = libc::SYS_pselect6;

/// `poll(3)`.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub const POLL: Call = libc::SYS_poll;
/// `poll(3)`: later architectures have but the newer call.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub const POLL: Call = libc::SYS_ppoll;

/// `epoll_wait(3)`.
#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub const EPOLL_WAIT: Call = libc::SYS_epoll_wait;
/// `epoll_wait(3)`: as above.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub const EPOLL_WAIT: Call = libc::SYS_epoll_pwait;
