// SPDX-License-Identifier: GPL-2.0

//! Where a cable leads.

use crate::failure::Failure;
use std::fmt;

/// `SCHEME://PLACE[?OPTION=VALUE,...]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    text: String,
    scheme: usize,
    place: usize,
}

impl Url {
    /// Takes it apart.
    ///
    /// # Errors
    ///
    /// It has no scheme or no place, another scheme than that one, or an option without a value.
    pub fn parse(text: &str, scheme: &str) -> Result<Self, Failure> {
        let wrong = |why: &str| {
            let hint = format!("it looks like {scheme}://PLACE?OPTION=VALUE,OPTION=VALUE");
            Failure::new(format!("cannot read the URL {text:?}: {why}"), hint)
        };
        let (found, rest) = text
            .split_once("://")
            .ok_or_else(|| wrong("it has no scheme"))?;
        if found != scheme {
            return Err(wrong("its scheme is another one"));
        }
        let place = rest.find('?').unwrap_or(rest.len());
        if place == 0 {
            return Err(wrong("it names no place"));
        }
        let url = Self {
            text: text.to_owned(),
            scheme: found.len(),
            place: found.len() + 3 + place,
        };
        if url.raw_options().any(|option| !option.contains('=')) {
            return Err(wrong("an option has no value"));
        }
        Ok(url)
    }

    /// What is before the options.
    pub fn place(&self) -> &str {
        &self.text[self.scheme + 3..self.place]
    }

    /// Its options, each with its value.
    pub fn options(&self) -> impl Iterator<Item = (&str, &str)> {
        self.raw_options()
            .filter_map(|option| option.split_once('='))
    }

    fn raw_options(&self) -> impl Iterator<Item = &str> {
        let options = self.text[self.place..].strip_prefix('?').unwrap_or("");
        options
            .split([',', '&'])
            .filter(|option| !option.is_empty())
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_and_options_are_told_apart() {
        let url = Url::parse("pgm://239.1.2.3:7500?iface=eth0,rate=10M&udp=3056", "pgm");
        let url = url.expect("good");
        assert_eq!(url.place(), "239.1.2.3:7500");
        let options: Vec<_> = url.options().collect();
        let expected = [("iface", "eth0"), ("rate", "10M"), ("udp", "3056")];
        assert_eq!(options, expected);
    }

    #[test]
    fn what_is_none_is_refused_with_a_reason() {
        for (text, why) in [
            ("239.1.2.3", "no scheme"),
            ("zenoh://a/b", "another one"),
            ("pgm://?rate=1", "no place"),
            ("pgm://239.1.2.3?rate", "no value"),
        ] {
            let failure = Url::parse(text, "pgm").expect_err(text).to_string();
            assert!(failure.contains(why), "{text}: {failure}");
        }
    }
}
