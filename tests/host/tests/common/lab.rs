// SPDX-License-Identifier: GPL-2.0

//! A switch on a bench: frames go in as octets, and come out so.

use std::collections::BTreeMap;

use af_ipn_core::kvde_switch::fdb::table::{PortAddresses, Slot};
use af_ipn_core::kvde_switch::forward::Switch;
use af_ipn_core::kvde_switch::frame::{MacAddress, HEAD_LEN};
use af_ipn_core::kvde_switch::port::Port;
use af_ipn_core::kvde_switch::verdict::{DropReason, Target};
use af_ipn_core::kvde_switch::vlan::Edit;

use super::{table, UNLIMITED};

pub type VecSwitch = Switch<Vec<Slot>, Vec<PortAddresses>, Vec<Port>>;

/// What came out, by port.
pub type Deliveries = BTreeMap<u16, Vec<u8>>;

/// A switch with this many ports, nobody at them.
pub fn switch(slots: usize, ports: usize) -> VecSwitch {
    Switch::new(table(slots, ports, UNLIMITED), vec![Port::EMPTY; ports])
}

/// The frame that leaves when an edit is applied.
pub fn apply(edit: Edit, frame: &[u8]) -> Option<Vec<u8>> {
    let edited = edit.apply(frame)?;
    let tag = edited.tag.as_ref().map_or(&[][..], |tag| &tag[..]);
    Some([edited.addresses, tag, edited.rest].concat())
}

/// Sends a frame and collects what comes out. No port may get two.
pub fn send(switch: &mut VecSwitch, from: u16, frame: &[u8], now: u64) -> (Target, Deliveries) {
    let head = &frame[..frame.len().min(HEAD_LEN)];
    let target = switch.forward(from, head, frame.len(), now, false);
    let mut deliveries = Deliveries::new();
    switch.egress(|port, edit| {
        let octets = apply(edit, frame).expect("an edit fits the frame it was decided for");
        assert_eq!(octets.len(), edit.len_after(frame.len()));
        let before = deliveries.insert(port, octets);
        assert_eq!(before, None, "port {port} got the frame twice");
    });
    (target, deliveries)
}

/// A lab with a switch whose ports are all taken, and a clock.
pub struct Lab {
    pub switch: VecSwitch,
    pub now: u64,
}

impl Lab {
    pub fn new(ports: u16) -> Self {
        let mut switch = switch(64, ports.into());
        for port in 0..ports {
            assert!(switch.join(port));
        }
        Self { switch, now: 0 }
    }

    /// Sends a frame. Returns the ports it came out of, in order.
    pub fn send(&mut self, from: u16, frame: &[u8]) -> Vec<u16> {
        self.send_octets(from, frame).into_keys().collect()
    }

    /// Sends a frame. Returns what came out.
    pub fn send_octets(&mut self, from: u16, frame: &[u8]) -> Deliveries {
        send(&mut self.switch, from, frame, self.now).1
    }

    /// Sends a frame that must be dropped. Returns why it was.
    pub fn dropped(&mut self, from: u16, frame: &[u8]) -> DropReason {
        let counted =
            |lab: &Self| DropReason::ALL.map(|reason| lab.switch.counters().dropped(reason));
        let before = counted(self);
        let (target, deliveries) = send(&mut self.switch, from, frame, self.now);
        assert_eq!(deliveries, Deliveries::new());
        let Target::Drop(reason) = target else {
            panic!("not dropped: {target:?}");
        };
        for (index, each) in DropReason::ALL.into_iter().enumerate() {
            let expected = before[index] + u64::from(each == reason);
            assert_eq!(counted(self)[index], expected, "{}", each.name());
        }
        reason
    }
}

/// An untagged frame from one station to another.
pub fn frame(source: MacAddress, destination: MacAddress) -> Vec<u8> {
    [
        &destination.octets()[..],
        &source.octets(),
        &[0x08, 0x00, 1, 2, 3],
    ]
    .concat()
}

/// The same with a tag.
pub fn tagged(source: MacAddress, destination: MacAddress, control: u16) -> Vec<u8> {
    let tag = [[0x81, 0x00], control.to_be_bytes()].concat();
    [
        &destination.octets()[..],
        &source.octets(),
        &tag,
        &[0x08, 0x00, 1, 2, 3],
    ]
    .concat()
}
