// SPDX-License-Identifier: GPL-2.0

//! What is told of modules, by their directories.

use super::*;

#[test]
fn modules_tell_their_version_or_none() {
    let modules = std::env::temp_dir().join(format!("ipn-{}-modules", std::process::id()));
    fs::create_dir_all(modules.join("old")).unwrap();
    fs::create_dir_all(modules.join("new")).unwrap();
    fs::write(modules.join("new/version"), "9.8.7\n").unwrap();
    assert_eq!(module(&modules, "new"), "9.8.7");
    assert_eq!(module(&modules, "old"), "loaded, without a version");
    assert_eq!(module(&modules, "absent"), "not loaded");
    fs::remove_dir_all(&modules).unwrap();
}
