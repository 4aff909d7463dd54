// SPDX-License-Identifier: GPL-2.0

//! `rust/net/fdinfo.rs`: the lines.

use crate::rust::fs::path::HeldPath;
use std::{fmt::Arguments, sync::Mutex};

pub(crate) struct FdInfo<'a>(pub(crate) &'a Mutex<Vec<String>>);

impl FdInfo<'_> {
    pub(crate) fn add(&self, key: &str, value: Arguments<'_>) {
        self.0.lock().unwrap().push(format!("{key}: {value}"));
    }

    pub(crate) fn add_path(&self, key: &str, _path: &HeldPath) {
        self.add(key, format_args!("path"));
    }
}
