// SPDX-License-Identifier: GPL-2.0
//! Those who wait: `poll`, `epoll`, time-outs, signals, wake-ups.

pub mod epoll;
pub mod herds;
// Its bindings are made for the machine that compiles them.
#[cfg(target_arch = "x86_64")]
pub mod libuv;
pub mod poll;
pub mod signals;
pub mod time_outs;
pub mod wakeups;
