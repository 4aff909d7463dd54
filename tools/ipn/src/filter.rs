// SPDX-License-Identifier: GPL-2.0

//! Classic socket filters.

/// An instruction of a classic BPF program, `struct sock_filter` of `linux/filter.h`:
/// [`Port::attach_filter`](crate::Port::attach_filter).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// What it does: `BPF_RET | BPF_K` and so on.
    pub code: u16,
    /// How many instructions to skip if a condition holds.
    pub jt: u8,
    /// How many to skip if it does not.
    pub jf: u8,
    /// Its operand.
    pub k: u32,
}

impl Instruction {
    pub(crate) fn raw(self) -> libc::sock_filter {
        let Self { code, jt, jf, k } = self;
        libc::sock_filter { code, jt, jf, k }
    }
}
