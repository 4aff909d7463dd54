// SPDX-License-Identifier: GPL-2.0

//! The part of a URL after `ipn://`.

use ipn::Policy;
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// What a URL asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// The network's name.
    pub path: PathBuf,
    /// The port to take.
    pub port: Option<u32>,
    /// The policy that the network has, or is to get.
    pub policy: Option<Policy>,
    /// How to create the network, if that is wanted.
    pub create: Option<Creation>,
}

/// What is said of a network that may have to be created.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Creation {
    /// The mode of its file.
    pub mode: Option<u32>,
    /// The longest frame.
    pub mtu: Option<u32>,
}

/// Why a URL is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongUrl(String);

impl fmt::Display for WrongUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)?;
        f.write_str("; the form is ipn://PATH[port=N/policy=NAME/create/mode=OCTAL/mtu=N]")
    }
}

impl Url {
    /// Reads the text after `ipn://`.
    pub fn parse(text: &[u8]) -> Result<Self, WrongUrl> {
        let (path, options) = split(text)?;
        if path.is_empty() {
            return Err(wrong("the path is missing"));
        }
        let mut url = Self {
            path: OsStr::from_bytes(&path).into(),
            port: None,
            policy: None,
            create: None,
        };
        let (mut create, mut creation) = (false, Creation::default());
        for option in options {
            let option = String::from_utf8_lossy(&option);
            match option.split_once('=') {
                None if option.is_empty() => {}
                None if option == "create" => create = true,
                None => url.port = Some(number(&option, "option")?),
                Some(("port", value)) => url.port = Some(number(value, "port")?),
                Some(("policy", value)) => url.policy = Some(policy(value)?),
                Some(("mode", value)) => creation.mode = Some(mode(value)?),
                Some(("mtu", value)) => creation.mtu = Some(number(value, "mtu")?),
                Some((key, _)) => return Err(wrong(format!("no option is called {key}"))),
            }
        }
        match create {
            true => url.create = Some(creation),
            false if creation != Creation::default() => {
                return Err(wrong("mode and mtu only go with create"))
            }
            false => {}
        }
        Ok(url)
    }
}

/// An error that says `why`.
fn wrong(why: impl Into<String>) -> WrongUrl {
    WrongUrl(why.into())
}

/// A decimal number.
fn number(text: &str, what: &str) -> Result<u32, WrongUrl> {
    ipn::number::whole(text).ok_or_else(|| wrong(format!("not a number, as {what}: {text:?}")))
}

/// A policy's name or number.
fn policy(text: &str) -> Result<Policy, WrongUrl> {
    text.parse()
        .map_err(|error: ipn::BadPolicy| wrong(error.to_string()))
}

/// Octal mode bits.
fn mode(text: &str) -> Result<u32, WrongUrl> {
    text.parse()
        .map(ipn::Mode::bits)
        .map_err(|_| wrong(format!("not an octal mode up to 777: {text:?}")))
}

/// Where in a URL a byte is.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Path,
    Options,
    After,
}

/// Splits a URL into the path and the options in brackets, and removes the quotes.
fn split(text: &[u8]) -> Result<(Vec<u8>, Vec<Vec<u8>>), WrongUrl> {
    let (mut path, mut options) = (Vec::new(), vec![Vec::new()]);
    let mut place = Place::Path;
    let mut bytes = text.iter().copied();
    let mut quote = None;
    while let Some(byte) = bytes.next() {
        let literal = match (quote, byte) {
            (Some(open), byte) if open == byte => {
                quote = None;
                continue;
            }
            (None, b'\'' | b'"') => {
                quote = Some(byte);
                continue;
            }
            (None, b'\\') => Some(bytes.next().ok_or_else(|| wrong("it ends in a \\"))?),
            (Some(_), byte) => Some(byte),
            (None, _) => None,
        };
        match (place, literal, byte) {
            (Place::Path, None, b'[') => place = Place::Options,
            (Place::Options, None, b']') => place = Place::After,
            (Place::Options, None, b'/') => options.push(Vec::new()),
            (Place::Path, ..) => path.push(literal.unwrap_or(byte)),
            (Place::Options, ..) => {
                if let Some(option) = options.last_mut() {
                    option.push(literal.unwrap_or(byte));
                }
            }
            (Place::After, ..) => return Err(wrong("there is text after the brackets")),
        }
    }
    match (quote, place) {
        (Some(_), _) => Err(wrong("a quote is left open")),
        (None, Place::Options) => Err(wrong("the bracket is left open")),
        (None, _) => Ok((path, options)),
    }
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
