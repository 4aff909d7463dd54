// SPDX-License-Identifier: GPL-2.0
//! Where a program is tried: a directory of its own, what is there before, and what must be as before
//! afterwards.

use crate::abi::*;
use crate::hostile::table::{Before, Program};
use crate::lab::bus::{open, NOW};
use crate::lab::check::{holds, ok};
use crate::pace::soon;
use crate::switch::lab::load_switch;
use crate::sys::process::kill;
use crate::sys::socket::{socket, Addr, Sock};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// What a program is tried with.
pub struct Stage {
    /// Its directory.
    pub place: PathBuf,
    /// The network, if it is there already.
    network: Option<Sock>,
    path: PathBuf,
    address: Addr,
    device: String,
    words: Vec<OsString>,
    files: BTreeSet<OsString>,
    devices: BTreeSet<OsString>,
}

/// The numbers that keep devices apart.
const fn counter() -> Cell<u32> {
    Cell::new(0)
}
thread_local!(static NUMBER: Cell<u32> = const { counter() });

/// The names in a directory.
fn names(place: &Path) -> BTreeSet<OsString> {
    let entries = fs::read_dir(place).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name()).collect()
}

/// The devices of this network namespace.
fn devices() -> BTreeSet<OsString> {
    let table = fs::read_to_string("/proc/self/net/dev").unwrap_or_default();
    let names = table.lines().filter_map(|line| line.split_once(':'));
    names.map(|(name, _)| name.trim().into()).collect()
}

fn ip(line: &str) {
    let ran = Command::new(crate::lab::host::IP)
        .args(line.split(' '))
        .output();
    holds(line, ok("running ip", ran).status.success());
}

impl Stage {
    /// Sets the stage: the network has this name in a directory of this owner and mode.
    #[track_caller]
    pub fn set(program: &Program, name: &OsStr, owner: u32, mode: u32) -> Stage {
        let number = NUMBER.get();
        NUMBER.set(number + 1);
        let here = std::env::current_dir();
        let place = ok("the worker's directory", here).join(number.to_string());
        let path = place.join(name);
        ok("a directory", fs::create_dir(&place));
        ok("a file", fs::write(place.join("lines"), "1\n2\n"));
        ok("a directory", fs::create_dir(place.join("pages")));
        let everyone = |path: &Path| fs::set_permissions(path, Permissions::from_mode(0o777));
        ok("chmod", everyone(&place.join("pages")));
        // From the program's directory: the path of a network has 107 bytes.
        let path_here = PathBuf::from(name);
        let device = format!("h{number}");
        if program.line.contains("@file") {
            let mut text = b"path = \"".to_vec();
            text.extend(place.as_os_str().as_bytes());
            text.push(b'/');
            let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
            let escaped = name.chars().map(|c| format!("\\U{:08x}", u32::from(c)));
            text.extend(escaped.collect::<String>().bytes());
            text.extend(format!("\"\n[[tap]]\nname = \"{device}\"\n").bytes());
            ok("a description", fs::write(place.join("file"), text));
        }
        let words = program.line.split(' ').map(|word| match word {
            "@bus" => path_here.clone().into(),
            "@url" => OsString::from_vec([b"ipn://", name.as_bytes()].concat()),
            "@lines" => "lines".into(),
            "@file" => "file".into(),
            word if word.ends_with("@dev") => word.replace("@dev", &device).into(),
            "@dir" => "pages".into(),
            word => word.into(),
        });
        let mut stage = Stage {
            words: words.collect(),
            network: None,
            address: Addr::of(Path::new(&number.to_string()).join(name)),
            path,
            place,
            device,
            files: BTreeSet::new(),
            devices: BTreeSet::new(),
        };
        stage.furnish(program.before);
        let owned = std::os::unix::fs::chown(&stage.place, Some(owner), Some(owner));
        ok("chown", owned);
        let mode = Permissions::from_mode(mode);
        ok("chmod", fs::set_permissions(&stage.place, mode));
        stage.files = names(&stage.place);
        stage.devices = devices();
        stage
    }

    #[track_caller]
    fn furnish(&mut self, before: Before) {
        if before == Before::Nothing {
            return;
        }
        let policy = match before {
            Before::Switch => {
                load_switch();
                IPN_VDESWITCH
            }
            _ => IPN_BROADCAST,
        };
        let network = ok("socket", socket(AF_IPN, libc::SOCK_RAW, policy));
        ok("bind", network.bind(&self.address));
        ok("connect", network.connect(&Addr::null(0)));
        let everyone = Permissions::from_mode(0o777);
        ok("chmod", fs::set_permissions(&self.path, everyone));
        match before {
            Before::Devices => ip(&format!(
                "link add {0} type veth peer name p{0}",
                self.device
            )),
            Before::Tap => {
                let mut tap = Command::new("ipn");
                tap.arg("tap").arg(self.path.file_name().expect("a name"));
                tap.args([&self.device, "--persist"])
                    .current_dir(&self.place);
                let made = ok("ipn tap", tap.output());
                let told = String::from_utf8_lossy(&made.stderr);
                holds(
                    format_args!("ipn tap --persist: {told}"),
                    made.status.success(),
                );
            }
            _ => {}
        }
        self.network = Some(network);
    }

    /// The program, run by these words of the shell's.
    pub fn command(&self, shell: &str) -> Command {
        let mut command = match shell {
            "" => Command::new(&self.words[0]),
            shell => {
                let mut command = Command::new("sh");
                command.args(["-c", shell, "sh"]).arg(&self.words[0]);
                command
            }
        };
        command.args(&self.words[1..]).current_dir(&self.place);
        // vdeplug's program passes a signal on to its whole group.
        command.process_group(0);
        command
    }

    /// Sends a message to all who receive on the network.
    pub fn feed(&self) {
        if let Some(network) = &self.network {
            // There may be no receiver, or no network any more.
            let _ = network.send(b"v 1 u", NOW);
        }
    }

    /// What is wrong with what the program has sent: what it prints, in which the network's name is,
    /// is not to go there.
    pub fn sent_wrong(&self, program: &Program) -> Option<String> {
        let network = self.network.as_ref()?;
        let name = self.path.file_name()?.as_bytes();
        let is_text = program.name().starts_with("ipn-") && !program.line.contains("--ip");
        let mut buffer = [0; 2048];
        while let Ok(len @ 1..) = network.recv(&mut buffer, NOW) {
            if is_text && buffer[..len].windows(name.len()).any(|part| part == name) {
                let text = buffer[..len].escape_ascii();
                return Some(format!("it sends to the network what it prints: {text}"));
            }
        }
        None
    }

    /// What is wrong with what is left: files, devices and networks are as before, but for what is meant
    /// to be there, and a network's name is there as long as the network; longer only if the program
    /// `said` that it could not remove it.
    pub fn left_wrong(&self, program: &Program, status: ExitStatus, said: bool) -> Option<String> {
        let name = self.path.file_name()?;
        let keeps = |file: &OsString| {
            let mut kept = program.leaves.iter();
            kept.any(|kept| file == kept || (*kept == "bus" && file == name))
        };
        let files = names(&self.place);
        let more = files.difference(&self.files).find(|file| !keeps(file));
        if let Some(file) = more {
            return Some(format!("it leaves {file:?} behind"));
        }
        if !comes_true(|| devices().difference(&self.devices).next().is_none()) {
            return Some("it leaves a device behind".into());
        }
        if let Some(network) = &self.network {
            let flags = network.get(IPN_SO_FLAGS).unwrap_or(0);
            let lives = flags & IPN_FLAG_TERMINATED == 0;
            let has_name = self.path.symlink_metadata().is_ok();
            let done = program.ends_it() && status.success();
            if (lives, has_name) == (true, false) {
                return Some("the network lives on without its name".into());
            }
            if (lives, has_name) == (false, true) && !said {
                return Some("the name stays without its network".into());
            }
            if !lives && !program.ends_it() {
                return Some("the network has ended".into());
            }
            if lives && done {
                return Some("the network has not ended".into());
            }
        }
        let joined = self.network.is_none() && open().connect(&self.address).is_ok();
        joined.then(|| "it leaves a network behind".into())
    }
}

/// Whether it is so soon.
fn comes_true(mut so: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    while !so() {
        if start.elapsed() > soon() {
            return false;
        }
        thread::sleep(Duration::from_millis(4));
    }
    true
}

impl Drop for Stage {
    fn drop(&mut self) {
        if devices().contains(OsStr::new(&self.device)) {
            let _ = Command::new("ipn").args(["release", &self.device]).output();
            let line = format!("link del {}", self.device);
            let _ = Command::new(crate::lab::host::IP)
                .args(line.split(' '))
                .output();
        }
        let _ = fs::remove_dir_all(&self.place);
    }
}

/// How a program has ended, in words: `0`, or `signal 15`.
pub fn words(status: ExitStatus) -> String {
    match status.signal() {
        Some(signal) => format!("signal {signal}"),
        None => status.code().unwrap_or(-1).to_string(),
    }
}

/// Whether a process sleeps in a call that only waits for others.
fn waits(pid: u32) -> Option<String> {
    use crate::sys::call::*;
    const CALLS: [Call; 15] = [
        POLL,
        PPOLL,
        SELECT,
        EPOLL_WAIT,
        RECV,
        RECVMSG,
        RECVMMSG,
        SEND,
        libc::SYS_read,
        libc::SYS_write,
        libc::SYS_nanosleep,
        libc::SYS_clock_nanosleep,
        libc::SYS_wait4,
        libc::SYS_writev,
        libc::SYS_rt_sigsuspend,
    ];
    let file = |name: &str| fs::read_to_string(format!("/proc/{pid}/{name}")).ok();
    // What starts the program is not it yet.
    let starter = ["sh\n", "unshare\n", "busybox\n"];
    if starter.contains(&file("comm")?.as_str()) {
        return None;
    }
    let call = file("syscall")?;
    let number = call.split(' ').next()?.parse().ok()?;
    CALLS.contains(&number).then_some(call)
}

/// Watches a program until it ends, or, unless it is `to_its_end`, does nothing more than to wait: how it
/// ended. `Err` if it does neither.
pub fn watch(
    stage: &Stage,
    child: &mut Child,
    to_its_end: bool,
) -> Result<Option<ExitStatus>, String> {
    let start = Instant::now();
    let mut before = None;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Ok(Some(status));
        }
        let call = waits(child.id());
        if !to_its_end && call.is_some() && call == before {
            return Ok(None);
        }
        if start.elapsed() > soon() {
            return Err(format!("it does not end; it is in {before:?}"));
        }
        before = call;
        stage.feed();
        thread::sleep(Duration::from_millis(4));
    }
}

/// Sends a program a signal by which it must end: how it did.
pub fn stop(stage: &Stage, child: &mut Child, signal: i32) -> Result<ExitStatus, String> {
    // It may have ended by itself just now.
    let _ = kill(child.id() as i32, signal);
    match watch(stage, child, true) {
        Ok(Some(status)) => Ok(status),
        _ => {
            let call = waits(child.id());
            let _ = (child.kill(), child.wait());
            Err(format!(
                "signal {signal} does not end it; it is in {call:?}"
            ))
        }
    }
}
