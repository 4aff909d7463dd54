// SPDX-License-Identifier: GPL-2.0

//! What a port does with VLANs, said of sets and octets.

use std::collections::BTreeSet;

use af_ipn_core::kvde_switch::vlan::VlanFlags;

#[derive(Clone, Default, Debug)]
pub struct NaivePort {
    pub members: BTreeSet<u16>,
    pub untagged: BTreeSet<u16>,
    pub pvid: Option<u16>,
}

impl NaivePort {
    pub fn add(&mut self, vid: u16, flags: VlanFlags) {
        if vid == 0 || vid >= 4095 {
            return;
        }
        self.members.insert(vid);
        self.untagged.remove(&vid);
        if flags.untagged {
            self.untagged.insert(vid);
        }
        if flags.pvid {
            self.pvid = Some(vid);
        } else if self.pvid == Some(vid) {
            self.pvid = None;
        }
    }

    pub fn remove(&mut self, vid: u16) {
        self.members.remove(&vid);
        self.untagged.remove(&vid);
        self.pvid = self.pvid.filter(|pvid| *pvid != vid);
    }

    /// The VLAN of a frame that arrives with this control word, or without a tag.
    pub fn vid_of(&self, control: Option<u16>) -> Option<u16> {
        let vid = match control.map_or(0, |control| control & 0xfff) {
            0 => self.pvid,
            vid => Some(vid),
        };
        vid.filter(|vid| self.members.contains(vid))
    }

    /// What leaves when a frame that came with this control word, or without a tag, goes out by this
    /// port in a VLAN.
    pub fn leaves(&self, vid: u16, control: Option<u16>, frame: &[u8]) -> Option<Vec<u8>> {
        if !self.members.contains(&vid) {
            return None;
        }
        let mut leaves = frame[..12].to_vec();
        if !self.untagged.contains(&vid) {
            leaves.extend([0x81, 0x00]);
            leaves.extend(((control.unwrap_or(0) & 0xf000) | vid).to_be_bytes());
        }
        let payload = if control.is_some() { 16 } else { 12 };
        leaves.extend(&frame[payload..]);
        Some(leaves)
    }
}
