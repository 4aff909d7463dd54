// SPDX-License-Identifier: GPL-2.0

//! What a URL says of a cable over Zenoh: `zenoh://[ENDPOINT,...]/KEY[?OPTION=VALUE,...]`, and what is
//! said of a router.

use crate::endpoint::Endpoint;
use ipn_cable::{value, Failure, Url};
use std::path::PathBuf;
use std::time::Duration;
use zenoh::key_expr::OwnedKeyExpr;

/// Bounds of the options.
const WINDOW_MAX: Duration = Duration::from_secs(600);
const BYTES_MAX: usize = 1 << 30;

/// What a cable keeps unless the bus says more.
const WINDOW_MIN: Duration = Duration::from_secs(1);
const BYTES_MIN: usize = 1 << 20;

/// A router keeps nothing; it waits as long for who is slow as cables with such a window.
const ROUTER_WINDOW: Duration = Duration::from_secs(30);

const HINT: &str =
    "use listen=ENDPOINT, scout=yes or no, iface=NAME, window=TIME (as 5s, up to 600s), \
                    bytes=BYTES (as 16M, up to 1G), ca=FILE, cert=FILE, key=FILE";

/// Where it leads and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Who is connected to: routers or others' cables.
    pub connect: Vec<Endpoint>,
    /// Where others may connect.
    pub listen: Vec<Endpoint>,
    /// Whether others are looked for by multicast.
    pub scouts: bool,
    /// The network interface for that; none: all that have multicast.
    pub interface: Option<String>,
    /// What all cables of these buses have in common.
    pub key: OwnedKeyExpr,
    /// For how long what was sent is kept.
    pub window: Duration,
    /// How many bytes of it at most.
    pub bytes: usize,
    /// Of TLS; none: there is none.
    pub certificates: Option<Certificates>,
}

/// With what each side shows who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificates {
    /// Who has signed those of the others.
    pub authority: PathBuf,
    /// Our own.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What the options say, before it is known whether they fit together.
#[derive(Debug, Default)]
struct Said {
    listen: Vec<Endpoint>,
    connect: Vec<Endpoint>,
    scouts: Option<bool>,
    interface: Option<String>,
    window: Option<Duration>,
    bytes: Option<usize>,
    authority: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
}

impl Options {
    /// Reads those of a cable. The window and the bytes of the bus count where the URL says nothing.
    ///
    /// # Errors
    ///
    /// What is wrong, and how it is right.
    pub fn of(url: &Url, window: Duration, bytes: usize) -> Result<Self, Failure> {
        let (connect, key) = place(url.place())?;
        let said = Said::of(url, "connect")?;
        let scouts = connect.is_empty() && said.listen.is_empty();
        said.checked(connect, key, scouts, window, bytes)
    }

    /// Reads those of a router, whose URL is `zenoh://ENDPOINT[,ENDPOINT...]`: where it listens.
    ///
    /// # Errors
    ///
    /// What is wrong, and how it is right.
    pub fn of_router(url: &Url) -> Result<Self, Failure> {
        let mut said = Said::of(url, "listen")?;
        let listen: Result<Vec<_>, _> = url.place().split(',').map(Endpoint::parse).collect();
        said.listen = listen?;
        let connect = std::mem::take(&mut said.connect);
        // It names nothing.
        said.checked(connect, key("router")?, false, ROUTER_WINDOW, BYTES_MIN)
    }

    /// Whether it is connected to one router at a time, or to all others that there are.
    pub fn is_client(&self) -> bool {
        self.listen.is_empty() && !self.scouts
    }
}

impl Said {
    /// What all but `refused` say.
    fn of(url: &Url, refused: &str) -> Result<Self, Failure> {
        let mut said = Self::default();
        for (name, value) in url.options() {
            let is_good = name != refused && !value.is_empty();
            let set = is_good.then(|| said.set(name, value)).flatten();
            set.ok_or_else(|| {
                Failure::new(format!("the URL's option {name}={value} is wrong"), HINT)
            })??;
        }
        Ok(said)
    }

    /// None: there is no such option, or it has no such value.
    fn set(&mut self, name: &str, text: &str) -> Option<Result<(), Failure>> {
        match name {
            "listen" => return Some(Endpoint::parse(text).map(|one| self.listen.push(one))),
            "connect" => return Some(Endpoint::parse(text).map(|one| self.connect.push(one))),
            "scout" if text == "yes" => self.scouts = Some(true),
            "scout" if text == "no" => self.scouts = Some(false),
            "iface" => self.interface = Some(text.to_owned()),
            "window" => {
                let window = value::time(text).filter(|window| *window <= WINDOW_MAX)?;
                self.window = Some(window).filter(|window| !window.is_zero());
                self.window?;
            }
            "bytes" => {
                let bytes = usize::try_from(value::bytes(text)?).ok()?;
                self.bytes = Some(bytes).filter(|bytes| *bytes <= BYTES_MAX);
                self.bytes?;
            }
            "ca" => self.authority = Some(text.into()),
            "cert" => self.certificate = Some(text.into()),
            "key" => self.key = Some(text.into()),
            _ => return None,
        }
        Some(Ok(()))
    }

    fn checked(
        self,
        connect: Vec<Endpoint>,
        key: OwnedKeyExpr,
        scouts: bool,
        window: Duration,
        bytes: usize,
    ) -> Result<Options, Failure> {
        let scouts = self.scouts.unwrap_or(scouts);
        if connect.is_empty() && self.listen.is_empty() && !scouts {
            return Err(Failure::new(
                "the cable would neither connect to anybody nor be found",
                "name a router in the URL, as zenoh://router.example/KEY, or say listen=HOST:PORT",
            ));
        }
        let mut all = connect.iter().chain(&self.listen);
        let is_tls = all.clone().any(Endpoint::is_tls);
        if is_tls && !all.all(Endpoint::is_tls) {
            return Err(Failure::new(
                "some of the endpoints have TLS and some have not, so anybody could come in",
                "write tls/ before each of them, or before none",
            ));
        }
        let certificates = match (self.authority, self.certificate, self.key) {
            (Some(authority), Some(certificate), Some(key)) if is_tls => Some(Certificates {
                authority: readable(authority)?,
                certificate: readable(certificate)?,
                key: readable(key)?,
            }),
            (None, None, None) if !is_tls => None,
            _ if is_tls => {
                return Err(Failure::new(
                    "with TLS, both sides show certificates, of which some are not named",
                    "say ca=FILE (who has signed those of the others), cert=FILE and key=FILE, all in PEM",
                ))
            }
            _ => {
                return Err(Failure::new(
                    "certificates are named, and no endpoint has TLS",
                    "write tls/ before the endpoints; where others are found by multicast, say \
                     listen=tls/0.0.0.0:7447,scout=yes",
                ))
            }
        };
        Ok(Options {
            connect,
            listen: self.listen,
            scouts,
            interface: self.interface,
            key,
            window: self.window.unwrap_or(window.clamp(WINDOW_MIN, WINDOW_MAX)),
            bytes: self.bytes.unwrap_or(bytes.clamp(BYTES_MIN, BYTES_MAX)),
            certificates,
        })
    }
}

/// Takes `[ENDPOINT,...]/KEY` apart.
fn place(place: &str) -> Result<(Vec<Endpoint>, OwnedKeyExpr), Failure> {
    let (first, last) = match place.rsplit_once(',') {
        Some((first, last)) => (Some(first), last),
        None => (None, place),
    };
    let mut connect = Vec::new();
    for text in first.into_iter().flat_map(|first| first.split(',')) {
        connect.push(Endpoint::parse(text)?);
    }
    let host = Endpoint::protocol_of(last).map_or(0, |protocol| protocol.len() + 1);
    let end = last[host..].find('/').map(|at| host + at);
    let (endpoint, rest) = last.split_at(end.unwrap_or(last.len()));
    if !endpoint.is_empty() || !connect.is_empty() {
        connect.push(Endpoint::parse(endpoint)?);
    }
    Ok((connect, key(rest.strip_prefix('/').unwrap_or_default())?))
}

fn key(text: &str) -> Result<OwnedKeyExpr, Failure> {
    let wrong = |why: &str| {
        Failure::new(
            format!("{text:?} is no key: {why}"),
            "end the URL in the name that these buses have in common, as in zenoh://router.example/lab/bus",
        )
    };
    if text.is_empty() {
        return Err(wrong("it is empty"));
    }
    let key = OwnedKeyExpr::new(text).map_err(|_| {
        wrong("it may have no # and no ?, and no / at its ends or behind another one")
    })?;
    match key.is_wild() || key.contains(['*', '$', '@']) {
        true => Err(wrong("it may have no *, $ and @")),
        false => Ok(key),
    }
}

fn readable(path: PathBuf) -> Result<PathBuf, Failure> {
    match std::fs::File::open(&path) {
        Ok(_) => Ok(path),
        Err(error) => Err(Failure::new(
            format!("cannot read {}: {error}", path.display()),
            "name a file in PEM that the user of the cable may read",
        )),
    }
}

#[cfg(test)]
#[path = "options_tests.rs"]
mod tests;
