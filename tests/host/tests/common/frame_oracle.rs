// SPDX-License-Identifier: GPL-2.0

//! What a header says, read naively.

use af_ipn_core::kvde_switch::frame::{Frame, Tag, TagControl, HEAD_LEN};

/// What is parsed is what the octets say.
pub fn check(octets: &[u8]) {
    let parsed = Frame::parse(octets, octets.len());
    // The head is as good as the whole.
    let head = &octets[..octets.len().min(HEAD_LEN)];
    assert_eq!(Frame::parse(head, octets.len()), parsed);
    let Ok(frame) = parsed else {
        assert!(octets.len() < 14);
        return;
    };
    assert_eq!(&frame.destination().octets(), &octets[..6]);
    assert_eq!(&frame.source().octets(), &octets[6..12]);
    assert_eq!(&frame.ethertype().to_be_bytes(), &octets[12..14]);
    assert_eq!(frame.len(), octets.len());
    let tag = match (octets[12..14] == [0x81, 0x00], octets.get(14..18)) {
        (false, _) => Tag::None,
        (true, None) => Tag::Truncated,
        (true, Some(tag)) => Tag::Present(TagControl(u16::from_be_bytes([tag[0], tag[1]]))),
    };
    assert_eq!(frame.tag(), tag);
}
