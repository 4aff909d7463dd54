// SPDX-License-Identifier: GPL-2.0

//! The orders of `ipn top`.

use clap::ValueEnum;

/// By what lines are sorted: networks, and the ports of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Default)]
pub enum Sort {
    /// The most messages a second first
    #[default]
    Rate,
    /// The most lost messages first
    Lost,
    /// Those furthest behind first
    Lag,
    /// Networks by path, ports by number
    Name,
}

impl Sort {
    /// The next one, and after the last the first.
    pub fn next(self) -> Self {
        match self {
            Self::Rate => Self::Lost,
            Self::Lost => Self::Lag,
            Self::Lag => Self::Name,
            Self::Name => Self::Rate,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rate => "rate",
            Self::Lost => "lost",
            Self::Lag => "lag",
            Self::Name => "name",
        }
    }
}
