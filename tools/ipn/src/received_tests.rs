// SPDX-License-Identifier: GPL-2.0

//! Control messages as the kernel writes them, and others.

use super::*;

/// A control message of `SOL_SOCKET` with this type and data, filled up to a whole word.
fn message(kind: c_int, data: &[u8]) -> Vec<u8> {
    at_level(SOL_SOCKET, kind, data)
}

/// The same of another level.
fn at_level(level: c_int, kind: c_int, data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; size_of::<cmsghdr>()];
    let len = bytes.len() + data.len();
    bytes[..size_of::<usize>()].copy_from_slice(&len.to_ne_bytes());
    for (at, number) in [
        (offset_of!(cmsghdr, cmsg_level), level),
        (offset_of!(cmsghdr, cmsg_type), kind),
    ] {
        bytes[at..at + size_of::<c_int>()].copy_from_slice(&number.to_ne_bytes());
    }
    bytes.extend(data);
    bytes.resize(len.next_multiple_of(size_of::<usize>()), 0);
    bytes
}

fn of(control: &[u8]) -> Received {
    Received::new(1, 1, 0, control)
}

#[test]
fn losses_and_the_time_are_told_in_any_order() {
    let lost = message(SO_RXQ_OVFL, &7_u32.to_ne_bytes());
    let wide = [3_u64, 500_000].map(u64::to_ne_bytes);
    let narrow = [3_u32, 500_000].map(u32::to_ne_bytes);
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(3500);
    for stamp in [wide.as_flattened(), narrow.as_flattened()] {
        let stamp = message(SCM_TIMESTAMP, stamp);
        for control in [[&lost[..], &stamp].concat(), [&stamp[..], &lost].concat()] {
            let received = of(&control);
            assert_eq!((received.lost(), received.time()), (Some(7), Some(time)));
        }
    }
    let other = message(libc::SCM_RIGHTS, &[1; 20]);
    assert_eq!(of(&[&other[..], &lost].concat()).lost(), Some(7));
}

#[test]
fn what_is_cut_or_makes_no_sense_tells_nothing() {
    let lost = message(SO_RXQ_OVFL, &7_u32.to_ne_bytes());
    for len in 0..lost.len() {
        let mut cut = lost[..len].to_vec();
        let is_whole = len >= size_of::<cmsghdr>() + size_of::<u32>();
        assert_eq!(of(&cut).lost(), is_whole.then_some(7), "{len}");
        for claimed in [0, 1, len, usize::MAX] {
            if let Some(place) = cut.first_chunk_mut() {
                *place = claimed.to_ne_bytes();
            }
            let _ = of(&cut);
        }
    }
    assert_eq!(of(&message(SO_RXQ_OVFL, &[7; 3])).lost(), None);
    for data in [&[][..], &[1; 7], &[1; 12], &[0xff; 16]] {
        assert_eq!(of(&message(SCM_TIMESTAMP, data)).time(), None);
    }
}

#[test]
fn senders_are_told() {
    let mut data = [3_u32, 0, 1000, 100]
        .map(u32::to_ne_bytes)
        .as_flattened()
        .to_vec();
    data.extend(1_500_000_000_u64.to_ne_bytes());
    let sender = of(&at_level(LEVEL, abi::IPN_SO_SENDER, &data))
        .sender()
        .expect("told");
    assert_eq!((sender.port, sender.pid), (3, None));
    assert_eq!((sender.uid, sender.gid), (1000, 100));
    assert_eq!(sender.since, Duration::from_millis(1500));
    for len in 0..data.len() {
        let cut = at_level(LEVEL, abi::IPN_SO_SENDER, &data[..len]);
        assert_eq!(of(&cut).sender(), None, "{len}");
    }
    data.extend([1; 8]);
    let longer = at_level(LEVEL, abi::IPN_SO_SENDER, &data);
    assert_eq!(of(&longer).sender(), Some(sender), "a later version");
    assert_eq!(
        of(&message(abi::IPN_SO_SENDER, &data)).sender(),
        None,
        "another level"
    );
}

#[test]
fn kinds_are_told_by_the_flags() {
    for (full_len, flags, kind) in [
        (0, 0, Kind::End),
        (0, MSG_EOR, Kind::Message),
        (3, 0, Kind::Message),
        (16, MSG_OOB, Kind::OutOfBand),
    ] {
        assert_eq!(Received::new(full_len, 2, flags, &[]).kind(), kind);
    }
    let received = Received::new(3, 2, 0, &[]);
    assert_eq!((received.len(), received.full_len()), (2, 3));
    for (len, is_empty) in [(0, true), (1, false), (2, false)] {
        assert_eq!(Received::new(len, len, MSG_EOR, &[]).is_empty(), is_empty);
    }
}

#[test]
fn a_stamp_is_a_time_unless_it_is_0() {
    let after = |nanos| SystemTime::UNIX_EPOCH + Duration::from_nanos(nanos);
    for nanos in [1, 1_500_000_000, u64::MAX] {
        assert_eq!(stamp(nanos), Some(after(nanos)));
    }
    assert_eq!(stamp(0), None);
}
