// SPDX-License-Identifier: GPL-2.0

use super::*;

#[test]
fn counters_have_the_names_of_the_header() {
    let counters = ipn_switch_stats {
        unicast: 1,
        capacity: 22,
        drop_locked: 23,
        ..Default::default()
    };
    let counters: Vec<_> = Statistics::of(&counters).counters().collect();
    let not_zero: Vec<_> = counters.iter().filter(|counter| counter.1 != 0).collect();
    assert_eq!(
        not_zero,
        [&("unicast", 1), &("capacity", 22), &("drop_locked", 23)]
    );
    assert_eq!(size_of::<ipn_switch_stats>(), 8 * counters.len());
}
