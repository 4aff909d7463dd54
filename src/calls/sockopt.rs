// SPDX-License-Identifier: GPL-2.0

//! Options: `getsockopt(2)` and `setsockopt(2)`.

use crate::{
    abi::{errno::Errno, uapi::*},
    network::{history::History, shape::Shape},
    policy::Policy,
    registry,
    ring::port::Flag,
    rust::{
        glue::parameters::limits,
        net::sockopt::{OptionReader, OptionWriter},
    },
    socket::{description::Description, state::State, statistics::statistics, IpnSock, Network},
    wakeup::room::make_room,
};
use kernel::{prelude::*, sync::Arc};

/// The level of the family's own options.
const LEVEL: i32 = IPN_ANY as i32;

/// Longest value of a policy's own option, when set.
const POLICY_VALUE_MAX: usize = 4096;

/// Longest value of a policy's own option, when got.
const POLICY_ANSWER_MAX: usize = 65536;

/// `setsockopt(2)`.
pub(crate) fn set_option(sock: &IpnSock, level: i32, option: u32, value: &OptionReader) -> Result {
    if level != LEVEL {
        return set_policy_option(sock, level, option, value);
    }
    match option {
        IPN_SO_DESCR => {
            let mut bytes = [0; IPN_DESCRLEN];
            let description = Description::parse(value.bytes(&mut bytes)?)?;
            let _control = sock.control()?;
            *sock.description.lock() = description;
        }
        IPN_SO_PORT => {
            let wanted = value.int()?;
            let mut control = sock.control()?;
            if control.state.is_connected() {
                return Err(Errno::ISCONN.into());
            }
            let number = u32::try_from(wanted);
            if wanted != IPN_PORTNO_ANY && !number.is_ok_and(|number| number < limits().ports) {
                return Err(EINVAL);
            }
            control.wanted_port = wanted;
        }
        IPN_SO_CHANGE_NUMNODES => {
            let ports = value.int()?;
            let control = sock.control()?;
            let network = sock.used_network()?;
            if !control.state.manages() {
                return Err(EACCES);
            }
            let mut shape = network.shape();
            shape.set(IPN_SO_NUMNODES, ports, &limits())?;
            registry::resize(network, shape.ports)?;
        }
        IPN_SO_HANDLE_OOB | IPN_SO_WANT_OOB_NUMNODES => {
            let wanted = flag(value)?;
            let _control = sock.control()?;
            let flag = match option {
                IPN_SO_HANDLE_OOB => &sock.handles_oob,
                _ => &sock.wants_counts,
            };
            if wanted {
                flag.raise();
                sock.looks_aside.raise();
            } else {
                flag.lower();
                sock.oob.lock().clear();
                // Who waits for nothing else finds that nothing will come.
                sock.wake_all();
            }
        }
        IPN_SO_RECORDS => {
            let kind = value.int()?;
            if !(0..=2).contains(&kind) {
                return Err(EINVAL);
            }
            let _control = sock.control()?;
            set(&sock.sequenced, kind == 2);
            look_closer(sock);
            set(&sock.records, kind != 0);
        }
        IPN_SO_SENDER | IPN_SO_SEQUENCE => {
            let wanted = flag(value)?;
            let _control = sock.control()?;
            let flag = match option {
                IPN_SO_SENDER => &sock.wants_sender,
                _ => &sock.wants_sequence,
            };
            set(flag, wanted);
            look_closer(sock);
        }
        IPN_SO_HISTORY | IPN_SO_SINCE => {
            let count = u32::try_from(value.int()?).map_err(|_| EINVAL)?;
            let mut control = sock.control()?;
            if control.state.is_connected() {
                return Err(Errno::ISCONN.into());
            }
            control.history = match option {
                _ if count == 0 => History::None,
                IPN_SO_HISTORY => History::Last(count),
                _ => History::Since(count),
            };
        }
        IPN_SO_SKIP => {
            let count = u32::try_from(value.int()?).map_err(|_| EINVAL)?;
            let _control = sock.control()?;
            let seat = sock.seat.as_ref().ok_or(Errno::NOTCONN)?;
            if seat.seen.is_none() {
                return Err(Errno::OPNOTSUPP.into());
            }
            if count == 0 {
                return Err(EINVAL);
            }
            sock.port.pace.skip(count);
        }
        IPN_SO_OBSERVE => {
            let wanted = flag(value)?;
            let control = sock.control()?;
            if control.state.is_connected() {
                return Err(Errno::ISCONN.into());
            }
            sock.port.set_observes(wanted);
        }
        option if Shape::has(option) => {
            let number = value.int()?;
            let mut control = sock.control()?;
            if !matches!(control.state, State::Fresh) {
                return Err(Errno::ISCONN.into());
            }
            control.shape.set(option, number, &limits())?;
        }
        _ => return Err(Errno::NOPROTOOPT.into()),
    }
    Ok(())
}

fn set(flag: &Flag, up: bool) {
    match up {
        true => flag.raise(),
        false => flag.lower(),
    };
}

/// Messages come with something besides, or do not.
fn look_closer(sock: &IpnSock) {
    let is_reliable = sock.seat.as_ref().is_some_and(|seat| seat.seen.is_some());
    let asks = [&sock.wants_sender, &sock.wants_sequence, &sock.sequenced];
    let up = is_reliable || asks.iter().any(|flag| flag.is_up());
    set(&sock.looks_closer, up);
}

/// 0 or 1. Another number: `EINVAL`.
fn flag(value: &OptionReader) -> Result<bool> {
    match value.int()? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(EINVAL),
    }
}

/// `getsockopt(2)`.
pub(crate) fn get_option(
    sock: &IpnSock,
    level: i32,
    option: u32,
    value: &mut OptionWriter<'_>,
) -> Result {
    if level != LEVEL {
        return get_policy_option(sock, level, option, value);
    }
    let control = sock.control()?;
    let number = match option {
        IPN_SO_DESCR => {
            drop(control);
            let description = *sock.description.lock();
            return value.bytes(description.text_with_nul());
        }
        IPN_SO_PORT => {
            let holder = match &control.state {
                State::Serving(device) => &**device,
                _ => sock,
            };
            match holder.seat.as_ref() {
                Some(_) if holder.has_left() => IPN_PORTNO_ANY,
                Some(seat) => seat.number as i32,
                None => control.wanted_port,
            }
        }
        IPN_SO_CHANGE_NUMNODES => sock.used_network()?.shape().ports as i32,
        IPN_SO_CREATOR => control.creator.into(),
        IPN_SO_FILE => {
            let bytes = sock.network().ok_or(Errno::NOTCONN)?.file.bytes();
            drop(control);
            return value.bytes(&bytes);
        }
        IPN_SO_STATISTICS => {
            let holder = match &control.state {
                State::Serving(device) => &**device,
                _ => sock,
            };
            let seat = holder.seat.as_ref().ok_or(Errno::NOTCONN)?;
            let bytes = statistics(holder, seat).to_bytes();
            drop(control);
            return value.bytes(&bytes);
        }
        IPN_SO_HANDLE_OOB => sock.handles_oob.is_up().into(),
        IPN_SO_WANT_OOB_NUMNODES => sock.wants_counts.is_up().into(),
        IPN_SO_RECORDS => match (sock.records.is_up(), sock.sequenced.is_up()) {
            (false, _) => 0,
            (true, false) => 1,
            (true, true) => 2,
        },
        IPN_SO_SENDER => sock.wants_sender.is_up().into(),
        IPN_SO_SEQUENCE => sock.wants_sequence.is_up().into(),
        IPN_SO_HISTORY => match control.history {
            History::Last(count) => count as i32,
            History::None | History::Since(_) => 0,
        },
        IPN_SO_SINCE => match control.history {
            History::Since(ms) => ms as i32,
            History::None | History::Last(_) => 0,
        },
        IPN_SO_OBSERVE => sock.port.observes().into(),
        _ => {
            let network = sock.network();
            network
                .map_or(control.shape, |network| network.shape())
                .get(option)? as i32
        }
    };
    drop(control);
    value.int(number)
}

/// The network whose policy has the options of a level. None: `ENOPROTOOPT`.
fn network_of_level(sock: &IpnSock, level: i32) -> Result<&Arc<Network>> {
    let protocol = u32::try_from(level).map_err(|_| Errno::NOPROTOOPT)?;
    if Policy::find(protocol).is_err() || protocol <= IPN_BROADCAST {
        return Err(Errno::NOPROTOOPT.into());
    }
    let network = sock.used_network()?;
    if network.protocol == protocol {
        Ok(network)
    } else {
        Err(Errno::NOPROTOOPT.into())
    }
}

fn set_policy_option(sock: &IpnSock, level: i32, option: u32, value: &OptionReader) -> Result {
    let control = sock.control()?;
    let network = network_of_level(sock, level)?;
    if !control.state.manages() {
        return Err(EACCES);
    }
    // The caller's memory may be slow to come.
    drop(control);
    if value.len() > POLICY_VALUE_MAX {
        return Err(EINVAL);
    }
    let mut bytes = KVVec::from_elem(0, value.len(), GFP_KERNEL_ACCOUNT)?;
    let bytes = value.bytes(&mut bytes)?;
    network.with_policy(|policy| policy.set_option(option, bytes))?;
    // The messages of blocked senders may go elsewhere now.
    make_room(network);
    Ok(())
}

fn get_policy_option(
    sock: &IpnSock,
    level: i32,
    option: u32,
    value: &mut OptionWriter<'_>,
) -> Result {
    let control = sock.control()?;
    let network = network_of_level(sock, level)?;
    // The caller's memory may be slow to come.
    drop(control);
    let room = value.room().min(POLICY_ANSWER_MAX);
    let mut bytes = KVVec::from_elem(0, room, GFP_KERNEL_ACCOUNT)?;
    value.peek(&mut bytes)?;
    let len = network.with_policy(|policy| policy.get_option(option, &mut bytes))?;
    value.bytes(bytes.get(..len).ok_or(EINVAL)?)
}
