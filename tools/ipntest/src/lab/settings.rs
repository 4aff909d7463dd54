// SPDX-License-Identifier: GPL-2.0
//! The modules' parameters as they were before the tests.

use std::fs;
use std::path::{Path, PathBuf};

/// Values of parameters, to be set again after a test that failed and could not do so itself.
pub struct Settings(Vec<(PathBuf, String)>);

impl Settings {
    /// Those of now, of the modules that are loaded.
    pub fn now() -> Settings {
        let modules = ["af_ipn", "kvde_switch"];
        let of = |module| fs::read_dir(Path::new("/sys/module").join(module).join("parameters"));
        let files = modules.into_iter().flat_map(of).flatten().flatten();
        let read = |path: PathBuf| fs::read_to_string(&path).ok().map(|value| (path, value));
        Settings(files.filter_map(|file| read(file.path())).collect())
    }

    /// Sets them again.
    pub fn restore(&self) {
        for (path, value) in &self.0 {
            // A module may have been unloaded meanwhile.
            let _ = fs::write(path, value.trim());
        }
    }
}
