// SPDX-License-Identifier: GPL-2.0

//! A socket of OpenPGM.

use crate::interface::Interface;
use crate::options::Options;
use crate::sys::{self, option, status};
use ipn_cable::{Failure, Source};
use std::ffi::{c_int, CStr};
use std::mem::{size_of, size_of_val, zeroed, MaybeUninit};
use std::net::{IpAddr, SocketAddr};
use std::ptr::{null_mut, NonNull};
use std::sync::Once;
use std::time::Duration;

/// The longest packet that anybody may send (`PGM_MAX_APDU`).
pub const PACKET_MAX: usize = 65535;

/// Unless otherwise told, the library's times are in microseconds.
const MS: c_int = 1000;

/// How often it asks for what is missing at most, which is as often as the library lets.
const NAK_TRIES: c_int = 255;

/// More than any wire takes, in bytes a second.
const RATE_MAX: c_int = 2_000_000_000;

/// Bytes that wait in the kernel until they are received.
const RECEIVED_MAX: c_int = 4 << 20;

/// A sender and receiver of one group.
#[derive(Debug)]
pub struct Socket {
    raw: NonNull<sys::Sock>,
    /// What others know it by.
    source: Source,
}

// SAFETY: the library locks what a socket has: one thread may send while another one receives.
unsafe impl Send for Socket {}
// SAFETY: the same.
unsafe impl Sync for Socket {}

/// What has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// A packet of so many bytes.
    Packet(Source, usize),
    /// Nothing yet.
    Nothing,
    /// Nothing yet, and what there is to answer has to wait for the rate.
    Limited,
    /// Packets were lost that nobody can repair any more, as these words say.
    Lost(String),
}

impl Socket {
    /// Joins the group.
    ///
    /// # Errors
    ///
    /// The library's, mostly that there is no right to raw sockets.
    pub fn open(options: &Options) -> Result<Self, Failure> {
        init()?;
        let interface = Interface::find(options.interface.as_deref(), options.group)?;
        let family = match options.group {
            SocketAddr::V4(_) => libc::AF_INET,
            SocketAddr::V6(_) => libc::AF_INET6,
        };
        let protocol = match options.udp {
            Some(_) => libc::IPPROTO_UDP,
            None => sys::LEVEL,
        };
        let mut raw = null_mut();
        call(|error| {
            // SAFETY: both pointers are to variables of ours.
            unsafe { sys::pgm_socket(&mut raw, family as _, sys::SOCK_SEQPACKET, protocol, error) }
        })
        .map_err(|why| cannot("open a socket of PGM", &why))?;
        let raw =
            NonNull::new(raw).ok_or_else(|| cannot("open a socket of PGM", "there is none"))?;
        let mut tsi = sys::Tsi::default();
        fastrand::fill(&mut tsi.gsi);
        while tsi.port == 0 || tsi.port == options.group.port() {
            tsi.port = fastrand::u16(..);
        }
        let socket = Self {
            raw,
            source: source(tsi),
        };
        socket.shape(options)?;
        socket.bind(options, interface, tsi)?;
        Ok(socket)
    }

    /// What others know it by.
    pub fn source(&self) -> Source {
        self.source
    }

    fn shape(&self, options: &Options) -> Result<(), Failure> {
        let packets = options.packets() as c_int;
        // It asks until the window has passed.
        let nak_interval = options.window.as_millis() as c_int * MS / (NAK_TRIES - 5);
        let nak_interval = nak_interval.max(200 * MS);
        if let Some(port) = options.udp {
            self.set(option::UDP_ENCAP_UCAST_PORT, &c_int::from(port))?;
            self.set(option::UDP_ENCAP_MCAST_PORT, &c_int::from(port))?;
        }
        // When nothing is sent, receivers are told the more seldom what the newest packet was.
        let heartbeats: [c_int; 6] = [100 * MS, 100 * MS, 100 * MS, 100 * MS, 200 * MS, 500 * MS];
        self.set(option::HEARTBEAT_SPM, &heartbeats)?;
        // As much as the machine lets it have: what finds no room there is to be asked for again.
        let _ = self.set_at(libc::SOL_SOCKET, libc::SO_RCVBUF, &RECEIVED_MAX);
        for (name, value) in [
            (option::MTU, options.mtu.into()),
            (option::AMBIENT_SPM, 1000 * MS),
            (option::TXW_SQNS, packets),
            // Of new packets the rate is kept by who sends them: the library's, of all packets or of new ones,
            // is counted out by the millisecond, which is coarse, and repairs would have to fight for it.
            (option::TXW_MAX_RTE, RATE_MAX),
            (option::RDATA_MAX_RTE, options.rate as c_int),
            (option::RXW_SQNS, packets),
            (option::PEER_EXPIRY, 300_000 * MS),
            (option::SPMR_EXPIRY, 250 * MS),
            (option::NAK_BO_IVL, 50 * MS),
            (option::NAK_RPT_IVL, nak_interval),
            (option::NAK_RDATA_IVL, nak_interval),
            (option::NAK_DATA_RETRIES, NAK_TRIES),
            (option::NAK_NCF_RETRIES, NAK_TRIES),
            (option::NOBLOCK, 1),
        ] {
            self.set(name, &value)?;
        }
        Ok(())
    }

    fn bind(&self, options: &Options, interface: Interface, tsi: sys::Tsi) -> Result<(), Failure> {
        let port = options.group.port();
        let address = sys::Address { port, tsi };
        let to = sys::Interface {
            index: interface.index,
            scope: 0,
            address: storage(interface.address),
        };
        let len = size_of::<sys::Interface>() as libc::socklen_t;
        call(|error| {
            let address_len = size_of::<sys::Address>() as libc::socklen_t;
            // SAFETY: all is as long as is said, and outlives the call.
            unsafe { sys::pgm_bind3(self.raw(), &address, address_len, &to, len, &to, len, error) }
        })
        .map_err(|why| cannot("take the interface", &why))?;
        let group = sys::Group {
            interface: interface.index,
            group: storage(options.group.ip()),
            source: storage(options.group.ip()),
            address: storage(interface.address),
        };
        self.set(option::JOIN_GROUP, &group)?;
        self.set(option::SEND_GROUP, &group)?;
        self.set(option::MULTICAST_LOOP, &0)?;
        self.set(option::MULTICAST_HOPS, &c_int::from(options.hops))?;
        // SAFETY: the error is a variable of ours.
        call(|error| unsafe { sys::pgm_connect(self.raw(), error) })
            .map_err(|why| cannot("join the group", &why))
    }

    /// Sends a packet; false: not yet, and the next try must be with the same.
    ///
    /// # Errors
    ///
    /// The network refuses it for good.
    pub fn send(&self, packet: &[u8]) -> Result<bool, Failure> {
        let (data, len) = (packet.as_ptr().cast(), packet.len());
        // SAFETY: the packet is as long as is said; how many bytes went is not asked for.
        match unsafe { sys::pgm_send(self.raw(), data, len, null_mut()) } {
            status::NORMAL => Ok(true),
            status::ERROR | status::EOF => Err(cannot("send", "the socket has failed")),
            _ => Ok(false),
        }
    }

    /// Receives a packet if there is one, and answers those who miss some; to be called all the time.
    ///
    /// # Errors
    ///
    /// The socket has failed for good.
    pub fn recv(&self, buffer: &mut [u8; PACKET_MAX]) -> Result<Received, Failure> {
        let (mut from, mut len) = (sys::Address::default(), 0);
        let mut from_len = size_of::<sys::Address>() as libc::socklen_t;
        let mut outcome = status::ERROR;
        let failed = call(|error| {
            // SAFETY: the buffer is as long as is said, and all else are variables of ours.
            outcome = unsafe {
                sys::pgm_recvfrom(
                    self.raw(),
                    buffer.as_mut_ptr().cast(),
                    buffer.len(),
                    libc::MSG_DONTWAIT,
                    &mut len,
                    &mut from,
                    &mut from_len,
                    error,
                )
            };
            !matches!(outcome, status::ERROR | status::RESET)
        });
        match (outcome, failed) {
            (status::NORMAL, _) => {
                let [a, b, c, d, e, f] = from.tsi.gsi;
                let [g, h] = from.tsi.port.to_be_bytes();
                let source = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
                Ok(Received::Packet(
                    Source(source.into()),
                    len.min(buffer.len()),
                ))
            }
            (status::RESET, failed) => Ok(Received::Lost(failed.err().unwrap_or_default())),
            (status::ERROR, Err(why)) => Err(cannot("receive", &why)),
            (status::EOF, _) => Err(cannot("receive", "the socket is closed")),
            (status::RATE_LIMITED, _) => Ok(Received::Limited),
            _ => Ok(Received::Nothing),
        }
    }

    /// Waits until there may be something to receive or to answer, for so long at most.
    pub fn wait(&self, most: Duration) {
        let none = libc::pollfd {
            fd: -1,
            events: 0,
            revents: 0,
        };
        let (mut fds, mut count) = ([none; 8], 8);
        let most = self.time(option::TIME_REMAIN).min(most);
        // Not before the time has come.
        let most = most.as_micros().div_ceil(1000) as c_int;
        // SAFETY: there is room for as many as is said, of which it fills in some.
        let known =
            unsafe { sys::pgm_poll_info(self.raw(), fds.as_mut_ptr(), &mut count, libc::POLLIN) };
        let count = if known < 0 { 0 } else { count.clamp(0, 8) };
        // SAFETY: there are at least as many. An error is found by who receives.
        unsafe { libc::poll(fds.as_mut_ptr(), count as libc::nfds_t, most) };
    }

    fn raw(&self) -> *mut sys::Sock {
        self.raw.as_ptr()
    }

    fn set<T>(&self, name: c_int, value: &T) -> Result<(), Failure> {
        self.set_at(sys::LEVEL, name, value)
    }

    fn set_at<T>(&self, level: c_int, name: c_int, value: &T) -> Result<(), Failure> {
        let (pointer, len) = (std::ptr::from_ref(value).cast(), size_of_val(value));
        // SAFETY: the value is as long as is said; of another length the library refuses it.
        let done = unsafe {
            sys::pgm_setsockopt(self.raw(), level, name, pointer, len as libc::socklen_t)
        };
        done.then_some(())
            .ok_or_else(|| cannot("set up the socket", &format!("option {name:#x} is refused")))
    }

    /// A time that the library tells; none is for ever.
    fn time(&self, name: c_int) -> Duration {
        let mut time = MaybeUninit::<libc::timeval>::zeroed();
        let mut len = size_of::<libc::timeval>() as libc::socklen_t;
        // SAFETY: there is room for the value, as long as is said.
        let done = unsafe {
            sys::pgm_getsockopt(
                self.raw(),
                sys::LEVEL,
                name,
                time.as_mut_ptr().cast(),
                &mut len,
            )
        };
        // SAFETY: it was zero, and any bytes are a `struct timeval`.
        let time = unsafe { time.assume_init() };
        match done {
            true => {
                let micros = time
                    .tv_sec
                    .saturating_mul(1_000_000)
                    .saturating_add(time.tv_usec);
                Duration::from_micros(micros.max(0) as u64)
            }
            false => Duration::MAX,
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: it is ours, and nobody uses it any more. That it ends is told to the group.
        unsafe { sys::pgm_close(self.raw(), true) };
    }
}

fn source(tsi: sys::Tsi) -> Source {
    let [a, b, c, d, e, f] = tsi.gsi;
    let [g, h] = tsi.port.to_be_bytes();
    Source(u64::from_be_bytes([a, b, c, d, e, f, g, h]).into())
}

/// Sets the library up, once.
fn init() -> Result<(), Failure> {
    static INIT: Once = Once::new();
    let mut outcome = Ok(());
    INIT.call_once(|| {
        // SAFETY: the error is a variable of ours.
        outcome = call(|error| unsafe { sys::pgm_init(error) });
    });
    outcome.map_err(|why| cannot("start OpenPGM", &why))
}

/// Makes a call that may tell an error.
fn call(call: impl FnOnce(*mut *mut sys::Error) -> bool) -> Result<(), String> {
    let mut error: *mut sys::Error = null_mut();
    let done = call(&mut error);
    let mut why = String::new();
    if let Some(told) = NonNull::new(error) {
        // SAFETY: the library has made it, with a text that ends, and it is ours now.
        unsafe {
            let message = told.as_ref().message;
            if !message.is_null() {
                why = CStr::from_ptr(message).to_string_lossy().into_owned();
            }
            sys::pgm_error_free(error);
        }
    }
    if done {
        return Ok(());
    }
    Err(why)
}

fn cannot(what: &str, why: &str) -> Failure {
    let text = format!("cannot {what}: {}", why.trim_end_matches('.'));
    match why.contains("not permitted") {
        true => Failure::new(
            text,
            "let PGM go in UDP by udp=PORT in the URL, on all machines; or give the program CAP_NET_RAW",
        ),
        false => Failure::because(text),
    }
}

/// An address as the library takes it.
fn storage(address: IpAddr) -> libc::sockaddr_storage {
    // SAFETY: all zeroes are one.
    let mut storage: libc::sockaddr_storage = unsafe { zeroed() };
    let place = std::ptr::from_mut(&mut storage);
    match address {
        IpAddr::V4(address) => {
            let place = place.cast::<libc::sockaddr_in>();
            // SAFETY: it is large and aligned enough for every kind of address.
            let place = unsafe { &mut *place };
            place.sin_family = libc::AF_INET as _;
            place.sin_addr.s_addr = u32::from_ne_bytes(address.octets());
        }
        IpAddr::V6(address) => {
            let place = place.cast::<libc::sockaddr_in6>();
            // SAFETY: the same.
            let place = unsafe { &mut *place };
            place.sin6_family = libc::AF_INET6 as _;
            place.sin6_addr.s6_addr = address.octets();
        }
    }
    storage
}
