// SPDX-License-Identifier: GPL-2.0
//! The switch beside the Linux bridge: the same random frames into both, the same deliveries out of
//! both, but where [`DIFFERENCES`] says otherwise.
//!
//! The seed is in the report; `IPNTEST_SEED` sets it.

use crate::abi::*;
use crate::device::lab::{hears, ip, link_up, listener, own_network};
use crate::ktap::remark;
use crate::lab::bus::NOW;
use crate::lab::check::{ok, same};
use crate::lab::runner::{cases, directory};
use crate::pace::volume;
use crate::switch::bridge_frames::*;
use crate::switch::lab::*;
use crate::sys::netdev::{packet_socket, with_tag};
use crate::sys::process::stay_on;
use crate::sys::socket::Sock;
use std::collections::BTreeMap;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

cases!["bridge_oracle":
    transparent @ 60,
    with_settings_of_ports @ 60,
    with_locked_ports_and_floods_off @ 60,
    with_vlans @ 60,
];

/// Frames of a run, on the stock kernel.
const FRAMES: u32 = 1536;
/// Frames sent between two times that the bridge is waited for.
const BATCH: u32 = 32;
/// All stations.
const ALL: [u8; 6] = [0xff; 6];
/// Milliseconds and hundredths of seconds: nothing ages in a run.
const AGEING: (u64, u64) = (600_000, 60_000);

/// The flags of a port, as `bridge link` names them.
const FLAGS: [(&str, u32); 6] = [
    ("learning", LEARNING),
    ("isolated", ISOLATED),
    ("locked", LOCKED),
    ("flood", FLOOD),
    ("mcast_flood", MCAST_FLOOD),
    ("bcast_flood", BCAST_FLOOD),
];

/// Those of a port that gets whatever is for all.
const ALL_FLOODS: u32 = FLOOD | MCAST_FLOOD | BCAST_FLOOD;

/// What is not as on the Linux bridge. `Documentation/kvde_switch.md` has the rest, which no frame
/// shows.
const DIFFERENCES: &[Difference] = &[
    Difference {
        what: "a frame for an address of the bridge's own",
        why: "the switch has no interface, so nothing is local to it",
        applies: |sent, _| LOCAL.contains(&sent.destination()),
        sample: |number| Sent::sample(number, LOCAL[1], &[0x88, 0xb5], 60),
        runs: &[Run::Transparent, Run::Settings, Run::Vlans],
    },
    Difference {
        what: "a frame that ends within a tag, or less than two bytes after it",
        why: "the host drops it before its bridge sees it, or when it has left that; the switch reads \
              only the tags it minds",
        applies: |sent, _| sent.ends_at_a_tag(),
        sample: |number| Sent::sample(number, ALL, &[0x81, 0, 0, 1, 0x88, 0xb5], 18),
        runs: &[Run::Transparent, Run::Settings, Run::Vlans],
    },
    Difference {
        what: "a frame that a tag makes longer than the network's MTU",
        why:
            "a message has its tag within; a packet of the host beside it, where it does not count",
        applies: |sent, run| run == Run::Vlans && sent.bytes.len() + 4 > MTU && !sent.is_tagged(),
        sample: |number| Sent::sample(number, ALL, &[0x88, 0xb5], MTU - 2),
        runs: &[Run::Vlans],
    },
];

/// A way in which the two are set up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Run {
    Transparent,
    Settings,
    Vlans,
}

/// A known difference.
struct Difference {
    /// Of which frames.
    what: &'static str,
    /// Its reason.
    why: &'static str,
    /// Whether it concerns a frame.
    applies: fn(&Sent, Run) -> bool,
    /// A frame that it concerns.
    sample: fn(u32) -> Sent,
    /// Where it is seen.
    runs: &'static [Run],
}

/// Both, each with as many ports.
struct Both {
    bridge: Vec<Sock>,
    switch: Vec<Sock>,
    lab: Lab,
    /// A way through another bridge, behind the frames that were sent before.
    marker: [Sock; 2],
    markers: u32,
}

/// A pair of connected interfaces, both up.
#[track_caller]
fn wire(near: &str, far: &str) {
    ip(&format!("link add {near} type veth peer name {far}"));
    for end in [near, far] {
        link_up(end);
    }
}

impl Both {
    #[track_caller]
    fn new(filtering: bool) -> Both {
        own_network();
        // What one processor is given it handles in that order.
        ok("stay_on", stay_on(0));
        ip(&format!(
            "link add br0 type bridge stp_state 0 mcast_snooping 0 ageing_time {} vlan_filtering {}",
            AGEING.1,
            u8::from(filtering)
        ));
        let text = |mac: &[u8; 6]| mac.map(|byte| format!("{byte:02x}")).join(":");
        ip(&format!("link set br0 address {} up", text(&LOCAL[0])));
        let lab = Lab::with(&[(IPN_SO_MTU, MTU as i32)]);
        lab.set(option::AGEING, &AGEING.0.to_ne_bytes());
        lab.set(option::FILTERING, &words(&[filtering.into()]));
        let (mut bridge, mut switch) = (Vec::new(), Vec::new());
        for port in 0..PORTS {
            let (near, far) = (format!("b{port}"), format!("f{port}"));
            wire(&near, &far);
            ip(&format!(
                "link set {near} address {}",
                text(&LOCAL[1 + port as usize])
            ));
            // Whatever is too long is so on the bridge's side.
            ip(&format!("link set {far} mtu 9000"));
            ip(&format!("link set {near} master br0"));
            let end = ok(
                "a packet socket",
                packet_socket(&far, libc::ETH_P_ALL as u16),
            );
            ok(
                "PACKET_AUXDATA",
                end.setsockopt(libc::SOL_PACKET, libc::PACKET_AUXDATA, &[1, 0, 0, 0]),
            );
            bridge.push(end);
            switch.push(lab.port(port));
        }
        ip("link add br1 type bridge mcast_snooping 0");
        link_up("br1");
        for (near, far) in [("m0", "w0"), ("m1", "w1")] {
            wire(near, far);
            ip(&format!("link set {near} master br1"));
        }
        let marker = ["w0", "w1"].map(listener);
        Both {
            bridge,
            switch,
            lab,
            marker,
            markers: 0,
        }
    }

    /// Gives a port of both these flags.
    #[track_caller]
    fn set_port(&self, port: u32, flags: u32) {
        let words_of =
            |(name, flag)| format!("{name} {}", if flags & flag != 0 { "on" } else { "off" });
        let line = FLAGS.map(words_of).join(" ");
        bridge_tool(&[format!("link set dev b{port} {line}")]);
        let mask = FLAGS.iter().fold(0, |mask, (_, flag)| mask | flag);
        self.lab.set(option::PORT, &words(&[port, flags, mask, 0]));
    }

    /// Sets an address at a port of both that stays there.
    #[track_caller]
    fn set_static(&self, port: u32, station: [u8; 6]) {
        let text = station.map(|byte| format!("{byte:02x}")).join(":");
        bridge_tool(&[format!("fdb add {text} dev b{port} master static sticky")]);
        self.lab.set(option::FDB_ADD, &address(station, 0, port));
    }

    /// Has both forward frames to some reserved addresses.
    #[track_caller]
    fn forward_groups(&self, mask: u16) {
        ip(&format!("link set br0 type bridge group_fwd_mask {mask}"));
        self.lab.set(option::GROUP_FWD, &words(&[mask.into()]));
    }

    /// Gives the ports of both random parts in some VLANs.
    #[track_caller]
    fn set_vlans(&self, random: &mut fastrand::Rng) {
        let mut lines = Vec::new();
        for port in 0..PORTS {
            lines.push(format!("vlan del dev b{port} vid 1"));
            self.lab.set(option::VLAN_DEL, &vlan(port, 1, 0));
            for vid in VLANS {
                // What leaves two ports by their VLAN 1 differs by its tag.
                let (pvid, untagged) = match (port, vid) {
                    (0, 1) => (true, true),
                    (1, 1) => (false, false),
                    _ if random.u8(..3) == 0 => continue,
                    _ => (port != 0 && random.bool(), random.bool()),
                };
                let word = |on, word| if on { word } else { "" };
                lines.push(format!(
                    "vlan add dev b{port} vid {vid} {} {}",
                    word(pvid, "pvid"),
                    word(untagged, "untagged")
                ));
                let flags = u16::from(pvid) * PVID + u16::from(untagged) * UNTAGGED;
                self.lab.set(option::VLAN_ADD, &vlan(port, vid, flags));
            }
        }
        bridge_tool(&lines);
    }

    /// Sends a frame into both.
    #[track_caller]
    fn send(&self, sent: &Sent) {
        // What either refuses is delivered to nobody.
        let _ = self.bridge[sent.port as usize].send(&sent.bytes, 0);
        let _ = self.switch[sent.port as usize].send(&sent.bytes, NOW);
    }

    /// Waits until the bridge is done with what was sent.
    #[track_caller]
    fn wait(&mut self) {
        let marker = crate::device::lab::frame(self.markers, 60);
        self.markers += 1;
        ok("send of the marker", self.marker[0].send(&marker, 0));
        hears(&self.marker[1], &marker);
    }
}

/// Runs lines of `bridge`.
#[track_caller]
fn bridge_tool(lines: &[String]) {
    let file = directory().join("bridge");
    ok("a batch", fs::write(&file, lines.join("\n") + "\n"));
    let run = std::process::Command::new("bridge")
        .arg("-batch")
        .arg(&file)
        .output();
    let output = ok("running bridge", run);
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    same("what bridge complains of", complaint, String::new());
}

/// The deliveries of all that waits at some ports: who got which bytes, by the frame's number.
#[track_caller]
fn deliveries(ports: &[Sock], batch: &[Sent]) -> BTreeMap<u32, Vec<(u32, Vec<u8>)>> {
    let mut all: BTreeMap<u32, Vec<(u32, Vec<u8>)>> = BTreeMap::new();
    for (port, sock) in (0..).zip(ports) {
        while let Ok(received) = sock.recvmsg(2048, NOW) {
            let bytes = with_tag(received);
            let number = number_of(&bytes, batch)
                .unwrap_or_else(|| panic!("a frame that nobody sent: {bytes:02x?}"));
            all.entry(number).or_default().push((port, bytes));
        }
    }
    all
}

/// Sends random frames into both and compares what comes out.
#[track_caller]
fn compare(both: &mut Both, run: Run, random: &mut fastrand::Rng, seed: u64) {
    let frames = volume(FRAMES, "frames");
    let mut seen = vec![false; DIFFERENCES.len()];
    let mut delivered = 0;
    let samples = (FRAMES..).zip(DIFFERENCES);
    let mut batches = vec![samples
        .map(|(n, known)| (known.sample)(n))
        .collect::<Vec<_>>()];
    batches.extend((0..frames).step_by(BATCH as usize).map(|first| {
        let numbers = first..first + BATCH;
        numbers.map(|number| Sent::random(number, random)).collect()
    }));
    for batch in &batches {
        batch.iter().for_each(|sent| both.send(sent));
        both.wait();
        let mut by_bridge = deliveries(&both.bridge, batch);
        let mut by_switch = deliveries(&both.switch, batch);
        for sent in batch {
            let bridge = by_bridge.remove(&sent.number).unwrap_or_default();
            let switch = by_switch.remove(&sent.number).unwrap_or_default();
            let known = DIFFERENCES
                .iter()
                .position(|known| (known.applies)(sent, run));
            match known {
                Some(known) => seen[known] |= bridge != switch,
                None => assert!(
                    bridge == switch,
                    "seed {seed}, frame {sent:02x?}:\n  bridge {bridge:02x?}\n  switch {switch:02x?}",
                ),
            }
            delivered += bridge.len();
        }
    }
    remark(format_args!(
        "{run:?} of seed {seed}: {delivered} deliveries"
    ));
    assert!(
        delivered > frames as usize / 10,
        "seed {seed}: hardly anything was delivered"
    );
    for (known, seen) in DIFFERENCES.iter().zip(seen) {
        assert!(
            seen || !known.runs.contains(&run),
            "seed {seed}: {} made no difference, though {}",
            known.what,
            known.why
        );
    }
}

fn seed() -> (u64, fastrand::Rng) {
    let wanted = std::env::var("IPNTEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let seed = wanted.unwrap_or_else(|| now.map_or(1, |now| now.subsec_nanos().into()));
    (seed, fastrand::Rng::with_seed(seed))
}

fn transparent() {
    let (seed, mut random) = seed();
    let mut both = Both::new(false);
    compare(&mut both, Run::Transparent, &mut random, seed);
}

fn with_settings_of_ports() {
    let (seed, mut random) = seed();
    let mut both = Both::new(false);
    both.forward_groups(random.u16(..) & !7);
    both.set_port(0, ALL_FLOODS | ISOLATED);
    both.set_port(1, ALL_FLOODS | LEARNING | ISOLATED);
    both.set_port(2, ALL_FLOODS);
    compare(&mut both, Run::Settings, &mut random, seed);
}

fn with_locked_ports_and_floods_off() {
    let (seed, mut random) = seed();
    let mut both = Both::new(false);
    both.forward_groups(random.u16(..) & !7);
    both.set_port(1, LEARNING | MCAST_FLOOD | BCAST_FLOOD);
    both.set_port(2, LEARNING | ISOLATED | FLOOD);
    // The bridge would learn at a locked port from frames for itself.
    let some = random.u32(..) & (ALL_FLOODS | ISOLATED);
    both.set_port(3, LOCKED | some);
    for number in 1..4 {
        both.set_static(3, mac(number));
    }
    both.set_static(0, mac(4));
    compare(&mut both, Run::Settings, &mut random, seed);
}

fn with_vlans() {
    let (seed, mut random) = seed();
    let mut both = Both::new(true);
    both.set_vlans(&mut random);
    compare(&mut both, Run::Vlans, &mut random, seed);
}
