// SPDX-License-Identifier: GPL-2.0

//! Addresses of stations.

use crate::number;
use crate::text::Shown;
use std::error;
use std::fmt;
use std::str::FromStr;

/// The address of a station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress(pub [u8; 6]);

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// Six numbers of two hexadecimal digits each, with colons between them.
impl FromStr for MacAddress {
    type Err = BadMacAddress;

    fn from_str(text: &str) -> Result<Self, BadMacAddress> {
        let parse = || {
            let mut bytes = [0; 6];
            let mut parts = text.split(':');
            for byte in &mut bytes {
                let part = parts.next().filter(|part| part.len() == 2)?;
                *byte = number::in_radix(part, 16)? as u8;
            }
            parts.next().is_none().then_some(Self(bytes))
        };
        parse().ok_or_else(|| BadMacAddress(text.into()))
    }
}

/// A text that is no address of a station: it tells which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadMacAddress(Box<str>);

impl fmt::Display for BadMacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Shown::bytes(self.0.as_bytes());
        write!(f, "{text} is no MAC address, which is as 02:00:00:00:00:01")
    }
}

impl error::Error for BadMacAddress {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_it_is_written() {
        let address = MacAddress([2, 0, 0xab, 0, 0xff, 9]);
        assert_eq!(address.to_string(), "02:00:ab:00:ff:09");
        assert_eq!(address.to_string().parse(), Ok(address));
        assert_eq!("02:00:AB:00:FF:09".parse(), Ok(address));
        for wrong in [
            "",
            "02:00",
            "2:0:0:0:0:1",
            "+2:+0:+0:+0:+0:+1",
            " 2:00:00:00:00:01",
            "02:00:00:00:00:01 ",
            "02-00-00-00-00-01",
            "02:00:00:00:00:0g",
            "02:00:00:00:00:01:02",
            "02:00:00:00:00:01:",
        ] {
            let error = wrong.parse::<MacAddress>().expect_err("a wrong address");
            assert!(error.to_string().contains("MAC"), "{error}");
        }
    }
}
