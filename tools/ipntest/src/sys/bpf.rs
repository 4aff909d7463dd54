// SPDX-License-Identifier: GPL-2.0
//! Socket filters: classic and extended BPF.

use super::cvt;
use super::cvt_long;
use super::socket::Sock;
use std::io;
use std::mem::{size_of, size_of_val};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

/// One classic instruction: code, jump if true, jump if false, constant.
pub type Instruction = (u16, u8, u8, u32);

/// Attaches a classic filter (`SO_ATTACH_FILTER`).
pub fn attach(sock: &Sock, program: &[Instruction]) -> io::Result<()> {
    let mut program: Vec<libc::sock_filter> = program
        .iter()
        .map(|&(code, jt, jf, k)| libc::sock_filter { code, jt, jf, k })
        .collect();
    let program = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_mut_ptr(),
    };
    // SAFETY: the option takes a sock_fprog, whose instructions live until the end of the call.
    cvt(unsafe {
        libc::setsockopt(
            sock.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            (&raw const program).cast(),
            size_of::<libc::sock_fprog>() as u32,
        )
    })
    .map(drop)
}

/// The head of `union bpf_attr` for BPF_PROG_LOAD.
#[repr(C)]
struct Load {
    kind: u32,
    count: u32,
    instructions: u64,
    license: u64,
    log_level: u32,
    log_size: u32,
    log: u64,
    kernel_version: u32,
    flags: u32,
}

/// A program for sockets (`BPF_PROG_TYPE_SOCKET_FILTER`).
pub const FOR_SOCKETS: u32 = 1;
/// One for packets that come in (`BPF_PROG_TYPE_XDP`).
pub const FOR_PACKETS: u32 = 6;

/// Loads an extended program: `bpf(BPF_PROG_LOAD)`.
pub fn load(kind: u32, instructions: &[u64]) -> io::Result<OwnedFd> {
    const BPF_PROG_LOAD: i32 = 5;
    let load = Load {
        kind,
        count: instructions.len() as u32,
        instructions: instructions.as_ptr() as u64,
        license: c"GPL".as_ptr() as u64,
        log_level: 0,
        log_size: 0,
        log: 0,
        kernel_version: 0,
        flags: 0,
    };
    // SAFETY: the attribute and all it points to live until the end of the call.
    let fd = cvt_long(unsafe {
        libc::syscall(
            libc::SYS_bpf,
            BPF_PROG_LOAD,
            &raw const load,
            size_of::<Load>(),
        )
    })?;
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// Has a program see the packets that come from a device, in the stack and not in the driver
/// (`XDP_FLAGS_SKB_MODE`), until the descriptor is closed: `bpf(BPF_LINK_CREATE)`.
pub fn attach_to(program: &OwnedFd, device: i32) -> io::Result<OwnedFd> {
    const BPF_LINK_CREATE: i32 = 28;
    const BPF_XDP: u32 = 37;
    const XDP_FLAGS_SKB_MODE: u32 = 2;
    let link = [
        program.as_raw_fd() as u32,
        device as u32,
        BPF_XDP,
        XDP_FLAGS_SKB_MODE,
    ];
    let size = size_of_val(&link);
    // SAFETY: the attribute lives until the end of the call.
    let fd = unsafe { libc::syscall(libc::SYS_bpf, BPF_LINK_CREATE, link.as_ptr(), size) };
    let fd = cvt_long(fd)?;
    // SAFETY: the kernel just gave us this descriptor.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// A filter that refuses all messages, and counts how often a process runs it.
pub struct Counting {
    /// The program (`SO_ATTACH_BPF`).
    pub program: OwnedFd,
    /// An array of one number.
    count: OwnedFd,
}

impl Counting {
    /// Counts the runs by the threads of the process with this id.
    pub fn of(process: i32) -> io::Result<Counting> {
        const BPF_MAP_CREATE: i32 = 0;
        let (array, key_size, value_size, entries) = (2_u32, 4, 8, 1);
        let map = [array, key_size, value_size, entries];
        // SAFETY: the attribute lives until the end of the call.
        let fd = cvt_long(unsafe {
            let size = size_of_val(&map);
            libc::syscall(libc::SYS_bpf, BPF_MAP_CREATE, map.as_ptr(), size)
        })?;
        // SAFETY: the kernel just gave us this descriptor.
        let count = unsafe { OwnedFd::from_raw_fd(fd as i32) };
        let (process, map) = (process as u32, count.as_raw_fd() as u32);
        let program = [
            0x0000_000e_0000_0085,                    // call get_current_pid_tgid
            0x0000_0020_0000_0077,                    // r0 >>= 32
            (u64::from(process) << 32) | 0x0009_0055, // if r0 != process skip 9
            0x0000_0000_fffc_0a62,                    // *(u32 *)(r10 - 4) = 0
            0x0000_0000_0000_a2bf,                    // r2 = r10
            0xffff_fffc_0000_0207,                    // r2 += -4
            (u64::from(map) << 32) | 0x1118,          // r1 = the map, in two instructions
            0,
            0x0000_0001_0000_0085, // call map_lookup_elem
            0x0000_0000_0002_0015, // if r0 == 0 skip 2
            0x0000_0001_0000_01b7, // r1 = 1
            0x0000_0000_0000_10db, // lock *(u64 *)(r0 + 0) += r1
            0x0000_0000_0000_00b7, // r0 = 0
            0x0000_0000_0000_0095, // exit
        ];
        let program = load(FOR_SOCKETS, &program)?;
        Ok(Counting { program, count })
    }

    /// How often it was run.
    pub fn runs(&self) -> io::Result<u64> {
        const BPF_MAP_LOOKUP_ELEM: i32 = 1;
        let (key, mut value) = (0_u32, 0_u64);
        let map = self.count.as_raw_fd() as u64;
        let lookup = [map, (&raw const key) as u64, (&raw mut value) as u64, 0];
        // SAFETY: the attribute and all it points to live until the end of the call.
        cvt_long(unsafe {
            let size = size_of_val(&lookup);
            libc::syscall(libc::SYS_bpf, BPF_MAP_LOOKUP_ELEM, lookup.as_ptr(), size)
        })?;
        Ok(value)
    }
}
