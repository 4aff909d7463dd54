// SPDX-License-Identifier: GPL-2.0

//! `libvdeplug_ipn.so`, a plugin of vdeplug4: every program that uses libvdeplug
//! joins an AF_IPN network by a URL.
//!
//! ```text
//! ipn://PATH[port=N/policy=NAME/create/mode=660/mtu=1522]
//! ```
//!
//! * `port=N`, or the number alone: the port to take, else any free one;
//! * `policy=NAME`: the policy that the network must have (`hub`, `switch`, or a number);
//! * `create`: create the network if there is none of that name, with `policy`, with
//!   the file mode `mode` (octal, less the umask; 700 unless said) and with frames of
//!   up to `mtu` bytes. Unless said that is 1522: 1500 bytes of payload, the Ethernet
//!   header and two 802.1Q tags.
//!
//! Quotes (`'`, `"`) and `\` keep a special character in the path from being one, as
//! in the URLs of the other plugins.
//!
//! The data descriptor is the socket itself. The control descriptor is silent
//! until the network is terminated, and then at its end; the data descriptor
//! falls silent at that moment, so that a program which knows only to read it when
//! it is readable does not do so for ever.
//!
//! On a lossless network a sender waits for the slowest reader, for up to a
//! second: programs that send and receive in one thread would otherwise wait
//! for each other for ever. A frame that still found no room is not sent, and
//! the sender is told so by `EAGAIN`.

#![deny(unsafe_code)]

mod connection;
mod failure;
#[allow(unsafe_code)]
mod ffi;
#[allow(unsafe_code)]
mod sys;
mod url;
