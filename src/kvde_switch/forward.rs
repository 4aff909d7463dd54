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
//! - By a locked port only static addresses send, and nothing is learned there. The bridge lets one send
//!   that was learned before, and learns from frames that are for itself.
//! - There is a mirror port.

use core::ops::DerefMut;

use super::fdb::table::{MacTable, PortAddresses, Slot};
use super::fdb::{Flush, StaticError};
use super::frame::{Frame, MacAddress, Tag};
use super::port::Port;
use super::ports::Ports;
use super::verdict::{DropReason, Flooding, SwitchCounters, Target, Verdict};
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
    ports: Ports<P>,
    settings: Settings,
    counters: SwitchCounters,
    last: Verdict,
}

impl<S, A, P> Switch<S, A, P>
where
    S: DerefMut<Target = [Slot]>,
    A: DerefMut<Target = [PortAddresses]>,
    P: DerefMut<Target = [Port]>,
{
    /// Makes a switch without ports in use. What the memory holds is overwritten.
    ///
    /// `ports` and the table's ports are of one length; if not, the shorter one counts.
    pub fn new(table: MacTable<S, A>, ports: P) -> Self {
        Self {
            table,
            ports: Ports::new(ports),
            settings: Settings::default(),
            counters: SwitchCounters::default(),
            last: Verdict {
                from: 0,
                target: Target::Drop(DropReason::NoPort),
                membership: Membership::TRANSPARENT,
                isolated: false,
                flooding: Flooding::Unknown,
            },
        }
    }

    /// Decides where a frame of `len` octets goes that came from a port and begins with `head`, and
    /// learns from it, unless it comes `again` because it found no room before. As for
    /// [`Frame::parse`], `head` needs no more than the first [`HEAD_LEN`](super::frame::HEAD_LEN)
    /// octets.
    ///
    /// Returns where it goes, apart from a mirror port; the ports are [`Switch::egress`].
    pub fn forward(&mut self, from: u16, head: &[u8], len: usize, now: u64, again: bool) -> Target {
        self.last.from = from;
        self.last.target = self.decide(head, len, now, again);
        self.counters.count(self.last.target);
        self.last.target
    }

    /// So many frames went to the one port where their station is, as others that began the same way.
    pub fn count_unicast(&mut self, frames: u64) {
        self.counters.unicast = self.counters.unicast.wrapping_add(frames);
    }

    /// The frame forwarded last found no room: no port got it, and it does not count.
    pub fn take_back(&mut self) {
        self.counters.take_back(self.last.target);
    }

    /// The rules for the port a frame is for, or whether it is for all; and learning.
    fn decide(&mut self, head: &[u8], len: usize, now: u64, again: bool) -> Target {
        let from = self.last.from;
        let Some(port) = self.ports.present(from) else {
            return Target::Drop(DropReason::NoPort);
        };
        let Ok(frame) = Frame::parse(head, len) else {
            return Target::Drop(DropReason::TooShort);
        };
        let source = frame.source();
        if !source.is_station() {
            return Target::Drop(DropReason::InvalidSource);
        }
        let reserved = frame.destination().reserved();
        if reserved == Some(1) {
            return Target::Drop(DropReason::Reserved);
        }
        let consumed = reserved.is_some_and(|last| !self.forwards(last));
        let membership = match self.classify(port, frame.tag()) {
            Ok(membership) => membership,
            Err(_) if consumed => return Target::Drop(DropReason::Reserved),
            Err(reason) => return Target::Drop(reason),
        };
        let vid = membership.vid();
        self.last.membership = membership;
        self.last.isolated = port.isolated;
        if port.locked {
            if !consumed && !self.table.is_static_at(from, source, vid) {
                return Target::Drop(DropReason::Locked);
            }
        } else if port.learning && !again {
            self.table.learn(from, source, vid, now);
        }
        if consumed {
            return Target::Drop(DropReason::Reserved);
        }
        let destination = frame.destination();
        if destination.is_group() {
            return self.flood(match destination {
                MacAddress::BROADCAST => Flooding::Broadcast,
                _ => Flooding::Multicast,
            });
        }
        let Some(port) = self.table.lookup(destination, vid, now) else {
            return self.flood(Flooding::Unknown);
        };
        match self.delivery(port) {
            Ok(edit) => Target::Port(port, edit),
            Err(reason) => Target::Drop(reason),
        }
    }

    /// The rules for a frame that is for all.
    #[inline(never)] // It would lengthen the way of the others.
    fn flood(&mut self, kind: Flooding) -> Target {
        self.last.flooding = kind;
        if self.flooded().next().is_some() {
            Target::Flood
        } else {
            Target::Drop(DropReason::NoReceiver)
        }
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

    /// How the frame leaves by a port, or why it does not (`should_deliver()`).
    fn delivery(&self, to: u16) -> Result<Edit, DropReason> {
        if to == self.last.from {
            return Err(DropReason::SamePort);
        }
        let port = self.ports.present(to).ok_or(DropReason::NoReceiver)?;
        self.delivery_by(port)
    }

    /// How the frame leaves by a port that it did not come from.
    #[inline(always)]
    fn delivery_by(&self, port: &Port) -> Result<Edit, DropReason> {
        let Verdict {
            membership,
            isolated,
            ..
        } = self.last;
        if isolated && port.isolated {
            return Err(DropReason::Isolated);
        }
        membership.egress(&port.vlans).ok_or(DropReason::VlanEgress)
    }

    /// The ports that a frame for all leaves by, and how (`br_flood()`).
    #[inline(always)]
    fn flooded(&self) -> impl Iterator<Item = (u16, Edit)> + '_ {
        let Verdict { from, flooding, .. } = self.last;
        (self.ports.all_present())
            .filter(move |(number, port)| *number != from && port.floods(flooding))
            .filter_map(|(number, port)| Some((number, self.delivery_by(port).ok()?)))
    }

    /// Tells the ports that the frame forwarded last goes to, each once, and how it leaves by them. The
    /// switch must not have changed since.
    pub fn egress(&self, mut leave: impl FnMut(u16, Edit)) {
        let Verdict { from, target, .. } = self.last;
        let mirror = (self.settings.mirror).filter(|mirror| {
            *mirror != from && target.is_of_a_frame() && self.ports.present(*mirror).is_some()
        });
        let mut leave_unmirrored = |port, edit| {
            if Some(port) != mirror {
                leave(port, edit);
            }
        };
        match target {
            Target::Port(port, edit) => leave_unmirrored(port, edit),
            Target::Flood => {
                (self.flooded()).for_each(|(port, edit)| leave_unmirrored(port, edit));
            }
            Target::Drop(_) => {}
        }
        if let Some(mirror) = mirror {
            leave(mirror, Edit::Keep);
        }
    }

    /// A port is taken. Returns whether it was there to be taken.
    pub fn join(&mut self, port: u16) -> bool {
        self.ports.join(port)
    }

    /// A port is left by its holder. Its addresses are forgotten. Its settings stay, but that it is
    /// the mirror port: its next holder shall not hear everything.
    pub fn leave(&mut self, port: u16) {
        self.ports.leave(port);
        if self.settings.mirror == Some(port) {
            self.settings.mirror = None;
        }
        self.table.forget_port(port);
    }

    /// Sets a static address, as [`MacTable::set_static`] does, at a port that is held.
    ///
    /// # Errors
    ///
    /// See [`StaticError`]; a port that is not held is none.
    pub fn set_static(
        &mut self,
        port: u16,
        address: MacAddress,
        vid: u16,
        now: u64,
    ) -> Result<Option<u16>, StaticError> {
        self.ports.present(port).ok_or(StaticError::NoSuchPort)?;
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
    pub fn resize(&mut self, addresses: A, ports: P) -> (A, P) {
        let before = self.port_count();
        let ports = self.ports.resize(ports);
        (self.port_count()..before).for_each(|port| self.leave(port));
        (self.table.resize(addresses), ports)
    }

    /// How many ports there can be.
    pub fn port_count(&self) -> u16 {
        self.ports.len()
    }

    /// A port and its settings.
    pub fn port(&self, port: u16) -> Option<&Port> {
        self.ports.get(port)
    }

    /// A port, to change its settings.
    pub fn port_mut(&mut self, port: u16) -> Option<&mut Port> {
        self.ports.get_mut(port)
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
