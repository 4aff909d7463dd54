// SPDX-License-Identifier: GPL-2.0

//! How fast packets may go.

use std::time::{Duration, Instant};

/// So much of a second's bytes may go at once, after a pause.
const BURST: Duration = Duration::from_millis(20);

/// A bucket of bytes that fills by the rate.
#[derive(Debug)]
pub struct Pace {
    /// Bytes a second.
    rate: f64,
    /// What it holds at most: a packet in any case.
    most: f64,
    held: f64,
    when: Instant,
}

impl Pace {
    /// For so many bytes a second, in packets of up to so many.
    pub fn new(rate: u32, packet: usize, now: Instant) -> Self {
        let rate = f64::from(rate);
        let most = (rate * BURST.as_secs_f64()).max(packet as f64);
        Self {
            rate,
            most,
            held: most,
            when: now,
        }
    }

    /// How long a packet of so many bytes has to wait; if not at all, it goes.
    pub fn take(&mut self, bytes: usize, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.when);
        self.held = (self.held + self.rate * passed.as_secs_f64()).min(self.most);
        self.when = now;
        let missing = bytes as f64 - self.held;
        if missing > 0.0 {
            return Duration::from_secs_f64(missing / self.rate);
        }
        self.held -= bytes as f64;
        Duration::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_kept_whatever_the_pauses_are() {
        for (rate, packet) in [(10_000, 1500), (1_000_000, 1500), (100_000_000, 9000)] {
            let begin = Instant::now();
            let mut pace = Pace::new(rate, packet, begin);
            let (mut now, mut sent) = (begin, 0);
            while now < begin + Duration::from_secs(10) {
                match pace.take(packet, now) {
                    Duration::ZERO => sent += packet,
                    // Later than it might.
                    wait => now += wait + Duration::from_micros(300),
                }
            }
            let expected = 10 * rate as usize;
            let burst = expected / 500 + packet;
            assert!(sent <= expected + burst, "{rate}: {sent}");
            assert!(sent >= expected - expected / 100 - packet, "{rate}: {sent}");
        }
    }
}
