// SPDX-License-Identifier: GPL-2.0

//! The worker of a network: what is nobody's call.

use crate::{
    network::{holder::Holder, Network},
    rust::{net::socket::Sock, task::workers::enqueue},
    wakeup::{each::each_port, refused::may_make_room, room::wake_senders},
};
use core::cell::Cell;
use kernel::{sync::Arc, workqueue::WorkItem};

impl<H: Holder> WorkItem for Network<H> {
    type Pointer = Arc<Self>;

    /// Goes past what the filters of full ports refuse, of what is there now, and sends what waits of devices.
    fn run(network: Arc<Self>) {
        let again = Cell::new(false);
        let may = |sock: &Sock<H>| may_make_room(sock, network.shape.mtu);
        each_port(&network, may, |sock| {
            // There was no memory to ask the filter, for which the worker has waited already.
            if H::skip_refused(sock).is_err() {
                again.set(true);
            }
        });
        each_port(&network, H::has_backlog, |sock| H::send_backlog(sock));
        if network.window.is_some() {
            // It may be time for what waits.
            wake_senders(&network);
        }
        if again.get() {
            enqueue(network);
        }
    }
}
