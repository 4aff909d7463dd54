// SPDX-License-Identifier: GPL-2.0

//! The keyed hash is SipHash-1-3.

use std::hash::Hasher;

use af_ipn_core::kvde_switch::fdb::siphash::HashKey;
use proptest::prelude::*;
use siphasher::sip::SipHasher13;

proptest! {
    #[test]
    fn the_hash_is_siphash_1_3(key in any::<[u64; 2]>(), word in any::<u64>()) {
        let mut oracle = SipHasher13::new_with_keys(key[0], key[1]);
        oracle.write(&word.to_le_bytes());
        prop_assert_eq!(HashKey::new(key).hash(word), oracle.finish());
    }
}
