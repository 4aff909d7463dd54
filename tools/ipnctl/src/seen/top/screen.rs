// SPDX-License-Identifier: GPL-2.0

//! The terminal: taken, and given back as it was.

use super::view::Key;
use crate::failure::Failure;
use crate::stop::Stop;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::{DefaultTerminal, Frame};
use rustix::event::PollFlags;
use std::io;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// How long keys are waited for at once: it takes no longer to heed another size of the terminal.
const NAP: Duration = Duration::from_millis(200);

/// The terminal, on a page of its own.
#[derive(Debug)]
pub struct Screen {
    terminal: DefaultTerminal,
    size: (u16, u16),
}

impl Screen {
    /// Takes the terminal. A panic gives it back too.
    pub fn open() -> Result<Self, Failure> {
        let opened = ratatui::try_init();
        // What of it was done is undone.
        let terminal = opened.map_err(|error| {
            ratatui::restore();
            failure(&error)
        })?;
        Ok(Self {
            terminal,
            size: (0, 0),
        })
    }

    /// Draws a picture.
    pub fn draw(&mut self, picture: impl FnOnce(&mut Frame<'_>)) -> Result<(), Failure> {
        let drawn = self.terminal.draw(picture);
        let area = drawn.map_err(|error| failure(&error))?.area;
        self.size = (area.width, area.height);
        Ok(())
    }

    /// The keys that are pressed until then; at once when there are some, or the terminal has another
    /// size. Fails when a signal asks to stop, or Ctrl-C does.
    pub fn keys(&self, stop: &Stop, until: Instant) -> Result<Vec<Key>, Failure> {
        let mut keys = Vec::new();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            stop.wait(io::stdin().as_fd(), PollFlags::IN, Some(left.min(NAP)))?;
            while event::poll(Duration::ZERO).map_err(|error| failure(&error))? {
                match event::read().map_err(|error| failure(&error))? {
                    Event::Key(key) if key.kind == KeyEventKind::Release => {}
                    Event::Key(key)
                        if key.code == KeyCode::Char('c')
                            && key.modifiers.contains(KeyModifiers::CONTROL) =>
                    {
                        return Err(Failure::Signal(signal_hook::consts::SIGINT));
                    }
                    Event::Key(key) => keys.extend(key_of(key.code)),
                    Event::Resize(..) => keys.push(Key::Resized),
                    _ => {}
                }
            }
            let size = self.terminal.size().map_err(|error| failure(&error))?;
            let is_other = (size.width, size.height) != self.size;
            if is_other || !keys.is_empty() || Instant::now() >= until {
                return Ok(keys);
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

fn key_of(code: KeyCode) -> Option<Key> {
    Some(match code {
        KeyCode::Char(c) => Key::Char(c),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Esc => Key::Escape,
        _ => return None,
    })
}

fn failure(error: &io::Error) -> Failure {
    Failure::new(
        format!("cannot use the terminal: {error}"),
        "ipn top --once needs none",
    )
}
