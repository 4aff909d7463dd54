// SPDX-License-Identifier: GPL-2.0

//! What one user may have in all networks together.

use crate::options::Quota;

#[test]
fn each_bound_is_included_and_both_count() {
    let most = [0, 1, 4096, u32::MAX];
    for networks in most {
        for bytes in most.map(u64::from).into_iter().chain([u64::MAX]) {
            let quota = Quota { networks, bytes };
            for (asked, size) in [
                (0, 0),
                (networks, bytes),
                (networks.saturating_add(1), bytes),
                (networks, bytes.saturating_add(1)),
                (networks / 2, bytes / 2),
                (u32::MAX, u64::MAX),
            ] {
                let covered = asked <= networks && size <= bytes;
                assert_eq!(
                    quota.covers(asked, size),
                    covered,
                    "{quota:?} {asked} {size}"
                );
            }
        }
    }
}
