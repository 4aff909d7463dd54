// SPDX-License-Identifier: GPL-2.0
//! How large networks are: what an ordinary user may have at most, and what is charged for it.

use super::protocol;
use crate::abi::*;
use crate::lab::bus::Bus;
use crate::lab::check::{holds, ok};
use crate::lab::task::{Process, OWNER};
use crate::module::parameters::Changed;
use crate::sys::socket::{socket, Sock};
use ipnmatrix::cell::{largest, Numbers, USERS_BYTES};
use ipnmatrix::dimension::{Amount, Policy};
use ipnmatrix::Cell;
use std::fs;
use std::io;

/// How far what af_ipn(7) says of a network's memory may be from what is charged: a part of it, and bytes for
/// what is not in its rings.
const PART: u64 = 8;
const BESIDES: u64 = 256 << 10;
/// The same for what is kept of each port, in bytes.
const PORT: u64 = 2048;
/// How exactly the charge is looked for, in bytes.
const EXACT: u64 = 4096;

/// A socket whose network will be of this size.
#[track_caller]
pub fn shaped(policy: Policy, numbers: &Numbers) -> Sock {
    let sock = socket(AF_IPN, libc::SOCK_RAW, protocol(policy));
    let sock = ok("socket", sock);
    let options = [
        (IPN_SO_MSGPOOLSIZE, numbers.pool),
        (IPN_SO_MTU, numbers.mtu),
        (IPN_SO_NUMNODES, numbers.ports),
    ];
    for (option, value) in options.into_iter().filter(|(_, value)| *value != 0) {
        let set = sock.set(option, value as i32);
        ok(format_args!("option {option:#x} of {value}"), set);
    }
    sock
}

/// Whether the caller may make such a network.
#[track_caller]
fn fits(policy: Policy, numbers: &Numbers) -> bool {
    let bus = Bus::named("size");
    match shaped(policy, numbers).bind(&bus.addr) {
        Ok(()) => {
            ok("unlink", fs::remove_file(&bus.path));
            true
        }
        Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => false,
        refused => {
            ok("bind", refused);
            false
        }
    }
}

/// The numbers of a cell. What an ordinary user may have at most is tried by one.
#[track_caller]
pub fn of(cell: &Cell) -> Numbers {
    if ![cell.mtu, cell.ports, cell.pool].contains(&Amount::Users) {
        return cell.numbers();
    }
    let owner = Process::start(|line| {
        OWNER.become_it();
        let numbers = cell.numbers_of_user(|numbers| may_have(cell.policy, numbers));
        [numbers.mtu, numbers.ports, numbers.pool].map(|number| line.tell(number.into()));
    });
    let [mtu, ports, pool] = [0; 3].map(|_| owner.line.hear() as u32);
    owner.ends_well();
    Numbers {
        pool,
        mtu,
        ports,
        ..cell.numbers()
    }
}

/// Whether the caller may make such a network, which is tried where it is not clear from what af_ipn(7)
/// says of its memory.
#[track_caller]
fn may_have(policy: Policy, numbers: &Numbers) -> bool {
    let said = numbers.bytes(policy);
    let near = USERS_BYTES - USERS_BYTES / PART..USERS_BYTES + USERS_BYTES / PART;
    match near.contains(&said) {
        true => fits(policy, numbers),
        false => said < USERS_BYTES,
    }
}

/// The least that `max_user_bytes` has to be for one such network, to a page.
#[track_caller]
pub fn account(policy: Policy, numbers: &Numbers) -> u64 {
    let owner = Process::start(|line| {
        OWNER.become_it();
        while line.hear() != 0 {
            line.tell(fits(policy, numbers).into());
        }
    });
    let suffices = |bytes: u64| {
        let _bound = Changed::to("af_ipn", "max_user_bytes", &bytes.to_string());
        owner.line.tell(1);
        owner.line.hear() == 1
    };
    let said = numbers.bytes(policy);
    let low = (said - said / PART).saturating_sub(BESIDES);
    let high = said + said / PART + BESIDES + u64::from(numbers.ports) * PORT;
    let refused = largest(low, high, EXACT, |bytes| !suffices(bytes));
    let so = low == 0 || refused > low;
    holds(format_args!("at least {low} bytes are charged"), so);
    holds(
        format_args!("at most {high} bytes are charged"),
        refused < high,
    );
    owner.line.tell(0);
    owner.ends_well();
    refused + EXACT
}

/// A network of the caller's that is as large as another, where there is room for it.
pub fn twin(policy: Policy, numbers: &Numbers) -> io::Result<Sock> {
    let sock = shaped(policy, numbers);
    sock.bind(&Bus::named("twin").addr).map(|()| sock)
}
