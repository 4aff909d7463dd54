// SPDX-License-Identifier: GPL-2.0

//! What shapes a network that is created, on the command line.

use crate::values::{bytes_within, mode, time, within};
use clap::Args;
use ipn::Policy;
use std::time::Duration;

/// What shapes a network that is created.
#[derive(Debug, Args, Default)]
#[command(next_help_heading = "Shape of the network")]
pub struct Shape {
    /// Let senders wait for the slowest reader, so that nothing is lost
    #[arg(long)]
    pub lossless: bool,
    /// Have one port send, which maps the network's memory and writes to it (the
    /// crate's Producer, samples/mapped_sender.c); a hub
    #[arg(long)]
    pub one_writer: bool,
    /// Make it a reliable bus: who reads late is told how many messages of whom it
    /// has missed; a hub
    #[arg(long, conflicts_with_all = ["lossless", "one_writer"])]
    pub reliable: bool,
    /// Of a reliable bus: how long a message stays at least for who has not read it,
    /// as 500ms or 10s; senders wait so long [default: 1s]
    #[arg(long, value_name = "TIME", requires = "reliable", value_parser = time)]
    pub window: Option<Duration>,
    /// Of a reliable bus: let members begin with what was sent before they came
    /// (recv --last, --since, --all)
    #[arg(long, requires = "reliable")]
    pub history: bool,
    /// Of a reliable bus: a reader later than the window finds the end
    #[arg(long, requires = "reliable")]
    pub evict: bool,
    /// The longest message [default: 1514; of a switch 1518]
    #[arg(long, value_name = "BYTES", value_parser = within(1_u32..=16_777_216))]
    pub mtu: Option<u32>,
    /// The number of ports, the most members at once [default: 64]
    #[arg(long, value_name = "NUMBER", value_parser = within(1..=u32::MAX))]
    pub ports: Option<u32>,
    /// How many messages the network holds for those who are behind, were each as
    /// long as the MTU
    #[arg(long, value_name = "MESSAGES", value_parser = within(1_u32..=65536))]
    pub pool: Option<u32>,
    /// The same in bytes of messages, also as 64K or 1M [default: 131072, and at
    /// least four MTUs]
    #[arg(long, value_name = "BYTES", conflicts_with = "pool",
          value_parser = bytes_within(16..=1_073_741_824))]
    pub bytes: Option<u32>,
    /// The mode bits of its file, whatever the umask: r receives, w sends, x
    /// manages [default: 0700 less the umask]
    #[arg(long, value_name = "OCTAL", value_parser = mode)]
    pub mode: Option<u32>,
    /// Have a single manager
    #[arg(long, visible_alias = "exclusive")]
    pub excl: bool,
    /// Take the name over that a network has left behind which has ended; send
    /// --create does so anyway
    #[arg(long, visible_alias = "replace")]
    pub replace_stale: bool,
    /// The delivery policy: hub, switch or a number [default: hub]
    #[arg(long, value_name = "POLICY")]
    pub protocol: Option<Policy>,
}

impl Shape {
    /// Whether anything was said.
    pub fn is_said(&self) -> bool {
        let Self {
            lossless,
            one_writer,
            reliable,
            window,
            history,
            evict,
            mtu,
            ports,
            pool,
            bytes,
            mode,
            excl,
            replace_stale,
            protocol,
        } = self;
        *lossless
            || *one_writer
            || *reliable
            || *history
            || *evict
            || window.is_some()
            || *excl
            || *replace_stale
            || protocol.is_some()
            || [mtu, ports, pool, bytes, mode]
                .iter()
                .any(|value| value.is_some())
    }
}
