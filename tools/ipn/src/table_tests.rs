// SPDX-License-Identifier: GPL-2.0

//! Reading `/proc/net/ipn`.

use super::*;
use crate::name::FileNumbers;

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

/// A directory with a table and one for sysfs, gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("ipn-table-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("a scratch directory");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a text").to_owned()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.0.join(name), text).expect("a file");
        self.path(name)
    }

    /// The directory of a network in what stands for sysfs, with its path's file or without.
    fn network(&self, numbers: &str, path: Option<&str>) {
        let place = self.0.join("sysfs").join(numbers);
        fs::create_dir_all(&place).expect("a directory");
        let values = [
            "switch", "0x1", "1514", "64", "3", "2", "1", "256", "50", "7",
        ];
        for (file, value) in COLUMNS[1..].iter().zip(values) {
            fs::write(place.join(file), format!("{value}\n")).expect("a file");
        }
        match path {
            Some(path) => fs::write(place.join("path"), format!("{path}\n")).expect("a file"),
            // What can be opened and not be read.
            None => fs::create_dir(place.join("path")).expect("a directory"),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).expect("the scratch directory goes");
    }
}

fn paths(found: Result<Vec<Entry>, TableError>) -> Vec<PathBuf> {
    let found = found.expect("networks");
    found.into_iter().map(|entry| entry.path).collect()
}

#[test]
fn the_table_comes_before_sysfs() {
    let scratch = Scratch::new("order");
    let (table, sysfs) = (scratch.path("table"), scratch.path("sysfs"));
    let sources = Sources {
        table: &table,
        sysfs: &sysfs,
    };
    scratch.network("0:1:9", Some("/b"));
    scratch.network("0:1:8", Some("/a"));
    assert_eq!(
        paths(sources.networks()),
        [Path::new("/a"), Path::new("/b")]
    );
    scratch.write(
        "table",
        &format!("{HEADER}23 hub 0x1 1514 64 3 2 1 256 5 7 /t\n"),
    );
    assert_eq!(paths(sources.networks()), [Path::new("/t")]);
    fs::remove_file(&table).expect("removed");
    fs::create_dir(&table).expect("a directory");
    let error = sources.networks().expect_err("it cannot be read");
    assert!(matches!(error, TableError::Read(_)), "{error}");
}

#[test]
fn a_directory_of_sysfs_is_a_network() {
    let scratch = Scratch::new("sysfs");
    let sysfs = scratch.path("sysfs");
    let sources = Sources {
        table: "/nothing",
        sysfs: &sysfs,
    };
    let file = scratch.write("bus", "");
    let numbers = FileNumbers::find(&file).expect("a file").to_string();
    fs::create_dir(&sysfs).expect("a directory");
    assert_eq!(sources.network(Path::new(&file)).expect("looked at"), None);
    scratch.network(&numbers, Some(r"/a\040bus"));
    let entry = sources
        .network(Path::new(&file))
        .expect("looked at")
        .expect("it is there");
    assert_eq!(
        numbers.rsplit(':').next(),
        Some(entry.inode.to_string().as_str())
    );
    assert_eq!(
        (&*entry.policy, entry.flags, entry.pool),
        ("switch", Flags::LOSSLESS, 256)
    );
    assert_eq!((entry.sent, entry.dropped), (50, 7));
    assert_eq!(entry.path, Path::new("/a bus"));
    // Its last user has gone while it was read.
    fs::remove_file(Path::new(&sysfs).join(&numbers).join("dropped")).expect("removed");
    assert_eq!(sources.network(Path::new(&file)).expect("looked at"), None);
    // A path that is longer than a page cannot be read; the network is there.
    scratch.network("0:1:77", None);
    let found = sources.networks().expect("networks");
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].inode, &*found[0].path), (77, Path::new("")));
    // Any other file must be.
    fs::remove_file(Path::new(&sysfs).join("0:1:77/mtu")).expect("removed");
    fs::create_dir(Path::new(&sysfs).join("0:1:77/mtu")).expect("a directory");
    assert!(matches!(sources.networks(), Err(TableError::Read(_))));
}

#[test]
fn where_only_the_table_is_a_network_has_the_inode_and_the_path() {
    let scratch = Scratch::new("inode");
    let bus = fs::canonicalize(scratch.write("bus", "")).expect("a path");
    let inode = FileNumbers::find(&bus).expect("a file").inode;
    let path = bus.to_str().expect("a text");
    for (inode, path, is_it) in [
        (inode, path, true),
        (inode + 1, path, false),
        (inode, "/elsewhere/bus", false),
    ] {
        let line = format!("{HEADER}{inode} hub 0x1 1514 64 3 2 1 256 5 7 {path}\n");
        let table = scratch.write("table", &line);
        let sources = Sources {
            table: &table,
            sysfs: "/nothing",
        };
        let found = sources.network(&bus).expect("looked at");
        assert_eq!(found.is_some(), is_it, "{line}");
        let error = sources.network(&bus.join("none")).expect_err("no file");
        assert!(matches!(error, TableError::File(..)), "{error}");
    }
}

#[test]
fn an_error_says_what_could_not_be_read() {
    let cause = || io::Error::from(ErrorKind::PermissionDenied);
    for (error, text, has_source) in [
        (TableError::NotLoaded, "module is not loaded", false),
        (TableError::NotHere, "mount sysfs", false),
        (
            TableError::Read(cause()),
            "cannot read /proc/net/ipn: permission denied",
            true,
        ),
        (
            TableError::File("/a b".into(), cause()),
            "cannot look at /a b: permission denied",
            true,
        ),
        (
            TableError::Parse(3, "it is odd".into()),
            "line 3 of /proc/net/ipn: it is odd",
            false,
        ),
    ] {
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(
            std::error::Error::source(&error).is_some(),
            has_source,
            "{error}"
        );
    }
    if !Path::new(SYSFS_PATH).exists() {
        assert!(matches!(networks(), Err(TableError::NotLoaded)));
        let error = network("/dev/null").expect_err("no module");
        assert!(matches!(error, TableError::NotLoaded), "{error}");
    }
}
