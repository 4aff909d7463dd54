// SPDX-License-Identifier: GPL-2.0

//! The switch: from a frame to the ports it goes to.
//!
//! The steps are those of IEEE 802.1Q, 8.6, and of the Linux bridge (`br_handle_frame()` and
//! `br_handle_frame_finish()` in `net/bridge/br_input.c`, `br_forward.c`): the frame is checked,
//! put into a VLAN, its source learned, its destination looked up, and it leaves by the one port
//! where that is, or by every port that may have it, but never by the one it came from.
//!
//! A frame whose source is a group or zero is dropped, as there.
//!
//! Frames to a reserved address (01:80:C2:00:00:00 to 0F) are treated as by a Linux bridge without
//! spanning tree: 00 is forwarded as any multicast, for loops to be found by switches further on; 01
//! (pause) is dropped; the others are for the bridge itself and not forwarded, unless
//! [`Settings::group_fwd_mask`] says so, but their source is learned.
//!
//! What differs from the Linux bridge, on purpose:
//! - An address that is too old is not used any more, even if it was not yet removed. The bridge
//!   uses it until its timer comes round.
//! - A static address does not move (there: `sticky`), and nothing is local to the switch, which has
//!   no address of its own.
//! - A frame that ends within its tag is dropped only if tags matter. A host drops it before its
//!   bridge sees it.
//! - Multicast goes to all, without snooping (there: `mcast_snooping 0`).
//! - There is a mirror port.

use core::ops::DerefMut;

use super::fdb::{Flush, StaticError};
use super::frame::{Frame, MacAddress, Tag};
use super::mac_table::{MacTable, PortAddresses, Slot};
use super::port::Port;
use super::verdict::{DropReason, SwitchCounters, Target, Verdict};
use super::vlan::{Edit, Membership, Refused};

/// The bits that [`Settings::group_fwd_mask`] cannot have: spanning tree, pause and link aggregation
/// (`BR_GROUPFWD_RESTRICTED`).
pub const GROUP_FWD_RESTRICTED: u16 = 0x0007;

/// What is set for the whole switch.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Settings {
    /// Whether VLANs count. Off at first.
    pub vlan_filtering: bool,
    /// Which reserved addresses are forwarded as any multicast: bit 14 stands for
    /// 01:80:C2:00:00:0E, and so on. [`GROUP_FWD_RESTRICTED`] is ignored.
    pub group_fwd_mask: u16,
    /// The mirror port: it gets a copy of every frame that others send, as they sent it, dropped or
    /// not, and never a second one.
    pub mirror: Option<u16>,
}

/// The switch, in memory given by its owner: `S` and `A` for the [`MacTable`], `P` for the ports.
pub struct Switch<S, A, P> {
    table: MacTable<S, A>,
    ports: P,
    settings: Settings,
    counters: SwitchCounters,
}

impl<S, A, P> Switch<S, A, P>
where
    S: DerefMut<Target = [Slot]>,
    A: DerefMut<Target = [PortAddresses]>,
    P: DerefMut<Target = [Port]>,
{
    /// Makes a switch that nobody is plugged into. What the memory holds is overwritten.
    ///
    /// `ports` and the table's ports are of one length; if not, the shorter one counts.
    pub fn new(table: MacTable<S, A>, mut ports: P) -> Self {
        for port in ports.iter_mut() {
            port.present = false;
            port.reset();
        }
        Self {
            table,
            ports,
            settings: Settings::default(),
            counters: SwitchCounters::default(),
        }
    }

    /// Decides where a frame of `len` octets goes that came from a port and begins with `head`, and
    /// learns from it. As for [`Frame::parse`], `head` needs no more than the first
    /// [`HEAD_LEN`](super::frame::HEAD_LEN) octets.
    pub fn forward(&mut self, from: u16, head: &[u8], len: usize, now: u64) -> Verdict {
        self.decide(from, head, len, now, true)
    }

    /// The same for a frame that found no room before: what it teaches was learned then.
    pub fn forward_again(&mut self, from: u16, head: &[u8], len: usize, now: u64) -> Verdict {
        self.decide(from, head, len, now, false)
    }

    /// The frame of a verdict found no room: nobody got it, and it does not count.
    pub fn take_back(&mut self, verdict: Verdict) {
        self.counters.take_back(verdict.target);
    }

    fn decide(&mut self, from: u16, head: &[u8], len: usize, now: u64, learns: bool) -> Verdict {
        let mut verdict = Verdict {
            from,
            target: Target::Drop(DropReason::NoPort),
            membership: Membership::TRANSPARENT,
            isolated: false,
            mirror: None,
        };
        if let Some(port) = present(&self.ports, from) {
            verdict.isolated = port.isolated;
            verdict.target = match Frame::parse(head, len) {
                Ok(frame) => {
                    verdict.mirror = self.settings.mirror.filter(|mirror| *mirror != from);
                    self.admit(&mut verdict, &frame, now, learns)
                        .unwrap_or_else(Target::Drop)
                }
                Err(_) => Target::Drop(DropReason::TooShort),
            };
        }
        self.counters.count(verdict.target);
        verdict
    }

    /// The rules for a frame that comes in, and learning.
    fn admit(
        &mut self,
        verdict: &mut Verdict,
        frame: &Frame,
        now: u64,
        learns: bool,
    ) -> Result<Target, DropReason> {
        let source = frame.source();
        if !source.is_station() {
            return Err(DropReason::InvalidSource);
        }
        let reserved = frame.destination().reserved();
        if reserved == Some(1) {
            return Err(DropReason::Reserved);
        }
        let consumed = reserved.is_some_and(|last| !self.forwards(last));
        let port = present(&self.ports, verdict.from).ok_or(DropReason::NoPort)?;
        let learning = learns && port.learning;
        let ingress = self.classify(port, frame.tag());
        if let (Ok(membership), true) = (ingress, learning) {
            self.table
                .learn(verdict.from, source, membership.vid(), now);
        }
        if consumed {
            return Err(DropReason::Reserved);
        }
        verdict.membership = ingress?;
        self.aim(verdict, frame, now)
    }

    /// The rules for the port a frame is for, or whether it is for all.
    fn aim(&self, verdict: &Verdict, frame: &Frame, now: u64) -> Result<Target, DropReason> {
        let vid = verdict.membership.vid();
        let destination = frame.destination();
        let known = if destination.is_group() {
            None
        } else {
            self.table.lookup(destination, vid, now)
        };
        let Some(port) = known else {
            let receives = |port| self.delivery(verdict, port).is_ok();
            return if (0..self.port_count()).any(receives) {
                Ok(Target::Flood)
            } else {
                Err(DropReason::NoReceiver)
            };
        };
        let edit = self.delivery(verdict, port)?;
        Ok(Target::Port(port, edit))
    }

    /// Whether a frame to the reserved address with this last digit is forwarded as any other.
    const fn forwards(&self, last: u8) -> bool {
        let mask = self.settings.group_fwd_mask & !GROUP_FWD_RESTRICTED;
        last == 0 || (mask >> (last & 15)) & 1 != 0
    }

    /// The VLAN of a frame that comes in by a port.
    fn classify(&self, port: &Port, tag: Tag) -> Result<Membership, DropReason> {
        if !self.settings.vlan_filtering {
            return Ok(Membership::TRANSPARENT);
        }
        port.vlans.ingress(tag).map_err(|refused| match refused {
            Refused::NotAMember => DropReason::VlanIngress,
            Refused::Malformed => DropReason::MalformedTag,
        })
    }

    /// How a frame leaves by a port, or why it does not (`should_deliver()`).
    fn delivery(&self, verdict: &Verdict, to: u16) -> Result<Edit, DropReason> {
        if to == verdict.from {
            return Err(DropReason::SamePort);
        }
        let port = present(&self.ports, to).ok_or(DropReason::NoReceiver)?;
        if verdict.isolated && port.isolated {
            return Err(DropReason::Isolated);
        }
        (verdict.membership)
            .egress(&port.vlans)
            .ok_or(DropReason::VlanEgress)
    }

    /// Tells the ports a frame goes to, each once, and how it leaves by them. The switch must not
    /// have changed since the verdict.
    pub fn egress(&self, verdict: &Verdict, mut leave: impl FnMut(u16, Edit)) {
        let mirror = (verdict.mirror).filter(|mirror| present(&self.ports, *mirror).is_some());
        let mut leave_unmirrored = |port, edit| {
            if Some(port) != mirror {
                leave(port, edit);
            }
        };
        match verdict.target {
            Target::Port(port, edit) => leave_unmirrored(port, edit),
            Target::Flood => (0..self.port_count()).for_each(|port| {
                if let Ok(edit) = self.delivery(verdict, port) {
                    leave_unmirrored(port, edit);
                }
            }),
            Target::Drop(_) => {}
        }
        if let Some(mirror) = mirror {
            leave(mirror, Edit::Keep);
        }
    }

    /// Somebody takes a port. Returns whether it was there to be taken.
    pub fn join(&mut self, port: u16) -> bool {
        match self.port_mut(port) {
            Some(port) if !port.present => {
                port.present = true;
                true
            }
            _ => false,
        }
    }

    /// Whoever holds a port leaves it. Its addresses are forgotten. Its settings stay, but that it is
    /// the mirror port: whoever comes next shall not hear everything.
    pub fn leave(&mut self, port: u16) {
        if let Some(port) = self.port_mut(port) {
            port.present = false;
        }
        if self.settings.mirror == Some(port) {
            self.settings.mirror = None;
        }
        self.table.forget_port(port);
    }

    /// Sets a static address, as [`MacTable::set_static`] does, at a port that somebody holds.
    ///
    /// # Errors
    ///
    /// See [`StaticError`]; a port that nobody holds is none.
    pub fn set_static(
        &mut self,
        port: u16,
        address: MacAddress,
        vid: u16,
        now: u64,
    ) -> Result<Option<u16>, StaticError> {
        present(&self.ports, port).ok_or(StaticError::NoSuchPort)?;
        self.table.set_static(port, address, vid, now)
    }

    /// Takes a port out of a VLAN and flushes what it learned there (`nbp_vlan_delete()`). Returns
    /// whether it was in it.
    pub fn remove_vlan(&mut self, port: u16, vid: u16, now: u64) -> bool {
        let what = Flush {
            port: Some(port),
            vid: Some(vid),
            ..Flush::default()
        };
        self.table.flush(&what, now);
        self.port_mut(port)
            .is_some_and(|port| port.vlans.remove(vid))
    }

    /// Takes memory for another number of ports, and gives the old memory back. Ports that are no
    /// more are left; new ones have the settings of a new switch.
    pub fn resize(&mut self, addresses: A, mut ports: P) -> (A, P) {
        for port in ports.iter_mut() {
            port.present = false;
            port.reset();
        }
        for (new, old) in ports.iter_mut().zip(self.ports.iter_mut()) {
            core::mem::swap(new, old);
        }
        let gone = u16::try_from(ports.len()).unwrap_or(u16::MAX)..self.port_count();
        gone.for_each(|port| self.leave(port));
        (
            self.table.resize(addresses),
            core::mem::replace(&mut self.ports, ports),
        )
    }

    /// How many ports there can be.
    pub fn port_count(&self) -> u16 {
        u16::try_from(self.ports.len()).unwrap_or(u16::MAX)
    }

    /// A port and its settings.
    pub fn port(&self, port: u16) -> Option<&Port> {
        self.ports.get(usize::from(port))
    }

    /// A port, to change its settings.
    pub fn port_mut(&mut self, port: u16) -> Option<&mut Port> {
        self.ports.get_mut(usize::from(port))
    }

    /// What is set for the whole switch.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The same, to be changed.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// The MAC table.
    pub const fn table(&self) -> &MacTable<S, A> {
        &self.table
    }

    /// The MAC table, to be changed.
    pub fn table_mut(&mut self) -> &mut MacTable<S, A> {
        &mut self.table
    }

    /// How many frames went where.
    pub const fn counters(&self) -> &SwitchCounters {
        &self.counters
    }
}

/// A port that somebody holds.
fn present(ports: &[Port], port: u16) -> Option<&Port> {
    ports.get(usize::from(port)).filter(|port| port.present)
}
