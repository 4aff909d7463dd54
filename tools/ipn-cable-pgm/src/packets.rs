// SPDX-License-Identifier: GPL-2.0

//! Frames in packets, many or a part of one in each: a stream of frames, each behind its length, cut
//! into packets that are numbered and tell where in them the first frame begins.

use ipn_cable::LONGEST;
use std::collections::VecDeque;

/// Bytes before those of frames: the version, zero, where the first frame begins, the number.
const HEADER: usize = 8;

/// The version of this format.
const VERSION: u8 = 1;

/// No frame begins in this packet.
const NOWHERE: u16 = 0xffff;

/// Bytes of a frame's length, which go before it.
const LENGTH: usize = 4;

/// Cuts frames into packets.
#[derive(Debug)]
pub struct Packer {
    /// The longest packet.
    size: usize,
    number: u32,
    /// Frames, of which those up to `at` have gone.
    stream: Vec<u8>,
    at: usize,
    /// Where frames begin in it that have not gone.
    starts: VecDeque<usize>,
    /// The packet that is to be sent; empty: there is none.
    packet: Vec<u8>,
}

impl Packer {
    /// For packets of up to so many bytes.
    pub fn new(size: usize) -> Self {
        Self {
            size: size.clamp(HEADER + LENGTH, NOWHERE.into()),
            number: 0,
            stream: Vec::new(),
            at: 0,
            starts: VecDeque::new(),
            packet: Vec::new(),
        }
    }

    /// Takes a frame.
    pub fn push(&mut self, frame: &[u8]) {
        // What has gone makes room when it is the most of it, so that each byte is moved once.
        if self.at > self.stream.len() / 2 {
            self.stream.drain(..self.at);
            self.starts.iter_mut().for_each(|start| *start -= self.at);
            self.at = 0;
        }
        self.starts.push_back(self.stream.len());
        self.stream.extend((frame.len() as u32).to_le_bytes());
        self.stream.extend_from_slice(frame);
    }

    /// The packet to be sent next, the same until it was: a full one, or if `all` what is left.
    pub fn packet(&mut self, all: bool) -> Option<&[u8]> {
        let waiting = self.stream.len() - self.at;
        let room = self.size - HEADER;
        if self.packet.is_empty() && (waiting >= room || (all && waiting > 0)) {
            let part = &self.stream[self.at..][..waiting.min(room)];
            let first = self.starts.front().map(|start| start - self.at);
            let first = first.filter(|first| *first < part.len());
            self.packet.extend([VERSION, 0]);
            let first = first.map_or(NOWHERE, |first| first as u16);
            self.packet.extend(first.to_le_bytes());
            self.packet.extend(self.number.to_le_bytes());
            self.packet.extend_from_slice(part);
        }
        Some(&self.packet[..]).filter(|packet| !packet.is_empty())
    }

    /// It was sent.
    pub fn sent(&mut self) {
        self.at += self.packet.len().saturating_sub(HEADER);
        while self.starts.front().is_some_and(|start| *start < self.at) {
            self.starts.pop_front();
        }
        self.number = self.number.wrapping_add(1);
        self.packet.clear();
    }
}

/// Puts frames together again that come from one [`Packer`].
#[derive(Debug, Default)]
pub struct Unpacker {
    /// The number of the next packet; none: nothing has come yet.
    expected: Option<u32>,
    /// Of the frame that has not come whole, with its length; none: its beginning is missing.
    part: Option<Vec<u8>>,
}

/// It is no packet of a cable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadPacket;

impl Unpacker {
    /// Takes a packet, hands out the frames that are whole now, and tells how many packets were lost
    /// before it.
    ///
    /// # Errors
    ///
    /// It is no packet of this version; what goes on in the next one is lost.
    pub fn take(&mut self, packet: &[u8], whole: impl FnMut(&[u8])) -> Result<u32, BadPacket> {
        let outcome = self.take_known(packet, whole).ok_or(BadPacket);
        if outcome.is_err() {
            self.part = None;
        }
        outcome
    }

    fn take_known(&mut self, packet: &[u8], mut whole: impl FnMut(&[u8])) -> Option<u32> {
        let (header, mut bytes) = packet.split_first_chunk::<HEADER>()?;
        let [version, zero, a, b, number @ ..] = *header;
        if (version, zero) != (VERSION, 0) {
            return None;
        }
        let (first, number) = (u16::from_le_bytes([a, b]), u32::from_le_bytes(number));
        let lost = self
            .expected
            .map_or(0, |expected| number.wrapping_sub(expected));
        self.expected = Some(number.wrapping_add(1));
        if lost > 0 {
            self.part = None;
        }
        if self.part.is_none() {
            if first == NOWHERE {
                return Some(lost);
            }
            bytes = bytes.get(usize::from(first)..)?;
        }
        let part = self.part.get_or_insert_default();
        loop {
            let missing = match part.first_chunk() {
                None => LENGTH - part.len(),
                Some(length) => {
                    let length = u32::from_le_bytes(*length) as usize;
                    if length > LONGEST {
                        return None;
                    }
                    if part.len() == LENGTH + length {
                        whole(&part[LENGTH..]);
                        part.clear();
                        continue;
                    }
                    LENGTH + length - part.len()
                }
            };
            if bytes.is_empty() {
                return Some(lost);
            }
            let some;
            (some, bytes) = bytes.split_at(missing.min(bytes.len()));
            part.extend_from_slice(some);
        }
    }
}

#[cfg(test)]
#[path = "packets_tests.rs"]
mod tests;
