// SPDX-License-Identifier: GPL-2.0

//! Frames in batches: as many as there are go at once. A batch is a Zenoh sample: its payload has the
//! frames, each behind its length, and its attachment says which batch it is.

use ipn_cable::LONGEST;

/// Bytes of the attachment: the version, zeros, the batch's number, the oldest one.
pub const LABEL: usize = 24;

/// The version of this format.
const VERSION: u8 = 1;

/// Bytes of a frame's length, which go before it.
const LENGTH: usize = 4;

/// The longest payload.
pub const PAYLOAD_MAX: usize = ROOM + LENGTH + LONGEST;

/// A batch of so many bytes goes at once.
pub const FULL: usize = 32 << 10;

/// So many bytes wait in a batch at most until it goes, or one frame.
pub const ROOM: usize = 256 << 10;

/// What the attachment says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Of the cable's batches, from 1 on.
    pub number: u64,
    /// That of the oldest batch that the cable can send again.
    pub oldest: u64,
}

impl Label {
    /// As it goes over the wire.
    pub fn write(self) -> [u8; LABEL] {
        let mut bytes = [0; LABEL];
        bytes[0] = VERSION;
        bytes[8..16].copy_from_slice(&self.number.to_le_bytes());
        bytes[16..].copy_from_slice(&self.oldest.to_le_bytes());
        bytes
    }

    /// Reads it; none: it is none of this version.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let [VERSION, 0, 0, 0, 0, 0, 0, 0, numbers @ ..] = bytes else {
            return None;
        };
        let (number, oldest) = numbers.split_first_chunk()?;
        let label = Self {
            number: u64::from_le_bytes(*number),
            oldest: u64::from_le_bytes(oldest.try_into().ok()?),
        };
        let is_sound = label.oldest > 0 && label.oldest <= label.number && label.number < u64::MAX;
        is_sound.then_some(label)
    }
}

/// Puts a frame behind the others; false: there is no room, until they have gone.
pub fn push(payload: &mut Vec<u8>, frame: &[u8]) -> bool {
    if !payload.is_empty() && payload.len() + LENGTH + frame.len() > ROOM {
        return false;
    }
    payload.extend((frame.len() as u32).to_le_bytes());
    payload.extend_from_slice(frame);
    true
}

/// The frame that begins at that byte, and where the next one does; none: there is no more, or it is
/// nonsense from there on.
pub fn frame(payload: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let (length, rest) = payload.get(at..)?.split_first_chunk()?;
    let length = u32::from_le_bytes(*length) as usize;
    let frame = rest.get(..length).filter(|frame| frame.len() <= LONGEST)?;
    Some((frame, at + LENGTH + length))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_come_out_as_they_went_in(frames: Vec<Vec<u8>>) {
            let mut payload = Vec::new();
            for frame in &frames {
                prop_assert!(push(&mut payload, frame));
            }
            let (mut out, mut at) = (Vec::new(), 0);
            while let Some((bytes, next)) = frame(&payload, at) {
                out.push(bytes.to_vec());
                at = next;
            }
            prop_assert_eq!(out, frames);
            prop_assert_eq!(at, payload.len());
        }

        #[test]
        fn labels_read_back(oldest in 1..1000_u64, more in 0..1000_u64) {
            let label = Label { number: oldest + more, oldest };
            prop_assert_eq!(Label::read(&label.write()), Some(label));
        }

        #[test]
        fn any_bytes_are_taken_or_refused(bytes: Vec<u8>, mut label: Vec<u8>, is_sound: bool) {
            let mut at = 0;
            while let Some((_, next)) = frame(&bytes, at) {
                prop_assert!(next > at);
                at = next;
            }
            if is_sound && label.len() >= 8 {
                label[..8].copy_from_slice(&[VERSION, 0, 0, 0, 0, 0, 0, 0]);
            }
            if let Some(label) = Label::read(&label) {
                prop_assert!(label.oldest <= label.number);
            }
        }
    }

    #[test]
    fn a_long_frame_goes_alone() {
        let mut payload = Vec::new();
        assert!(push(&mut payload, &[1; 10]));
        let long = vec![2; LONGEST];
        assert!(!push(&mut payload, &long));
        payload.clear();
        assert!(push(&mut payload, &long));
        assert!(payload.len() <= PAYLOAD_MAX);
        assert_eq!(frame(&payload, 0), Some((&long[..], payload.len())));
    }
}
