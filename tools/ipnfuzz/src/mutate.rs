// SPDX-License-Identifier: GPL-2.0
//! Programs out of others that have reached something.

use crate::generate::{call, Theme};
use crate::program::{Call, Program, Space};
use crate::values::{len, once_in};
use fastrand::Rng;

/// Most calls of a program.
const CALLS: usize = 200;

/// A program like the first, with parts of the second.
pub fn mutate(rng: &mut Rng, from: &Program, other: &Program, threads: usize) -> Program {
    let mut program = from.clone();
    let theme = theme(&program);
    for _ in 0..rng.usize(1..5) {
        match rng.u32(0..10) {
            0..3 => {
                let calls = any_thread(rng, &mut program);
                let at = rng.usize(0..=calls.len());
                calls.insert(at, call(rng, theme));
            }
            3 => drop(remove(rng, &mut program)),
            4 => {
                // The same once more, here or elsewhere.
                let calls = any_thread(rng, &mut program).clone();
                if let Some(call) = rng.choice(&calls) {
                    let to = any_thread(rng, &mut program);
                    let at = rng.usize(0..=to.len());
                    to.insert(at, call.clone());
                }
            }
            5 => {
                let calls = any_thread(rng, &mut program);
                if calls.len() > 1 {
                    let (a, b) = (rng.usize(0..calls.len()), rng.usize(0..calls.len()));
                    calls.swap(a, b);
                }
            }
            6 => {
                let calls = any_thread(rng, &mut program);
                if let Some(call) = rng.choice(calls) {
                    change(rng, call);
                }
            }
            7 if !program.setting.modelled && program.threads.len() < threads => {
                // Two at once what one did alone.
                let calls = any_thread(rng, &mut program);
                let split = calls.split_off(calls.len() / 2);
                program.threads.push(split);
            }
            8 if program.setting.modelled == other.setting.modelled => {
                splice(rng, &mut program, other)
            }
            _ => {
                let calls = any_thread(rng, &mut program);
                if !calls.is_empty() {
                    let at = rng.usize(0..calls.len());
                    calls[at] = call(rng, theme);
                }
            }
        }
    }
    while program.len() > CALLS {
        remove(rng, &mut program);
    }
    program
}

/// What a program seems to be about.
fn theme(program: &Program) -> Theme {
    let about = |wanted: fn(&Call) -> bool| program.threads.iter().flatten().any(wanted);
    if program.setting.modelled {
        Theme::Model
    } else if program.setting.space != Space::Host && about(|call| matches!(call, Call::Ip { .. }))
    {
        Theme::Devices
    } else if about(|call| matches!(call, Call::Socket { protocol: 2, .. })) {
        Theme::Switch
    } else {
        Theme::Hub
    }
}

fn any_thread<'a>(rng: &mut Rng, program: &'a mut Program) -> &'a mut Vec<Call> {
    let number = rng.usize(0..program.threads.len());
    &mut program.threads[number]
}

fn remove(rng: &mut Rng, program: &mut Program) -> Option<Call> {
    let calls = any_thread(rng, program);
    (!calls.is_empty()).then(|| calls.remove(rng.usize(0..calls.len())))
}

/// Some calls in a row of another program.
fn splice(rng: &mut Rng, program: &mut Program, other: &Program) {
    let Some(from) = rng.choice(&other.threads) else {
        return;
    };
    let (a, b) = (rng.usize(0..=from.len()), rng.usize(0..=from.len()));
    let part = from[a.min(b)..a.max(b)].to_vec();
    let to = any_thread(rng, program);
    let at = rng.usize(0..=to.len());
    to.splice(at..at, part);
}

/// A number of a call becomes another.
fn change(rng: &mut Rng, call: &mut Call) {
    match call {
        Call::Set { value, .. } if !value.is_empty() => {
            let at = rng.usize(0..value.len());
            value[at] = rng.u8(..);
        }
        Call::Get { room, .. } | Call::Receive { room, .. } | Call::Name { room, .. } => {
            *room = len(rng).min(256);
        }
        Call::Send { flags, .. } => {
            *flags ^= if once_in(rng, 2) {
                libc::MSG_OOB
            } else {
                libc::MSG_DONTWAIT
            }
        }
        Call::Shutdown { how, .. } => *how = rng.i32(0..3),
        Call::Become { user } => *user = rng.u8(0..4),
        _ => {}
    }
}
