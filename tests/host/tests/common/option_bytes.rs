// SPDX-License-Identifier: GPL-2.0

//! A switch whose options are set and got with any bytes.

use af_ipn_core::kvde_switch::fdb::Entry;
use af_ipn_core::kvde_switch::options::OptionError;

use super::lab::{frame, Lab};
use super::station;

/// Sets an option now.
pub fn set(lab: &mut Lab, option: u32, value: &[u8]) -> Result<(), OptionError> {
    lab.switch.set_option(option, value, lab.now)
}

/// Everything that an option can change or show.
pub fn everything(lab: &Lab) -> impl PartialEq + std::fmt::Debug {
    let entries: Vec<(u32, Entry)> = lab.switch.table().entries(0, lab.now).collect();
    let ports: Vec<_> = (0..lab.switch.port_count())
        .map(|port| lab.switch.port(port).cloned())
        .collect();
    let table = lab.switch.table();
    let settings = *lab.switch.settings();
    (entries, ports, settings, table.limits(), table.ageing_ms())
}

/// What is refused changes nothing, and the counts add up.
pub fn check_setting(calls: Vec<(u32, Vec<u8>)>) {
    let mut lab = Lab::new(4);
    lab.switch.leave(3);
    for (option, value) in calls {
        let before = everything(&lab);
        if set(&mut lab, option, &value).is_err() {
            assert!(everything(&lab) == before);
        }
        lab.send(0, &frame(station(option), station(2)));
        let learned = u64::from(lab.switch.table().learned());
        let counts = *lab.switch.table().counters();
        assert_eq!(
            learned,
            counts.learned - counts.aged - counts.evicted - counts.flushed
        );
    }
}

/// No answer is longer than the place for it.
pub fn check_getting(option: u32, value: Vec<u8>, room: usize) {
    let mut lab = Lab::new(4);
    lab.send(0, &frame(station(1), station(2)));
    let mut place = value;
    place.resize(room, 0xee);
    if let Ok(len) = lab.switch.get_option(option, &mut place, 0) {
        assert!(len <= room);
    }
}
