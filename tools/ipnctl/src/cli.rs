// SPDX-License-Identifier: GPL-2.0

//! The command line. Help, completions and man pages come from here.

use crate::shape::Shape;
use crate::values::{any_number, bytes_within, seconds, time, within};
use crate::version;
use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use clap_complete::Shell;
use ipn::History;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The exit statuses and what they mean, for the help and the man pages.
pub const STATUSES: [(&str, &str); 5] = [
    ("0", "done"),
    (
        "1",
        "it failed; the message says what, why, and what to try",
    ),
    ("2", "the command line is wrong"),
    (
        "3",
        "recv, dump: the time-out passed, or the network ended, before --count messages; send, \
         replay: lines or messages were left out, as those that are longer than the MTU",
    ),
    (
        "128+N",
        "ended by signal N, except an interrupted create, up, tap, monitor, grab or cable, which has \
         done its work",
    ),
];

/// The exit statuses as the help tells them.
fn statuses() -> String {
    let lines = STATUSES.map(|(status, meaning)| format!("  {status:<6} {meaning}"));
    format!("Exit status:\n{}", lines.join("\n"))
}

/// Networks between processes
///
/// A network is a bus named by a socket file: a user who may open the file can join
/// it, and what one member sends reaches the others. It needs the af_ipn kernel
/// module.
#[derive(Debug, Parser)]
#[command(name = "ipn", version, long_version = version::report(), after_long_help = statuses())]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create a network and hold it until a signal
    ///
    /// Where the network exists already, it is joined as another manager and left
    /// as it is.
    #[command(after_long_help = statuses())]
    Create(Create),
    /// Send messages to a network
    ///
    /// Each line of the input is a message, without its newline.
    #[command(after_long_help = statuses())]
    Send(Send),
    /// Receive messages from a network
    ///
    /// Prints each message as a line, until the network ends. Losses are reported
    /// on the standard error; of a reliable bus, whose messages they were.
    #[command(after_long_help = statuses())]
    Recv(Recv),
    /// Show or write what passes on a network
    ///
    /// Every message as it was sent, of a switch also what is for others. No sender
    /// waits for the command: what it is too slow for is told on the standard error.
    /// That takes the r and x bits of the network's file. To look on in Wireshark:
    /// ipn dump PATH -w - | wireshark -k -i -
    #[command(after_long_help = statuses())]
    Dump(crate::capture::Dump),
    /// Send to a network what was dumped
    ///
    /// With the pauses that were between the messages then.
    #[command(after_long_help = statuses())]
    Replay(crate::capture::Replay),
    /// Show the networks in use, or one of them
    ///
    /// LOST is what readers were too slow for. What was dropped for other reasons stands
    /// with these, by their names in af_ipn(7): no_room, device_down, locked and so on.
    #[command(after_long_help = statuses())]
    Show(Show),
    /// Tell what happens to networks, or to one of them
    ///
    /// Prints a line for each event: a network made or ended, a port taken or left,
    /// messages that a port or its device lost, with the reason (once a second at most
    /// for a network), a device gone. A network of that name may also come later. It
    /// takes CAP_NET_ADMIN.
    #[command(after_long_help = statuses())]
    Watch(Watch),
    /// Watch the networks in use, or one of them, as they go
    ///
    /// A table of networks and ports with messages and bytes a second, losses and lag,
    /// which is renewed until q is pressed; h tells the keys. Bytes take a terminal of 96
    /// columns. Ports are told as by ipn show --ports.
    #[command(after_long_help = statuses())]
    Top(Top),
    /// Draw a picture of the networks in use, or of one of them
    ///
    /// Prints SVG: networks and their ports, the processes and network devices that have
    /// them, the far ends of cables, and of switches that the caller may manage the VLANs
    /// of each port and the stations at it, of many a few. Ports are told as by ipn show --ports.
    #[command(after_long_help = statuses())]
    Graph(Graph),
    /// End a network
    ///
    /// Its members read what is queued and then the end; its name is removed. That
    /// takes the x bit of its file.
    #[command(after_long_help = statuses())]
    End(End),
    /// Make the networks that files describe, and hold them until a signal
    ///
    /// Where another ipn up holds a network already, it is changed as its file says,
    /// and nothing else is disturbed; where nothing is left to hold, the command is
    /// done. What a network keeps from its creation on, such as its MTU, is not
    /// changed: then nothing is. systemd is told when all is ready.
    #[command(after_long_help = statuses())]
    Up(Up),
    /// End networks that ipn up has made
    ///
    /// Their devices go or are free again, their members read what is queued and
    /// then the end, their names are removed.
    #[command(after_long_help = statuses())]
    Down(Down),
    /// Print the file for ipn up that describes a network as it is
    ///
    /// That takes the x bit of its file; to see its devices CAP_NET_ADMIN as well.
    #[command(after_long_help = statuses())]
    Save(Save),
    /// Make an interface of this host a member of a network
    ///
    /// It goes with the command, at a signal or when the network ends, unless it is
    /// to persist. That takes the x bit of the network's file and CAP_NET_ADMIN.
    #[command(after_long_help = statuses())]
    Tap(crate::device::Tap),
    /// Make an interface of this host on which all that passes on a network is seen
    ///
    /// tcpdump, Wireshark and others capture there what any member sends, of a switch
    /// also what is for others. It is no member itself: no sender waits for it, no
    /// protocol of the host's gets what it shows, and what the host sends there is
    /// dropped. It needs to be up: ip link set ipn0 up. It goes with the command, at a
    /// signal or when the network ends. That takes the r and x bits of the network's
    /// file and CAP_NET_ADMIN.
    #[command(after_long_help = statuses())]
    Monitor(crate::device::Monitor),
    /// Give a network device of this host to a network
    ///
    /// The host's own stack does without it until the command ends, at a signal or
    /// when the network ends, unless it is to persist. That takes the x bit of the
    /// network's file and CAP_NET_ADMIN.
    #[command(after_long_help = statuses())]
    Grab(crate::device::Grab),
    /// End a device that persists
    ///
    /// A tap is gone, a device that was grabbed is free again; if a process serves
    /// it, when that ends. It takes CAP_NET_ADMIN.
    #[command(after_long_help = statuses())]
    Release(crate::device::Release),
    /// Join a network to those of other machines by a cable
    ///
    /// It lasts until a signal or the end of the network. A switch, or a hub of frames, is
    /// joined by the kernel's VXLAN, whose device goes with the command and whose MTU is
    /// told: that takes the x bit of the network's file and CAP_NET_ADMIN. For a bus, and
    /// other schemes, the command becomes the program ipn-cable-SCHEME PATH URL, found
    /// beside ipn, in /usr/libexec/ipn or in the PATH.
    #[command(after_long_help = statuses())]
    Cable(crate::cable::Cable),
    /// Look into a switch network, and set it up
    ///
    /// It takes the x bit of its file. The words are those of bridge(8).
    #[command(after_long_help = statuses())]
    Switch(crate::switch_cli::Switch),
    /// Print the completions for a shell
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write the man pages into a directory
    #[command(hide = true)]
    Man {
        /// The directory.
        #[arg(value_hint = ValueHint::DirPath)]
        directory: PathBuf,
    },
}

/// `ipn create`.
#[derive(Debug, Args)]
pub struct Create {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    #[command(flatten)]
    /// Its shape.
    pub shape: Shape,
    /// Of a reliable bus: the most bytes a second that each member may send, also as
    /// 100K or 10M; senders wait [default: as many as it can]
    #[arg(long, value_name = "BYTES", requires = "reliable", help_heading = "Shape of the network",
          value_parser = bytes_within(1..=i32::MAX as u32))]
    pub rate: Option<u32>,
}

/// `ipn send`.
#[derive(Debug, Args)]
pub struct Send {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// What to send, - for the standard input [default: the standard input]
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
    /// Cut the input into messages of so many bytes instead of lines
    #[arg(long, value_name = "BYTES", value_parser = within(1_u32..=16_777_216))]
    pub size: Option<u32>,
    /// What becomes of lines that are longer than the network's MTU
    #[arg(
        long,
        value_name = "HOW",
        default_value = "skip",
        conflicts_with = "size"
    )]
    pub long: Long,
    /// Wait for so many readers first
    #[arg(long, value_name = "READERS", value_parser = any_number::<u32>)]
    pub wait: Option<u32>,
    /// Send so many messages a second at most
    #[arg(long, value_name = "MESSAGES", value_parser = within(1..=u32::MAX))]
    pub rate: Option<u32>,
    /// Print what was sent on the standard error at the end
    #[arg(long)]
    pub stats: bool,
    /// End the network afterwards, which takes the x bit of its file
    #[arg(long)]
    pub end: bool,
    /// Create the network if it is not there, or only its name is
    #[arg(long)]
    pub create: bool,
    #[command(flatten)]
    /// Its shape then.
    pub shape: Shape,
}

/// What becomes of a line that does not fit into a message. The standard error tells of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Long {
    /// Leave it out, send what follows, and end with status 3
    Skip,
    /// Send as much of its beginning as fits, and what follows
    Cut,
    /// Send what was before it, and end with status 1
    Fail,
}

/// `ipn recv`.
#[derive(Debug, Args)]
pub struct Recv {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// Stop after so many messages
    #[arg(long, value_name = "MESSAGES", value_parser = within(1..=u64::MAX))]
    pub count: Option<u64>,
    /// Stop when no message came for so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Option<Duration>,
    /// Of a reliable bus with history: begin with the last so many messages that were
    /// sent before
    #[arg(long, value_name = "MESSAGES", conflicts_with_all = ["since", "all"],
          value_parser = within(1_u32..=2_147_483_646))]
    pub last: Option<u32>,
    /// The same, with those of so much time before, as 500ms or 5s
    #[arg(long, value_name = "TIME", conflicts_with = "all", value_parser = time)]
    pub since: Option<Duration>,
    /// The same, with all that are left
    #[arg(long)]
    pub all: bool,
    /// Print before each message who sent it: "port 3, process 4711, of u1: "
    #[arg(long, conflicts_with_all = ["mapped", "raw"])]
    pub from: bool,
    /// Take them out of the network's memory, without system calls
    #[arg(long)]
    pub mapped: bool,
    /// Print the messages as they are, without a newline after each; otherwise a
    /// terminal gets control characters escaped
    #[arg(long)]
    pub raw: bool,
    /// Print what was received and lost on the standard error at the end
    #[arg(long)]
    pub stats: bool,
    /// Print that as JSON
    #[arg(long, requires = "stats")]
    pub json: bool,
}

impl Recv {
    /// What is wanted of the messages that were sent before.
    pub fn history(&self) -> Option<History> {
        match (self.last, self.since, self.all) {
            (Some(count), ..) => Some(History::Last(count)),
            (None, Some(time), _) => Some(History::Since(time)),
            (None, None, true) => Some(History::All),
            (None, None, false) => None,
        }
    }
}

/// `ipn show`.
#[derive(Debug, Args)]
pub struct Show {
    /// The network's file [default: all networks in use]
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: Option<PathBuf>,
    /// Show who is on it, a line for each port: all of them to root, to who made it and
    /// to those who have the x bit of its file; to others their own
    #[arg(long)]
    pub ports: bool,
    /// Show the port that a network device is
    #[arg(long, value_name = "DEV", conflicts_with_all = ["path", "pid"])]
    pub dev: Option<OsString>,
    /// Show the ports of a process
    #[arg(long, value_name = "PID", conflicts_with = "path", value_parser = any_number::<u32>)]
    pub pid: Option<u32>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Print figures of all networks and ports as OpenMetrics text
    #[arg(long, conflicts_with_all = ["path", "ports", "dev", "pid", "json"])]
    pub prometheus: bool,
}

impl Show {
    /// Whether it is about ports, and not networks.
    pub fn asks_for_ports(&self) -> bool {
        self.ports || self.dev.is_some() || self.pid.is_some()
    }
}

/// `ipn watch`.
#[derive(Debug, Args)]
pub struct Watch {
    /// The network's file [default: all networks]
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: Option<PathBuf>,
    /// Stop after so many events
    #[arg(long, value_name = "EVENTS", value_parser = within(1..=u64::MAX))]
    pub count: Option<u64>,
    /// Print a line of JSON for each
    #[arg(long)]
    pub json: bool,
}

/// `ipn top`.
#[derive(Debug, Args)]
pub struct Top {
    /// The network's file [default: all networks in use]
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: Option<PathBuf>,
    /// Print one table, of one interval, and no more: it needs no terminal
    #[arg(long)]
    pub once: bool,
    /// Look every so many seconds
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub interval: Duration,
    /// What comes first
    #[arg(long, value_name = "BY", default_value = "rate")]
    pub sort: crate::sort::Sort,
}

/// `ipn graph`.
#[derive(Debug, Args)]
pub struct Graph {
    /// The network's file [default: all networks in use]
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: Option<PathBuf>,
    /// Print a graph for Graphviz, which dot draws
    #[arg(long)]
    pub dot: bool,
}

/// `ipn end`.
#[derive(Debug, Args)]
pub struct End {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
}

/// `ipn up`.
#[derive(Debug, Args)]
pub struct Up {
    /// What describes a network: see ipn-network(5)
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub files: Vec<PathBuf>,
}

/// `ipn down`.
#[derive(Debug, Args)]
pub struct Down {
    /// A file that describes a network, or the network's own file
    #[arg(required = true, value_name = "FILE|PATH", value_hint = ValueHint::FilePath)]
    pub networks: Vec<PathBuf>,
}

/// `ipn save`.
#[derive(Debug, Args)]
pub struct Save {
    /// The network's file
    #[arg(value_hint = ValueHint::FilePath)]
    pub path: PathBuf,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
#[path = "cli_tests.rs"]
mod tests;
