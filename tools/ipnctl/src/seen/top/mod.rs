// SPDX-License-Identifier: GPL-2.0

//! `ipn top`: networks and ports as they go.

mod draw;
mod rates;
mod screen;
mod view;

use super::kernel::Kernel;
use super::snapshot::Snapshot;
use super::users::Users;
use crate::cli;
use crate::failure::Failure;
use crate::output::print;
use crate::stop::Stop;
use rates::Rates;
use screen::Screen;
use std::io::IsTerminal;
use std::time::Instant;
use view::{Act, View};

/// Shows networks and ports until the user has seen enough.
pub fn top(args: &cli::Top) -> Result<(), Failure> {
    let stop = Stop::watch()?;
    let mut kernel = Kernel::open("watch the networks", args.path.as_deref())?;
    let mut look = || kernel.look();
    let mut view = View::new(Users::read(), args.sort, args.interval);
    match args.once {
        true => once(&stop, &mut look, &mut view),
        false => live(&stop, &mut look, &mut view),
    }
}

/// Prints the figures of one interval.
fn once(
    stop: &Stop,
    look: &mut impl FnMut() -> Result<Snapshot, Failure>,
    view: &mut View,
) -> Result<(), Failure> {
    let mut rates = Rates::default();
    let begin = Instant::now();
    rates.take(look()?, begin);
    let end = begin.checked_add(view.interval).unwrap_or(begin);
    stop.sleep_until(end)?;
    rates.take(look()?, Instant::now());
    view.show(&rates);
    print(draw::plain(view).as_bytes())
}

/// Shows them on the terminal.
fn live(
    stop: &Stop,
    look: &mut impl FnMut() -> Result<Snapshot, Failure>,
    view: &mut View,
) -> Result<(), Failure> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        return Err(Failure::new(
            "cannot watch the networks: the standard input and output are no terminal",
            "ipn top --once prints one table",
        ));
    }
    let mut rates = Rates::default();
    rates.take(look()?, Instant::now());
    view.show(&rates);
    // It is given back however this ends, and before anything is said about that.
    let mut screen = Screen::open()?;
    let mut next = Instant::now();
    loop {
        let now = Instant::now();
        if now >= next {
            if !view.is_paused {
                rates.take(look()?, now);
                view.show(&rates);
            }
            next = now.checked_add(view.interval).unwrap_or(now);
        }
        screen.draw(|frame| draw::frame(view, frame))?;
        for key in screen.keys(stop, next)? {
            if view.press(key) == Act::Quit {
                return Ok(());
            }
        }
        view.show(&rates);
    }
}
