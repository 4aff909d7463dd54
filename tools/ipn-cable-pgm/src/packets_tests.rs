// SPDX-License-Identifier: GPL-2.0

use super::*;
use proptest::prelude::*;

/// All packets of frames, where `flushes` says after which of them nothing is kept back.
fn packets(size: usize, frames: &[Vec<u8>], flushes: &[bool]) -> Vec<Vec<u8>> {
    let mut packer = Packer::new(size);
    let mut packets = Vec::new();
    let ends = [true].into_iter();
    let flushes = flushes.iter().copied().chain(ends.cycle());
    for (at, (frame, flush)) in frames.iter().zip(flushes).enumerate() {
        packer.push(frame);
        while let Some(packet) = packer.packet(flush || at + 1 == frames.len()) {
            packets.push(packet.to_vec());
            packer.sent();
        }
    }
    packets
}

fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let lengths = prop_oneof![0..20_usize, 50..300_usize];
    prop::collection::vec(lengths, 1..30).prop_map(|lengths| {
        let frames = lengths.into_iter().enumerate();
        frames.map(|(at, length)| vec![at as u8; length]).collect()
    })
}

proptest! {
    #[test]
    fn frames_come_out_as_they_went_in(
        size in 12..200_usize,
        frames in frames(),
        flushes in prop::collection::vec(any::<bool>(), 0..30),
    ) {
        let mut unpacker = Unpacker::default();
        let mut out = Vec::new();
        for packet in packets(size, &frames, &flushes) {
            prop_assert!(packet.len() <= size);
            let taken = unpacker.take(&packet, |frame| out.push(frame.to_vec()));
            prop_assert_eq!(taken, Ok(0));
        }
        prop_assert_eq!(out, frames);
    }

    #[test]
    fn of_lost_packets_only_the_frames_in_them_are_missing(
        size in 12..200_usize,
        frames in frames(),
        flushes in prop::collection::vec(any::<bool>(), 0..30),
        losses in prop::collection::vec(any::<bool>(), 100),
    ) {
        let mut unpacker = Unpacker::default();
        let mut out: Vec<Vec<u8>> = Vec::new();
        let packets = packets(size, &frames, &flushes);
        let (mut lost, mut told, mut begun) = (0, 0, false);
        for (at, packet) in packets.iter().enumerate() {
            if losses[at % losses.len()] {
                lost += u32::from(begun);
            } else {
                begun = true;
                told += unpacker.take(packet, |frame| out.push(frame.to_vec())).expect("a packet");
                prop_assert_eq!(told, lost);
            }
        }
        // Whole ones, in their order.
        let mut from = frames.iter();
        for frame in &out {
            prop_assert!(from.any(|one| one == frame), "{:?}", frame);
        }
        if lost == 0 && begun && !losses[0] {
            let came = out.len();
            prop_assert!(came == frames.len() || losses[..packets.len().min(100)].contains(&true));
        }
    }

    #[test]
    fn any_bytes_are_taken_or_refused(packets: Vec<Vec<u8>>, sound: Vec<bool>) {
        let mut unpacker = Unpacker::default();
        for (mut packet, sound) in packets.into_iter().zip(sound) {
            if sound {
                packet.splice(..packet.len().min(3), [VERSION, 0, 0]);
            }
            let _ = unpacker.take(&packet, |frame| assert!(frame.len() <= LONGEST));
        }
    }
}

#[test]
fn a_length_that_cannot_be_is_refused() {
    let mut packet = vec![VERSION, 0, 0, 0, 0, 0, 0, 0];
    packet.extend((LONGEST as u32 + 1).to_le_bytes());
    assert_eq!(Unpacker::default().take(&packet, |_| ()), Err(BadPacket));
    assert_eq!(Unpacker::default().take(&[2; 20], |_| ()), Err(BadPacket));
}

#[test]
fn what_has_gone_takes_no_room() {
    let mut packer = Packer::new(1000);
    for _ in 0..10_000 {
        packer.push(&[7; 300]);
        while packer.packet(false).is_some() {
            packer.sent();
        }
    }
    assert!(packer.stream.capacity() < 10_000);
}
