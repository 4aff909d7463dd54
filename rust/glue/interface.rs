// SPDX-License-Identifier: GPL-2.0

//! The interface as the files of `src/` have it, compared with its header when the module is compiled.

use crate::{
    abi::{
        record::{Record, HEADER, SEQUENCED},
        sequence::{Gap, Origin, Sequence},
        statistics::{self, Statistics, NOT_WAITING},
        uapi,
    },
    policy::targets::PREFIX_MAX,
    ring::layout,
    rust::{
        bindings,
        glue::ring_memory::{NOTICES_AT, POSITIONS_AT},
    },
};
use core::mem::{offset_of, size_of};

/// What the pure core believes of the interface is what the header says.
const _: () = {
    macro_rules! same {
        ($($name:ident)*) => { $(assert!(uapi::$name as i64 == bindings::$name as i64);)* };
    }
    same! {
        IPN_ANY IPN_BROADCAST IPN_PROTO_MAX IPN_SO_PORT IPN_SO_DESCR IPN_SO_CHANGE_NUMNODES IPN_SO_HANDLE_OOB
        IPN_SO_WANT_OOB_NUMNODES IPN_SO_CREATOR IPN_SO_FILE IPN_SO_RECORDS IPN_SO_STATISTICS IPN_SO_SENDER IPN_SO_OBSERVE IPN_SO_HISTORY IPN_SO_SINCE IPN_SO_SEQUENCE IPN_SO_ORIGIN IPN_SO_GAPS IPN_SO_SKIP IPN_SO_WINDOW IPN_SO_RATE IPN_WINDOW_DEFAULT
        IPN_WINDOW_MAX IPN_RATE_MAX IPN_GAPS_MAX IPN_GAP_OTHERS IPN_FLAG_RELIABLE IPN_FLAG_HISTORY IPN_FLAG_EVICT IPN_SO_MTU IPN_SO_NUMNODES IPN_SO_MSGPOOLSIZE
        IPN_SO_FLAGS IPN_SO_MODE IPN_PORTNO_ANY IPN_DESCRLEN IPN_MTU_MIN IPN_MTU_MAX IPN_MTU_MAX_POLICY IPN_MTU_DEFAULT
        IPN_NUMNODES_MIN IPN_NUMNODES_DEFAULT IPN_MSGPOOLSIZE_MIN IPN_MSGPOOLSIZE_MAX
        IPN_SO_BYTES IPN_BYTES_MIN IPN_BYTES_DEFAULT IPN_BYTES_MAX IPN_MODE_DEFAULT IPN_FLAG_LOSSLESS IPN_FLAG_EXCL IPN_FLAG_FLEXMTU IPN_FLAG_ONE_WRITER
        IPN_FLAG_TERMINATED IPN_OOB_NUMNODE_TAG IPN_MAP_RING IPN_MAP_CURSOR IPN_MAP_WRITER IPN_RING_MAGIC
        IPN_RING_VERSION IPN_DROP_OVERRUN IPN_DROP_FILTERED IPN_DROP_TOO_LONG IPN_DROP_NO_MEMORY IPN_DROP_SHUT
        IPN_DROP_LOCKED
    }
    assert!(PREFIX_MAX == bindings::IPN_PREFIX_MAX as usize);
    macro_rules! laid_out {
        ($($ours:path, $at:expr, $theirs:ident: $($member:ident)*;)*) => { $($(
            assert!($at + offset_of!($ours, $member) == offset_of!(bindings::$theirs, $member));
        )*)* };
    }
    laid_out! {
        layout::Format, 0, ipn_ring: magic version messages index_at bytes bytes_at mtu flags written_at sequences_at;
        layout::Positions, POSITIONS_AT, ipn_ring: oldest published head;
        layout::Notices, NOTICES_AT, ipn_ring: awaiting_room awaiting_message slowest stamped;
        layout::Positions, 0, ipn_written: oldest published head;
        layout::Descriptor, 0, ipn_descriptor: state stamp len from at back;
        layout::Place, 0, ipn_cursor: position own lost since;
        bindings::ipn_file_numbers, 0, ipn_file: major minor inode;
        Record, 0, ipn_record: len from number stamp;
        Statistics, 0, ipn_statistics: sent sent_bytes received received_bytes lost refused lag waiting waited window rate evicted;
        Origin, 0, ipn_origin: bus sequence port hops;
        Sequence, 0, ipn_sequence: sequence sent skipped origin;
        Gap, 0, ipn_gap: lost port zero;
        Record, 0, ipn_sequenced_record: len from number stamp;
    }
    assert!(size_of::<layout::Descriptor>() == size_of::<bindings::ipn_descriptor>());
    assert!(HEADER == size_of::<Record>() && HEADER == size_of::<bindings::ipn_record>());
    assert!(SEQUENCED == size_of::<bindings::ipn_sequenced_record>());
    assert!(size_of::<layout::SequenceOf>() == size_of::<bindings::ipn_sequence>());
    assert!(Sequence::SIZE == size_of::<Sequence>() && Gap::SIZE == size_of::<Gap>());
    assert!(Sequence::SIZE == size_of::<bindings::ipn_sequence>());
    assert!(Gap::SIZE == size_of::<bindings::ipn_gap>());
    assert!(Origin::SIZE == size_of::<bindings::ipn_origin>());
    assert!(statistics::SIZE == size_of::<Statistics>());
    assert!(statistics::SIZE == size_of::<bindings::ipn_statistics>());
    assert!(NOT_WAITING == bindings::IPN_NOT_WAITING as u64);
    assert!(size_of::<bindings::ipn_file_numbers>() == size_of::<bindings::ipn_file>());
    assert!(uapi::UNIX_PATH_MAX + 2 == size_of::<bindings::sockaddr_un>());
};
