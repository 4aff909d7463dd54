// SPDX-License-Identifier: GPL-2.0
//! `ptrace(2)`: a program that stops at each of its system calls.

use super::process;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr;

/// `PTRACE_GET_SYSCALL_INFO`, and the first bytes of what it fills in, which are the same everywhere.
const GET_SYSCALL_INFO: libc::c_uint = 0x420e;

#[repr(C)]
struct CallInfo {
    /// `PTRACE_SYSCALL_INFO_ENTRY` is 1.
    op: u8,
    pad: [u8; 3],
    arch: u32,
    instruction_pointer: u64,
    stack_pointer: u64,
    number: u64,
    arguments: [u64; 6],
}

/// Why a traced thread has stopped, or that it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// It is about to make the system call of this number.
    Call(i64),
    /// Something else of a traced program's life; it is to go on with this signal, or 0.
    Other(i32),
    /// It has ended, with this status of wait(2).
    End(i32),
}

fn ptrace(request: libc::c_uint, pid: i32, address: usize, data: usize) -> io::Result<()> {
    // SAFETY: what the requests of this module do with their arguments is to read numbers, or to fill in
    // a structure of the caller's whose size is given.
    let answer = unsafe { libc::ptrace(request as _, pid, address, data) };
    super::cvt_long(answer).map(drop)
}

/// Has a program wait to be traced by this thread, from its first instruction on.
pub fn traced(command: &mut Command) -> &mut Command {
    let trace_me = || {
        // SAFETY: no pointers; it is async-signal-safe.
        super::cvt_long(unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) }).map(drop)
    };
    // SAFETY: the closure makes one system call.
    unsafe { command.pre_exec(trace_me) }
}

/// Says that the program, which waits, is to stop at system calls, and not to outlive this process.
pub fn begin(pid: i32) -> io::Result<()> {
    process::wait(pid, 0)?;
    let options = libc::PTRACE_O_TRACESYSGOOD | libc::PTRACE_O_EXITKILL;
    ptrace(libc::PTRACE_SETOPTIONS as _, pid, 0, options as usize)
}

/// Lets it go on, with a signal or 0, up to the next stop.
pub fn go_on(pid: i32, signal: i32) -> io::Result<()> {
    ptrace(libc::PTRACE_SYSCALL as _, pid, 0, signal as usize)
}

/// Lets it go on untraced.
pub fn let_go(pid: i32) -> io::Result<()> {
    ptrace(libc::PTRACE_DETACH as _, pid, 0, 0)
}

/// The stop that it has come to; `None` while it goes on.
pub fn stop(pid: i32) -> io::Result<Option<Stop>> {
    let (found, status) = process::wait(pid, libc::WNOHANG | libc::__WALL)?;
    if found == 0 {
        return Ok(None);
    }
    if !libc::WIFSTOPPED(status) {
        return Ok(Some(Stop::End(status)));
    }
    Ok(Some(match libc::WSTOPSIG(status) {
        signal if signal == libc::SIGTRAP | 0x80 => call(pid)?,
        libc::SIGTRAP => Stop::Other(0),
        signal => Stop::Other(signal),
    }))
}

fn call(pid: i32) -> io::Result<Stop> {
    // SAFETY: zeros are a valid value.
    let mut info: CallInfo = unsafe { std::mem::zeroed() };
    let place = ptr::from_mut(&mut info) as usize;
    ptrace(GET_SYSCALL_INFO, pid, size_of::<CallInfo>(), place)?;
    Ok(match info.op {
        1 => Stop::Call(info.number as i64),
        _ => Stop::Other(0),
    })
}
