// SPDX-License-Identifier: GPL-2.0

//! URLs of cables: where they lead, and how.

use super::vxlan::Vxlan;
use ipn::abi::IPN_DESCRLEN;
use std::fmt;
use std::str::FromStr;

/// What the description of a cable's port begins with; its URL follows.
pub const DESCRIBED: &str = "cable ";

/// The scheme of what this program does itself.
const VXLAN: &str = "vxlan";

/// Where a cable leads: `SCHEME://...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    text: String,
    /// The length of the scheme.
    scheme: usize,
}

impl Url {
    /// Who carries the messages: letters, digits, and `+`, `-`, `.`; none of the letters is a capital.
    pub fn scheme(&self) -> &str {
        &self.text[..self.scheme]
    }

    /// Where it leads: what follows the scheme.
    pub fn far_end(&self) -> &str {
        &self.text[self.scheme + "://".len()..]
    }

    /// The tunnel, if it is one of VXLAN.
    pub fn vxlan(&self) -> Option<Vxlan> {
        match self.scheme() {
            // It was looked at when the URL was read.
            VXLAN => self.far_end().parse().ok(),
            _ => None,
        }
    }

    /// What the port of the cable says of itself: as much as there is room for.
    pub fn description(&self) -> String {
        let mut text = format!("{DESCRIBED}{}", self.text);
        // It ends with a NUL.
        let mut room = text.len().min(IPN_DESCRLEN - 1);
        while !text.is_char_boundary(room) {
            room -= 1;
        }
        text.truncate(room);
        text
    }
}

/// The URL of the cable whose port says this of itself; none: it is no cable's, or has no room for all
/// of the URL.
pub fn of_description(description: &str) -> Option<Url> {
    let url = description.strip_prefix(DESCRIBED)?;
    let is_whole = description.len() < IPN_DESCRLEN - 1;
    url.parse().ok().filter(|_| is_whole)
}

impl FromStr for Url {
    type Err = String;

    /// Reads a URL. The text of an error ends in what to try, after a semicolon.
    fn from_str(text: &str) -> Result<Self, String> {
        let Some((scheme, far_end)) = text.split_once("://") else {
            return Err(format!(
                "{text:?} is no URL; write SCHEME://..., as vxlan://192.0.2.2/7 or pgm://239.192.0.1"
            ));
        };
        // RFC 3986, section 3.1.
        let may_have = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
        if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || !scheme.chars().all(may_have) {
            return Err(format!(
                "{scheme:?} is no scheme of a URL; write one that begins with a letter and has letters, \
                 digits, +, - and . only"
            ));
        }
        if far_end.is_empty() {
            return Err(format!(
                "{text} leads nowhere; write after it what {scheme} is to reach"
            ));
        }
        if far_end.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(format!(
                "{text:?} has a blank in it; write that as % with two hexadecimal digits, as %20"
            ));
        }
        let url = Self {
            text: format!("{}://{far_end}", scheme.to_ascii_lowercase()),
            scheme: scheme.len(),
        };
        match url.scheme() {
            VXLAN => url.far_end().parse::<Vxlan>().map(|_| url),
            _ => Ok(url),
        }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
