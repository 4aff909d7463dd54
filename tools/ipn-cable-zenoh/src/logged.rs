// SPDX-License-Identifier: GPL-2.0

//! What Zenoh warns of, in its log: why it cannot connect. It is for people.

use std::collections::VecDeque;
use std::fmt::{self, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Metadata, Subscriber};

/// What was said lately is not said again.
const PAUSE: Duration = Duration::from_secs(30);

/// So much is remembered at most.
const MOST: usize = 16;

static SAID: Mutex<Said> = Mutex::new(Said {
    waiting: VecDeque::new(),
    lately: VecDeque::new(),
});

struct Said {
    waiting: VecDeque<String>,
    lately: VecDeque<(String, Instant)>,
}

/// From now on it is listened to.
pub fn listen() {
    // Another one, of a test, will do too.
    let _ = tracing::subscriber::set_global_default(Listener);
}

/// The next warning.
pub fn next() -> Option<String> {
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    said.waiting.pop_front()
}

/// A warning without the places in Zenoh's source, and without advice that does not help.
pub fn plain(text: &str) -> String {
    let mut plain = text.to_owned();
    while let Some((from, to)) = place(&plain) {
        plain.replace_range(from..to, "");
    }
    for end in [". Retry in ", ". Hint: ", "! Retry in "] {
        plain.truncate(plain.find(end).unwrap_or(plain.len()));
    }
    plain.trim_end_matches(['.', ' ']).to_owned()
}

/// Where ` at /FILE.rs:LINE.` stands.
fn place(text: &str) -> Option<(usize, usize)> {
    let from = text.find(" at /")?;
    let line = from + text[from..].find(".rs:")? + ".rs:".len();
    let len = text[line..].find(|c: char| !c.is_ascii_digit());
    let to = len.map_or(text.len(), |len| line + len);
    let dots = usize::from(text[to..].starts_with('.'));
    Some((from, to + dots))
}

impl Said {
    fn take(&mut self, text: &str, now: Instant) {
        let text = plain(text);
        if NOTHING.iter().any(|words| text.contains(words)) {
            return;
        }
        self.lately
            .retain(|(_, when)| now.duration_since(*when) < PAUSE);
        let is_known = self.lately.iter().any(|(known, _)| *known == text);
        if !is_known && self.lately.len() < MOST {
            self.waiting.push_back(text.clone());
            self.lately.push_back((text, now));
        }
    }
}

/// Takes warnings, and why somebody cannot be reached, which is none to Zenoh.
struct Listener;

/// Who says that, and how it begins.
const CONNECTS: &str = "zenoh::net::runtime::orchestrator";
const UNREACHED: &str = "Unable to connect to ";

/// What says nothing: its reason is said by itself, or it is no fault.
const NOTHING: [&str; 3] = [
    "Unable to connect to any of ",
    "Scouting delay elapsed",
    // Of a connection that is half lost.
    "with unknown scope",
];

/// Who tells of TLS, without saying so.
const TLS: &str = "zenoh_link_tls";

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_wanted = *metadata.level() <= Level::WARN || metadata.target() == CONNECTS;
        metadata.is_event() && is_wanted && *metadata.level() <= Level::DEBUG
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        Some(tracing::level_filters::LevelFilter::DEBUG)
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let Message(text) = message;
        let is_warning = *event.metadata().level() <= Level::WARN;
        if !is_warning && !text.starts_with(UNREACHED) {
            return;
        }
        let text = match event.metadata().target().starts_with(TLS) {
            true => format!("a TLS connection failed: {text}"),
            false => text,
        };
        let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
        said.take(&text, Instant::now());
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // A text takes everything.
            let _ = write!(self.0, "{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_source_are_left_out() {
        for (text, plainly) in [
            (
                "Unable to connect to tcp/a:1! refused at /x/y.rs:300.",
                "Unable to connect to tcp/a:1! refused",
            ),
            ("[why at /x/y.rs:3.] at /z.rs:4.", "[why]"),
            (
                "invalid: UnknownIssuer. Hint: increase the limit.",
                "invalid: UnknownIssuer",
            ),
            (
                "Unable! refused at /x.rs:1.. Retry in 250ms.",
                "Unable! refused",
            ),
            ("arrives at noon", "arrives at noon"),
        ] {
            assert_eq!(plain(text), plainly);
        }
    }

    #[test]
    fn the_same_is_said_once_in_a_while() {
        let begin = Instant::now();
        let mut said = Said {
            waiting: VecDeque::new(),
            lately: VecDeque::new(),
        };
        for seconds in [0, 1, 29, 31] {
            said.take("refused", begin + Duration::from_secs(seconds));
        }
        assert_eq!(said.waiting.len(), 2);
        for number in 0..100 {
            said.take(&number.to_string(), begin);
        }
        assert!(said.waiting.len() <= 2 * MOST);
    }
}
