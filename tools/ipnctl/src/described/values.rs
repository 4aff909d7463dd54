// SPDX-License-Identifier: GPL-2.0

//! The values of a description: how they are written, and what is said of wrong ones.
//!
//! The text of an error ends in what to try, after a semicolon.

use crate::cable::Url;
use crate::values;
use ipn::number;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::{self, Display};
use std::fs;
use std::marker::PhantomData;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

/// Reads a value from a text, or from a number where that may be written too.
struct Word<T> {
    number: bool,
    what: PhantomData<T>,
}

impl<T: FromStr<Err: Display>> Visitor<'_> for Word<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.number {
            true => "a number or a text in quotes",
            false => "a text in quotes",
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        match self.number {
            true => number.to_string().parse().map_err(E::custom),
            false => Err(E::invalid_type(
                serde::de::Unexpected::Signed(number),
                &self,
            )),
        }
    }
}

/// Reads a value from a text.
pub fn text<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<T, D::Error> {
    from.deserialize_any(Word {
        number: false,
        what: PhantomData,
    })
}

/// Reads a value from a text or a number.
pub fn word<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(from: D) -> Result<T, D::Error> {
    from.deserialize_any(Word {
        number: true,
        what: PhantomData,
    })
}

/// A type that a description has as `$read` takes it and as `Display` writes it.
macro_rules! written {
    ($($read:ident $type:ty),*) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $read(from)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }
    )*};
}

written!(text Mode, word Owner, word Group, word Ageing, word Time, word Bytes, word Mask, word Vids, text Cidr,
    word Policy, text Mac, text Device, text Url);

/// Wraps a type of the crate `ipn`, whose `FromStr` and `Display` are those of a description.
macro_rules! wrapped {
    ($($(#[$doc:meta])* $name:ident($inner:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name(pub $inner);

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                let inner: Result<$inner, _> = text.parse();
                inner.map(Self).map_err(|error| error.to_string())
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

wrapped! {
    /// A delivery policy, by its name or number.
    Policy(ipn::Policy);
    /// A station's address.
    Mac(ipn::switch::MacAddress);
    /// The name of a network device.
    Device(ipn::DeviceName);
}

/// The mode bits of a file: octal digits in quotes, as a number would be read as decimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode(pub u32);

impl FromStr for Mode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse().map(ipn::Mode::bits) {
            // Root may execute a file only where anyone may (`generic_permission` in fs/namei.c), and a second
            // `ipn up` has to manage the network.
            Ok(mode) if mode & 0o111 == 0 => Err(format!(
                "{text} has no x, so that not even root could manage the network; try {:04o}",
                mode | 0o100
            )),
            Ok(mode) => Ok(Self(mode)),
            Err(_) => Err(format!(
                "{text} is no mode; write octal digits, \"0100\" to \"0777\""
            )),
        }
    }
}

impl Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04o}", self.0)
    }
}

/// The number of an account in a file as `/etc/passwd` and `/etc/group`, which both have it in
/// the third field.
fn number_of(file: &str, what: &str, option: &str, name: &str) -> Result<u32, String> {
    if let Some(number) = number::whole(name) {
        return Ok(number);
    }
    let text = fs::read_to_string(file).unwrap_or_default();
    let account = text.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(name)).then(|| fields.nth(1))?
    });
    account.and_then(number::whole).ok_or_else(|| {
        format!("{file} has no {what} {name}; add it there, or write its number{option}")
    })
}

/// The name that belongs to a number, or the number.
fn name_of(file: &str, number: u32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let text = fs::read_to_string(file).unwrap_or_default();
    let number = number.to_string();
    let name = text.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1) == Some(&number)).then_some(name)
    });
    f.write_str(name.unwrap_or(&number))
}

/// The user who owns a file. Only local accounts have names here: the program is static, and a
/// directory service would want libraries of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(pub u32);

impl FromStr for Owner {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        number_of("/etc/passwd", "user", ", which id -u tells", text).map(Self)
    }
}

impl Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name_of("/etc/passwd", self.0, f)
    }
}

/// The group of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group(pub u32);

impl FromStr for Group {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        number_of("/etc/group", "group", "", text).map(Self)
    }
}

impl Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        name_of("/etc/group", self.0, f)
    }
}

/// How long a silent station is remembered: seconds, a time as `500ms`, or `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ageing(pub Option<Duration>);

impl FromStr for Ageing {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        crate::switch_cli::time(text).map(Self)
    }
}

impl Display for Ageing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("never"),
            Some(time) if time.subsec_millis() == 0 => write!(f, "{}s", time.as_secs()),
            Some(time) => write!(f, "{}ms", time.as_millis()),
        }
    }
}

/// A time of up to a day, in whole milliseconds: seconds, or as `500ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time(pub Duration);

impl FromStr for Time {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let time = values::time(text).map_err(|_| {
            format!("{text} is no time of up to 24h; write it as \"500ms\" or \"10s\"")
        })?;
        // As the kernel keeps it.
        let millis = time.as_nanos().div_ceil(1_000_000) as u64;
        Ok(Self(Duration::from_millis(millis)))
    }
}

impl Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&values::time_text(self.0))
    }
}

/// A number of bytes: also as `64K`, `10M`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bytes(pub u32);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bytes = values::bytes(text).filter(|bytes| *bytes <= i32::MAX as u32);
        bytes.map(Self).ok_or_else(|| {
            format!("{text} is no number of bytes up to 2147483647; write it as 65536 or \"10M\"")
        })
    }
}

impl Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which reserved groups a switch forwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mask(pub u16);

impl FromStr for Mask {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match crate::switch_cli::mask(text)? {
            mask if mask & 7 == 0 => Ok(Self(mask)),
            mask => Err(format!(
                "{mask:#x} has bits that are never forwarded; leave out 0x7"
            )),
        }
    }
}

impl Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// VLANs that follow each other: a number, or `10-20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vids {
    /// The first.
    pub first: u16,
    /// The last.
    pub last: u16,
}

impl FromStr for Vids {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        crate::switch_cli::range(text).map(|(first, last)| Self { first, last })
    }
}

impl Display for Vids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.first == self.last {
            true => self.first.fmt(f),
            false => write!(f, "{}-{}", self.first, self.last),
        }
    }
}

/// An address of an interface, and how much of it names the subnet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cidr {
    /// The address.
    pub address: IpAddr,
    /// The length of the prefix: up to 32 or 128 bits.
    pub prefix: u8,
}

impl FromStr for Cidr {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parse = || {
            let (address, prefix) = text.split_once('/')?;
            let (address, prefix) = (address.parse().ok()?, number::whole(prefix)?);
            let bits = if matches!(address, IpAddr::V4(_)) {
                32
            } else {
                128
            };
            (prefix <= bits).then_some(Self { address, prefix })
        };
        parse().ok_or_else(|| {
            format!("{text} is no address with its prefix; write it as 10.0.0.1/24 or fd00::1/64")
        })
    }
}

impl Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

#[cfg(test)]
#[path = "values_tests.rs"]
mod tests;
