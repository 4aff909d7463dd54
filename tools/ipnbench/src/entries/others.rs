// SPDX-License-Identifier: GPL-2.0

//! What is another's work, or no one's: it may not grow with what others can set.

use super::stage::*;
use std::io;
use std::time::Duration;

/// The instructions of a filter, as many as there can be.
const FILTER: usize = 4096;

/// A message beside a port whose filter refuses so many that wait.
pub fn send(messages: usize) -> io::Result<f64> {
    let network = Network::new(&hub().mtu(64).pool(messages as u32))?;
    let (sender, reader) = (network.join()?, network.join()?);
    reader.attach_filter(&refuses_all(FILTER))?;
    say_many(&sender, messages)?;
    cost(&mut (), nothing, |_| say(&sender, b"x"))
}

/// A message finds no room, and a worker has to look through so many.
pub fn send_for_the_worker(messages: usize) -> io::Result<f64> {
    let builder = hub().mtu(64).pool(messages as u32).lossless(true);
    let network = Network::new(&builder)?;
    let (sender, reader) = (network.join()?, network.join()?);
    reader.attach_filter(&refuses_all(64))?;
    let prepare = |_: &mut ()| {
        // The worker is through with those of the last time.
        std::thread::sleep(Duration::from_secs(1));
        // Some more than were asked for have room.
        let mut room = 0;
        while say(&sender, b"x").is_ok() {
            room += 1;
        }
        std::thread::sleep(Duration::from_secs(1));
        say_many(&sender, room)
    };
    own_cost(&mut (), prepare, |_| finds_nothing(say(&sender, b"x")))
}

/// A port that also sends was overrun by so many messages.
pub fn recv_overrun(messages: usize) -> io::Result<f64> {
    let network = Network::new(&hub().mtu(64).pool(messages as u32))?;
    let (sender, port) = (network.join()?, network.join()?);
    let prepare = |_: &mut ()| {
        say(&port, b"x")?;
        say_many(&sender, messages + 1)
    };
    cost(&mut (), prepare, |_| hear(&port))
}
