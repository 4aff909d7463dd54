// SPDX-License-Identifier: GPL-2.0

//! Counting messages.

use serde::Serialize;
use std::fmt;
use std::time::{Duration, Instant};

/// What was sent or received.
#[derive(Debug, Default)]
pub struct Tally {
    messages: u64,
    bytes: u64,
    lost: u64,
    /// Lines that were too long for a message, and not sent or not whole.
    left_out: u64,
    cut: u64,
    /// The kernel's count of losses, which wraps around.
    lost_seen: u32,
    /// When the first messages came, and the last.
    span: Option<(Instant, Instant)>,
}

impl Tally {
    /// Counts a message of so many bytes.
    pub fn count(&mut self, bytes: usize) {
        self.messages += 1;
        self.bytes += bytes as u64;
    }

    /// Notes that what was just counted was so at this time.
    pub fn mark(&mut self, now: Instant) {
        let (first, _) = self.span.unwrap_or((now, now));
        self.span = Some((first, now));
    }

    /// Takes the kernel's count of losses; returns how many are new.
    pub fn see_lost(&mut self, count: u32) -> u32 {
        let new = count.wrapping_sub(self.lost_seen);
        self.lost_seen = count;
        self.lost += u64::from(new);
        new
    }

    /// Counts messages that were missed.
    pub fn miss(&mut self, count: u64) {
        self.lost = self.lost.saturating_add(count);
    }

    /// The number of messages.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Counts a line that was not sent.
    pub fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// Counts a line of which only the beginning is sent.
    pub fn cut(&mut self) {
        self.cut += 1;
    }

    /// The number of lines that were not sent.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The number of lost messages.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// The figures in the end.
    pub fn summary(&self, verb: &'static str) -> Summary {
        let elapsed = self
            .span
            .map_or(Duration::ZERO, |(first, last)| last - first);
        let seconds = elapsed.as_secs_f64();
        let rate = |number: u64| match seconds > 0.0 {
            true => number as f64 / seconds,
            false => 0.0,
        };
        Summary {
            verb,
            messages: self.messages,
            bytes: self.bytes,
            lost: self.lost,
            left_out: self.left_out,
            cut: self.cut,
            seconds,
            messages_per_second: rate(self.messages),
            bytes_per_second: rate(self.bytes),
        }
    }
}

/// The figures in the end.
#[derive(Debug, Serialize)]
pub struct Summary {
    #[serde(skip)]
    verb: &'static str,
    messages: u64,
    bytes: u64,
    lost: u64,
    #[serde(skip)]
    left_out: u64,
    #[serde(skip)]
    cut: u64,
    seconds: f64,
    messages_per_second: f64,
    bytes_per_second: f64,
}

impl Summary {
    /// As a line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("plain data are JSON")
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {} messages, {} bytes, lost {}, in {:.3} s ({:.0} messages/s, {:.2} MB/s)",
            self.verb,
            self.messages,
            self.bytes,
            self.lost,
            self.seconds,
            self.messages_per_second,
            self.bytes_per_second / 1e6
        )?;
        if self.left_out + self.cut != 0 {
            write!(f, ", {} left out, {} cut", self.left_out, self.cut)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_add_up() {
        let mut tally = Tally::default();
        let start = Instant::now();
        tally.count(1000);
        tally.mark(start);
        tally.count(3000);
        tally.mark(start + Duration::from_millis(500));
        assert_eq!(
            tally.summary("received").to_string(),
            "received 2 messages, 4000 bytes, lost 0, in 0.500 s (4 messages/s, 0.01 MB/s)"
        );
    }

    #[test]
    fn nothing_has_no_rate() {
        let text = Tally::default().summary("sent").to_string();
        assert_eq!(
            text,
            "sent 0 messages, 0 bytes, lost 0, in 0.000 s (0 messages/s, 0.00 MB/s)"
        );
    }

    #[test]
    fn losses_are_told_once_and_wrap_around() {
        let mut tally = Tally::default();
        assert_eq!(tally.see_lost(0), 0);
        assert_eq!(tally.see_lost(u32::MAX), u32::MAX);
        assert_eq!(tally.see_lost(u32::MAX), 0);
        assert_eq!(tally.see_lost(4), 5);
        assert_eq!(tally.lost(), u64::from(u32::MAX) + 5);
    }

    #[test]
    fn json_has_the_figures() {
        let text = Tally::default().summary("sent").to_json();
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["messages"], 0);
        assert_eq!(value["lost"], 0);
        assert!(value.get("verb").is_none());
    }
}
