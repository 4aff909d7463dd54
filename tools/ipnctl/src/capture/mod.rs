// SPDX-License-Identifier: GPL-2.0

//! What passes on a network: `ipn dump` shows and writes it, `ipn replay` sends it again.

mod dump;
mod file;
mod filter;
mod line;
mod link;
mod replay;

pub use dump::{run as dump, Dump};
pub use replay::{run as replay, Replay};
