// SPDX-License-Identifier: GPL-2.0

//! Reading `/proc/net/ipn`.

use super::*;

const HEADER: &str = "inode policy flags mtu ports used readers writers pool sent dropped path\n";

fn read(lines: &str) -> Result<Vec<Entry>, String> {
    parse(format!("{HEADER}{lines}").as_bytes()).map_err(|error| error.to_string())
}

#[test]
fn a_line_is_a_network() {
    let entries = read("23 hub 0x1 1514 64 3 2 1 256 5000000000 7 /tmp/bus\n").expect("a table");
    let expected = Entry {
        inode: 23,
        policy: "hub".into(),
        flags: Flags::LOSSLESS,
        mtu: 1514,
        ports: 64,
        used: 3,
        readers: 2,
        writers: 1,
        pool: 256,
        sent: 5_000_000_000,
        dropped: 7,
        path: "/tmp/bus".into(),
    };
    assert_eq!(entries, [expected]);
}

#[test]
fn an_empty_table_has_no_network() {
    assert_eq!(read(""), Ok(vec![]));
    assert!(parse(b"").expect("nothing at all").is_empty());
}

#[test]
fn escapes_in_the_path_are_undone() {
    let path = |text: &str| {
        let line = format!("1 hub 0 1 1 0 0 0 1 0 0 {text}\n");
        read(&line).expect("a table").remove(0).path
    };
    assert_eq!(path(r"/tmp/a\040bus"), Path::new("/tmp/a bus"));
    assert_eq!(path(r"/tmp/a\134040"), Path::new(r"/tmp/a\040"));
    assert_eq!(path(r"/tmp/\012"), Path::new("/tmp/\n"));
    assert_eq!(path(r"/tmp/\04"), Path::new(r"/tmp/\04"));
    assert_eq!(path(r"/tmp/\999\"), Path::new(r"/tmp/\999\"));
    assert_eq!(path("/tmp/bus (deleted)"), Path::new("/tmp/bus (deleted)"));
}

#[test]
fn new_columns_do_no_harm() {
    let text = "policy inode age flags mtu ports used readers writers pool sent dropped path\n\
                hub 9 77 0x1000 100 2 0 0 0 8 1 0 /x\n";
    let entries = parse(text.as_bytes()).expect("a table");
    assert_eq!(entries[0].inode, 9);
    assert_eq!(entries[0].flags, Flags::TERMINATED);
    assert_eq!(entries[0].path, Path::new("/x"));
}

#[test]
fn what_is_wrong_is_told() {
    let error = read("1 hub 0 1 1 0 0 0 1 0 0 /a\n1 hub 0 many 1 0 0 0 1 0 0 /b\n")
        .expect_err("a wrong line");
    assert!(
        error.contains("line 3") && error.contains("mtu is \"many\""),
        "{error}"
    );
    let error = read("1 hub 0 1\n").expect_err("a short line");
    assert!(error.contains("no ports"), "{error}");
}
