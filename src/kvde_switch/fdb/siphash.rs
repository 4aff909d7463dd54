// SPDX-License-Identifier: GPL-2.0

//! A keyed hash of one 64-bit word.
//!
//! Senders choose source addresses. With a hash that a sender can compute, a few
//! hundred frames would put all their addresses into one chain of the table. SipHash with a secret
//! random key is what the kernel itself uses against this (`Documentation/security/siphash.rst`);
//! the variant with one and three rounds is its choice for hash tables, and that of Rust's
//! `HashMap`.

/// The secret that makes the hash unpredictable: 128 random bits, drawn once per table.
#[derive(Clone, Copy)]
pub struct HashKey([u64; 2]);

impl HashKey {
    /// Makes a key of two random words.
    pub const fn new(words: [u64; 2]) -> Self {
        Self(words)
    }

    /// SipHash-1-3 of the eight octets of `word`, lowest first.
    pub fn hash(&self, word: u64) -> u64 {
        let [k0, k1] = self.0;
        let mut state = State {
            v0: k0 ^ 0x736f_6d65_7073_6575,
            v1: k1 ^ 0x646f_7261_6e64_6f6d,
            v2: k0 ^ 0x6c79_6765_6e65_7261,
            v3: k1 ^ 0x7465_6462_7974_6573,
        };
        state.absorb(word);
        // The last block: no octets left over, and the length in the top octet.
        state.absorb(8 << 56);
        state.v2 ^= 0xff;
        state.round();
        state.round();
        state.round();
        state.v0 ^ state.v1 ^ state.v2 ^ state.v3
    }
}

/// The four words that SipHash mixes.
struct State {
    v0: u64,
    v1: u64,
    v2: u64,
    v3: u64,
}

impl State {
    fn absorb(&mut self, word: u64) {
        self.v3 ^= word;
        self.round();
        self.v0 ^= word;
    }

    fn round(&mut self) {
        self.v0 = self.v0.wrapping_add(self.v1);
        self.v1 = self.v1.rotate_left(13) ^ self.v0;
        self.v0 = self.v0.rotate_left(32);
        self.v2 = self.v2.wrapping_add(self.v3);
        self.v3 = self.v3.rotate_left(16) ^ self.v2;
        self.v0 = self.v0.wrapping_add(self.v3);
        self.v3 = self.v3.rotate_left(21) ^ self.v0;
        self.v2 = self.v2.wrapping_add(self.v1);
        self.v1 = self.v1.rotate_left(17) ^ self.v2;
        self.v2 = self.v2.rotate_left(32);
    }
}
