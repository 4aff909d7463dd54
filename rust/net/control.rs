// SPDX-License-Identifier: GPL-2.0

//! Control messages, which come and go beside a message's bytes.

use crate::rust::{
    bindings,
    net::{
        message::{real_time, Incoming, Note, Outgoing},
        socket::Sock,
    },
    task::identity::Identity,
};
use kernel::{error::to_result, ffi::c_int, prelude::*};

impl Outgoing<'_> {
    /// Whether it carries control messages.
    pub(crate) fn has_control(&self) -> bool {
        // SAFETY: `msg` is valid by the invariants.
        unsafe { (*self.msg).msg_controllen != 0 }
    }

    /// Takes what its sender says of it out of its control messages, of which that is the only one, of this type.
    /// Others: `EINVAL`.
    pub(crate) fn take_note(&mut self, kind: u32) -> Result {
        let mut note = [0; size_of::<Note>()];
        let (to, len) = (note.as_mut_ptr().cast(), note.len());
        // SAFETY: `msg` is valid by the invariants, and there is room for so many bytes.
        to_result(unsafe { bindings::ipn_helper_get_note(self.msg, kind as c_int, to, len) })?;
        self.note = Some(note);
        Ok(())
    }
}

impl Incoming<'_> {
    /// Adds the control messages that [are wanted](Sock::wants_control): how many messages were lost, unless
    /// none was, and the time stamps, of `stamp` nanoseconds since the epoch, or of now where that is 0.
    #[cold]
    pub(crate) fn add_control<T>(&mut self, sock: &Sock<T>, stamp: u64) {
        let stamp = match stamp {
            0 => real_time(),
            stamp => stamp,
        };
        // SAFETY: `msg` and the socket are valid.
        unsafe {
            bindings::ipn_helper_recv_cmsg(self.msg, sock.as_ptr(), stamp as i64, sock.drops());
        }
    }

    /// Adds who took port `port`, which has sent the message.
    pub(crate) fn add_sender(&mut self, port: u32, who: &Identity) {
        // SAFETY: `msg` is valid by the invariants, and so is the identity.
        unsafe { bindings::ipn_helper_put_sender(self.msg, port, who.as_raw()) }
    }

    /// Adds one of the family's own, of this type.
    pub(crate) fn add_note(&mut self, kind: u32, bytes: &[u8]) {
        let (from, len) = (bytes.as_ptr().cast(), bytes.len());
        // SAFETY: `msg` is valid by the invariants, and there are so many bytes.
        unsafe { bindings::ipn_helper_put_note(self.msg, kind as c_int, from, len) }
    }
}
