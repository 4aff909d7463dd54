// SPDX-License-Identifier: GPL-2.0

//! Completions and man pages.

use super::*;
use clap::ValueEnum;

#[test]
fn every_shell_gets_completions_of_every_command() {
    for shell in Shell::value_variants() {
        let mut text = Vec::new();
        clap_complete::generate(*shell, &mut Cli::command(), "ipn", &mut text);
        let text = String::from_utf8(text).expect("text");
        for word in [
            "create",
            "send",
            "recv",
            "show",
            "lossless",
            "timeout",
            "up",
            "down",
            "save",
            "top",
            "watch",
            "graph",
            "prometheus",
            "cable",
        ] {
            assert!(text.contains(word), "{shell}: no {word}");
        }
    }
}

#[test]
fn every_command_gets_a_man_page() {
    let directory = std::env::temp_dir().join(format!("ipn-{}-man", std::process::id()));
    fs::create_dir(&directory).expect("a scratch directory");
    man(&directory).expect("man pages");
    for (page, word) in [
        ("ipn.1", "Networks between processes"),
        ("ipn-create.1", "lossless"),
        ("ipn-send.1", "wait"),
        ("ipn-recv.1", "timeout"),
        ("ipn-show.1", "prometheus"),
        ("ipn-graph.1", "Graphviz"),
        ("ipn-top.1", "interval"),
        ("ipn-watch.1", "device gone"),
        ("ipn-end.1", "EXIT STATUS"),
        ("ipn-up.1", "ipn\\-network"),
        ("ipn-down.1", "FILE|PATH"),
        ("ipn-save.1", "json"),
        ("ipn-tap.1", "CAP_NET_ADMIN"),
        ("ipn-grab.1", "persist"),
        ("ipn-release.1", "DEV"),
        ("ipn-cable.1", "vxlan://REMOTE/VNI"),
    ] {
        let text = fs::read_to_string(directory.join(page)).expect(page);
        assert!(text.contains(word), "{page}: no {word}");
    }
    assert!(!directory.join("ipn-man.1").exists());
    fs::remove_dir_all(directory).expect("the scratch directory goes");
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let error = man(Path::new("/no/such/directory")).expect_err("no directory");
    assert!(error.to_string().contains("/no/such/directory"), "{error}");
}
