// SPDX-License-Identifier: GPL-2.0

//! The switch said in one go, of octets, sets and the naive table.

use std::collections::BTreeSet;

use af_ipn_core::kvde_switch::fdb::Flush;
use af_ipn_core::kvde_switch::frame::MacAddress;
use af_ipn_core::kvde_switch::verdict::DropReason;
use af_ipn_core::kvde_switch::vlan::VlanFlags;

use super::lab::Deliveries;
use super::naive_port::NaivePort;
use super::naive_table::NaiveTable;

#[derive(Debug)]
pub struct NaiveSwitch {
    pub table: NaiveTable,
    pub vlans: Vec<NaivePort>,
    pub present: BTreeSet<u16>,
    pub deaf: BTreeSet<u16>,
    pub isolated: BTreeSet<u16>,
    pub locked: BTreeSet<u16>,
    /// Ports that do not get unknown unicast, multicast and broadcast.
    pub unflooded: [BTreeSet<u16>; 3],
    pub filtering: bool,
    pub group_fwd_mask: u16,
    pub mirror: Option<u16>,
}

impl NaiveSwitch {
    pub fn new(table: NaiveTable, ports: usize) -> Self {
        let mut port = NaivePort::default();
        let access = VlanFlags {
            pvid: true,
            untagged: true,
        };
        port.add(1, access);
        Self {
            table,
            vlans: vec![port; ports],
            present: BTreeSet::new(),
            deaf: BTreeSet::new(),
            isolated: BTreeSet::new(),
            locked: BTreeSet::new(),
            unflooded: Default::default(),
            filtering: false,
            group_fwd_mask: 0,
            mirror: None,
        }
    }

    pub fn leave(&mut self, port: u16) {
        self.present.remove(&port);
        self.mirror = self.mirror.filter(|mirror| *mirror != port);
        self.table.forget_port(port);
    }

    pub fn remove_vlan(&mut self, port: u16, vid: u16, now: u64) {
        let what = Flush {
            port: Some(port),
            vid: Some(vid),
            ..Flush::default()
        };
        self.table.flush(&what, now);
        if let Some(port) = self.vlans.get_mut(usize::from(port)) {
            port.remove(vid);
        }
    }

    /// What of the frame comes out, and for which reason nothing does but at the mirror. `gone` is as for
    /// [`NaiveTable::learn`].
    pub fn send(
        &mut self,
        from: u16,
        frame: &[u8],
        now: u64,
        gone: impl Fn(MacAddress, u16) -> bool,
    ) -> (Deliveries, Option<DropReason>) {
        let mut deliveries = Deliveries::new();
        if !self.present.contains(&from) {
            return (deliveries, Some(DropReason::NoPort));
        }
        if frame.len() < 14 {
            return (deliveries, Some(DropReason::TooShort));
        }
        let dropped = self.deliver(from, frame, now, gone, &mut deliveries);
        if let Some(mirror) = self.mirror {
            if mirror != from && self.present.contains(&mirror) {
                deliveries.insert(mirror, frame.to_vec());
            }
        }
        (deliveries, dropped)
    }

    fn deliver(
        &mut self,
        from: u16,
        frame: &[u8],
        now: u64,
        gone: impl Fn(MacAddress, u16) -> bool,
        deliveries: &mut Deliveries,
    ) -> Option<DropReason> {
        let address = |at: usize| MacAddress::new(frame[at..at + 6].try_into().unwrap());
        let (destination, source) = (address(0), address(6));
        let is_group = |address: MacAddress| address.octets()[0] % 2 == 1;
        if is_group(source) || source.octets() == [0; 6] {
            return Some(DropReason::InvalidSource);
        }
        let reserved =
            destination.octets()[..5] == [0x01, 0x80, 0xc2, 0, 0] && destination.octets()[5] < 16;
        let last = destination.octets()[5];
        if reserved && last == 1 {
            return Some(DropReason::Reserved);
        }
        let is_tagged = frame[12..14] == [0x81, 0x00];
        let truncated = is_tagged && frame.len() < 18;
        let control = (is_tagged && !truncated).then(|| u16::from_be_bytes([frame[14], frame[15]]));
        let vid = match (self.filtering, truncated) {
            (false, _) => Some(0),
            (true, true) => None,
            (true, false) => self.vlans[usize::from(from)].vid_of(control),
        };
        if let Some(vid) = vid {
            if !self.deaf.contains(&from) && !self.locked.contains(&from) {
                self.table.learn(from, source, vid, now, gone);
            }
        }
        let forwarded = match last {
            0 => true,
            1 | 2 => false,
            _ => self.group_fwd_mask & (1 << (last % 16)) != 0,
        };
        if reserved && !forwarded {
            return Some(DropReason::Reserved);
        }
        let Some(vid) = vid else {
            return Some(if truncated {
                DropReason::MalformedTag
            } else {
                DropReason::VlanIngress
            });
        };
        if self.locked.contains(&from) && !self.table.is_static_at(from, source, vid) {
            return Some(DropReason::Locked);
        }
        let known = (!is_group(destination))
            .then(|| self.table.lookup(destination, vid, now))
            .flatten();
        let unflooded = match destination.octets() {
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => &self.unflooded[2],
            _ if is_group(destination) => &self.unflooded[1],
            _ => &self.unflooded[0],
        };
        for (number, vlans) in self.vlans.iter().enumerate() {
            let port = number as u16;
            let apart = self.isolated.contains(&from) && self.isolated.contains(&port);
            let wanted = known.map_or(!unflooded.contains(&port), |known| known == port);
            if port == from || !self.present.contains(&port) || apart || !wanted {
                continue;
            }
            let leaves = if self.filtering {
                vlans.leaves(vid, control, frame)
            } else {
                Some(frame.to_vec())
            };
            if let Some(octets) = leaves {
                deliveries.insert(port, octets);
            }
        }
        let reason = match known {
            _ if !deliveries.is_empty() => return None,
            None => DropReason::NoReceiver,
            Some(to) if to == from => DropReason::SamePort,
            Some(to) if !self.present.contains(&to) => DropReason::NoReceiver,
            Some(to) if [from, to].iter().all(|port| self.isolated.contains(port)) => {
                DropReason::Isolated
            }
            Some(_) => DropReason::VlanEgress,
        };
        Some(reason)
    }
}
