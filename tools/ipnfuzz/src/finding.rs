// SPDX-License-Identifier: GPL-2.0
//! What is wrong.

use serde::{Deserialize, Serialize};

/// How something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// An error that is not documented for the call.
    Errno,
    /// An answer that is not the model's.
    Model,
    /// A call that does not end.
    Hang,
    /// Something is left when all descriptors are closed.
    Remains,
    /// The fuzzer itself has failed.
    Broken,
}

impl Kind {
    /// All of them, with what is so as long as there is none: the names of tests.
    pub const ALL: [(Kind, &'static str); 5] = [
        (Kind::Errno, "errors_are_those_of_the_manual"),
        (Kind::Model, "a_hub_does_what_its_model_does"),
        (Kind::Hang, "calls_end"),
        (Kind::Remains, "nothing_remains"),
        (Kind::Broken, "programs_run"),
    ];
}

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How.
    pub kind: Kind,
    /// What it is about: two that are about the same may well be one.
    pub about: String,
    /// What.
    pub text: String,
}

impl Finding {
    /// One of a kind.
    pub fn new(kind: Kind, about: &str, text: String) -> Finding {
        let about = about.to_owned();
        Finding { kind, about, text }
    }

    /// Whether another may well have the same cause.
    pub fn is_like(&self, other: &Finding) -> bool {
        self.kind == other.kind && self.about == other.about
    }
}
