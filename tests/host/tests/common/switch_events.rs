// SPDX-License-Identifier: GPL-2.0

//! What happens to a switch, and to a naive one beside it.

use af_ipn_core::kvde_switch::fdb::table::DEFAULT_AGEING_MS;
use af_ipn_core::kvde_switch::frame::MacAddress;
use af_ipn_core::kvde_switch::verdict::{DropReason, Target};
use af_ipn_core::kvde_switch::vlan::VlanFlags;

use super::lab::{send, switch};
use super::naive_switch::NaiveSwitch;
use super::naive_table::NaiveTable;
use super::UNLIMITED;

/// Ports of the switch.
pub const PORTS: u16 = 5;
/// Room for addresses.
const SLOTS: usize = 12;

/// Something that happens to a switch.
#[derive(Clone, Debug)]
pub enum Event {
    Send(u16, Vec<u8>),
    Join(u16),
    Leave(u16),
    Learning(u16, bool),
    Isolated(u16, bool),
    Locked(u16, bool),
    /// Unknown unicast, multicast or broadcast.
    Flood(u16, usize, bool),
    AddVlan(u16, u16, VlanFlags),
    RemoveVlan(u16, u16),
    Filtering(bool),
    GroupFwdMask(u16),
    Mirror(Option<u16>),
    SetStatic(u16, MacAddress, u16),
    Wait(u64),
}

/// Both deliver the same, octet for octet.
pub fn check(filtering: bool, events: Vec<Event>) {
    let ports = usize::from(PORTS);
    let mut switch = switch(SLOTS, ports);
    let table = NaiveTable::new(SLOTS, PORTS, UNLIMITED, DEFAULT_AGEING_MS);
    let mut naive = NaiveSwitch::new(table, ports);
    switch.settings_mut().vlan_filtering = filtering;
    naive.filtering = filtering;
    for port in 0..PORTS - 1 {
        switch.join(port);
        naive.present.insert(port);
    }
    let (mut now, mut sent) = (0, 0);
    let mut drops = [0; DropReason::ALL.len()];
    for event in events {
        match event {
            Event::Send(from, frame) => {
                let (target, deliveries) = send(&mut switch, from, &frame, now);
                let gone = |address, vid| switch.table().lookup(address, vid, now).is_none();
                let (expected, dropped) = naive.send(from, &frame, now, gone);
                assert_eq!(&deliveries, &expected, "{:?} from port {}", frame, from);
                sent += 1;
                let reason = match target {
                    Target::Drop(reason) => Some(reason),
                    Target::Port(..) | Target::Flood => None,
                };
                assert_eq!(reason, dropped, "{:?} from port {}", frame, from);
                reason
                    .into_iter()
                    .for_each(|reason| drops[reason as usize] += 1);
            }
            Event::Join(port) => {
                let taken = switch.join(port);
                assert_eq!(taken, port < PORTS && naive.present.insert(port));
            }
            Event::Leave(port) => {
                switch.leave(port);
                naive.leave(port);
            }
            Event::Learning(port, on) => {
                if let Some(port) = switch.port_mut(port) {
                    port.learning = on;
                }
                if on {
                    naive.deaf.remove(&port)
                } else {
                    naive.deaf.insert(port)
                };
            }
            Event::Isolated(port, on) => {
                if let Some(port) = switch.port_mut(port) {
                    port.isolated = on;
                }
                if on {
                    naive.isolated.insert(port)
                } else {
                    naive.isolated.remove(&port)
                };
            }
            Event::Locked(port, on) => {
                if let Some(port) = switch.port_mut(port) {
                    port.locked = on;
                }
                if on {
                    naive.locked.insert(port)
                } else {
                    naive.locked.remove(&port)
                };
            }
            Event::Flood(port, kind, on) => {
                if let Some(port) = switch.port_mut(port) {
                    *match kind {
                        0 => &mut port.flood,
                        1 => &mut port.mcast_flood,
                        _ => &mut port.bcast_flood,
                    } = on;
                }
                if on {
                    naive.unflooded[kind].remove(&port)
                } else {
                    naive.unflooded[kind].insert(port)
                };
            }
            Event::AddVlan(port, vid, flags) => {
                if let Some(port) = switch.port_mut(port) {
                    let _ = port.vlans.add(vid, flags);
                }
                if let Some(port) = naive.vlans.get_mut(usize::from(port)) {
                    port.add(vid, flags);
                }
            }
            Event::RemoveVlan(port, vid) => {
                switch.remove_vlan(port, vid, now);
                naive.remove_vlan(port, vid, now);
            }
            Event::Filtering(on) => {
                switch.settings_mut().vlan_filtering = on;
                naive.filtering = on;
            }
            Event::GroupFwdMask(mask) => {
                switch.settings_mut().group_fwd_mask = mask;
                naive.group_fwd_mask = mask;
            }
            Event::Mirror(port) => {
                switch.settings_mut().mirror = port;
                naive.mirror = port;
            }
            Event::SetStatic(port, address, vid) => {
                let set = switch.set_static(port, address, vid, now);
                if naive.present.contains(&port) {
                    let gone = |address, vid| switch.table().lookup(address, vid, now).is_none();
                    let expected = naive.table.set_static(port, address, vid, now, gone);
                    assert_eq!(set, expected);
                } else {
                    assert!(set.is_err());
                }
            }
            Event::Wait(ms) => now += ms,
        }
    }
    // Every frame is counted, once, and the dropped ones for their reason.
    let counters = switch.counters();
    let counted = DropReason::ALL.map(|reason| counters.dropped(reason));
    let expected = DropReason::ALL.map(|reason| drops[reason as usize]);
    assert_eq!(counted, expected);
    let dropped: u64 = counted.iter().sum();
    assert_eq!(counters.unicast + counters.flooded + dropped, sent);
}
