// SPDX-License-Identifier: GPL-2.0
//! The `ipn` command and the names of networks: whose is what, and what is removed.

use crate::lab::bus::*;
use crate::lab::check::{holds, ok, same};
use crate::lab::client::*;
use crate::lab::runner::{cases, directory};
use crate::lab::task::{User, OWNER, ROOT, STRANGER};
use crate::sys::mount;
use crate::sys::process::kill;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{symlink, MetadataExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

cases!["tool_names":
    network_is_known_by_device_and_inode,
    networks_are_shown_in_other_namespaces,
    no_live_name_is_to_be_removed,
    hints_fit_an_exclusive_network,
    end_follows_links_as_the_kernel_does,
    end_of_what_is_none_removes_nothing,
    one_of_several_creators_creates,
    stale_name_is_taken_over_by_one,
    what_creates_works_a_second_time,
    sender_in_another_namespace_leaves_no_name,
    names_of_others_do_not_reach_the_terminal,
    names_that_are_no_text_differ,
];

#[track_caller]
fn ipn(user: User, arguments: &[&str]) -> Command {
    program("ipn", user, arguments)
}

/// What `ipn show` says of a path.
#[track_caller]
fn show(path: &Path) -> (Option<i32>, String) {
    let mut command = ipn(ROOT, &["show"]);
    command.arg(path);
    let output = run(command, b"");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

/// A file system of its own, whose inodes are numbered like those of the others.
#[track_caller]
fn file_system(name: &str) -> PathBuf {
    let place = directory().join(name);
    ok("a directory", fs::create_dir(&place));
    ok("mount", mount::mount("none", &place, "tmpfs", 0));
    place
}

fn network_is_known_by_device_and_inode() {
    ok("own mount namespace", mount::own_namespace());
    let [here, other, third] = ["here", "other", "third"].map(file_system);
    let bus = Bus::named("here/bus");
    let (_creator, _) = start(ipn(ROOT, &["create", name(&bus)]));
    let (plain, further) = (other.join("plain"), Bus::named("third/bus"));
    ok("a file", fs::write(&plain, "plain"));
    let inode = |path: &Path| ok("stat", fs::metadata(path)).ino();
    same("inode of the file", inode(&plain), inode(&bus.path));
    let (status, text) = show(&plain);
    same("status of a plain file", status, Some(1));
    holds(
        &text,
        text.contains("another kind") && !text.contains("rm "),
    );
    let (_creator, _) = start(ipn(ROOT, &["create", name(&further)]));
    same("inode of the other", inode(&further.path), inode(&bus.path));
    // Behind a path by which it is not listed.
    let again = directory().join("again");
    ok("a directory", fs::create_dir(&again));
    let bound = mount::mount(name(&Bus::named("here")), &again, "", libc::MS_BIND);
    ok("bind mount", bound);
    let (status, text) = show(&again.join("bus"));
    same("status through a bind mount", status, Some(0));
    holds(&text, text.starts_with(name(&bus)));
    for place in [again, here, third, other] {
        // Whatever is left there goes with the namespace.
        let _ = mount::unmount(place);
    }
}

fn networks_are_shown_in_other_namespaces() {
    let bus = Bus::new();
    let _manager = bus.manage_new(&[]);
    ok("own network namespace", mount::own_network());
    let (status, text) = show(&bus.path);
    same("status", status, Some(0));
    holds(&text, text.starts_with(name(&bus)));
    let all = succeeds(ipn(STRANGER, &["show"]), b"");
    let all = String::from_utf8_lossy(&all).into_owned();
    holds(&all, all.lines().any(|line| line.ends_with(name(&bus))));
}

fn hints_fit_an_exclusive_network() {
    let (alone, shared) = (Bus::named("alone"), Bus::named("shared"));
    let _alone = start(ipn(ROOT, &["create", name(&alone), "--excl"]));
    let _shared = start(ipn(ROOT, &["create", name(&shared)]));
    for command in ["create", "end", "save"] {
        let words = ["it is exclusive", "be a mere member"];
        complains(ipn(ROOT, &[command, name(&alone)]), &words);
    }
    let second = ipn(ROOT, &["create", name(&shared), "--excl"]);
    complains(second, &["its only manager", "without exclusive"]);
}

fn no_live_name_is_to_be_removed() {
    let [service, thesis] = ["service", "thesis"].map(|name| directory().join(name));
    let _listener = ok("a service", UnixListener::bind(&service));
    ok("a file", fs::write(&thesis, "thesis"));
    for path in [&service, &thesis] {
        let path = path.to_str().expect("text");
        for words in [&["show"][..], &["recv"], &["send"], &["end"], &["create"]] {
            let output = run(ipn(ROOT, &[words, &[path]].concat()), b"");
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            same(&told, output.status.code(), Some(1));
            holds(&told, !told.contains("rm ") && told.contains(path));
        }
        let replace = ["create", "--replace", path];
        same(
            "create --replace",
            run(ipn(ROOT, &replace), b"").status.code(),
            Some(1),
        );
        holds("it is there", fs::symlink_metadata(path).is_ok());
    }
}

fn end_follows_links_as_the_kernel_does() {
    let bus = Bus::new();
    let manager = bus.manage_new(&[]);
    let link = directory().join("link");
    ok("a link", symlink("bus", &link));
    let (status, text) = show(&link);
    same("status of show", status, Some(0));
    holds(&text, text.starts_with(name(&bus)));
    let link_name = link.to_str().expect("text");
    succeeds(ipn(ROOT, &["end", link_name]), b"");
    same("the name is there", bus.path.exists(), false);
    same("the link is there", link.is_symlink(), true);
    // Now it leads nowhere.
    for command in ["end", "show", "recv"] {
        complains(ipn(ROOT, &[command, link_name]), &["no such network"]);
    }
    drop(manager);
}

fn end_of_what_is_none_removes_nothing() {
    let bus = Bus::new();
    drop(bus.manage_new(&[]));
    complains(ipn(ROOT, &["end", name(&bus)]), &["stale", "rm "]);
    same("the stale name is there", bus.path.exists(), true);
}

/// So many `ipn create` at once: how many say that they have created it.
#[track_caller]
fn creators(bus: &Bus, options: &[&str]) -> (Vec<Running>, usize) {
    let mut all: Vec<_> = (0..4)
        .map(|_| {
            let mut command = ipn(ROOT, &[&["create", name(bus)], options].concat());
            command.stdin(Stdio::piped()).stdout(Stdio::piped());
            Running::start(command)
        })
        .collect();
    let mut count = 0;
    for creator in &mut all {
        let mut line = String::new();
        let read = BufReader::new(creator.pipes().1).read_line(&mut line);
        ok("its first line", read);
        holds(&line, line.contains("is up") || line.contains("was there"));
        count += usize::from(line.contains("is up"));
    }
    (all, count)
}

fn one_of_several_creators_creates() {
    for round in 0..4 {
        let bus = Bus::named(&format!("bus{round}"));
        let (all, count) = creators(&bus, &[]);
        same("who has created it", count, 1);
        for creator in all {
            ok("kill", kill(creator.id() as i32, libc::SIGTERM));
            same("status", creator.status(), Some(0));
        }
        same("the name is there", bus.path.exists(), false);
    }
}

fn stale_name_is_taken_over_by_one() {
    for round in 0..4 {
        let bus = Bus::named(&format!("bus{round}"));
        drop(bus.manage_new(&[]));
        complains(ipn(ROOT, &["create", name(&bus)]), &["stale", "--replace"]);
        let (all, count) = creators(&bus, &["--replace"]);
        same("who has created it", count, 1);
        let port = bus.join();
        drop((all, port));
    }
}

fn what_creates_works_a_second_time() {
    let bus = Bus::new();
    for _ in 0..2 {
        let node = ["--create", name(&bus), "--ip", "10.0.0.1/24"];
        let (running, line) = start(program("ipn-echo", ROOT, &node));
        holds(&line, line.starts_with("port 0 of"));
        drop(running);
        same("the name is there", bus.path.exists(), true);
    }
    succeeds(ipn(ROOT, &["send", "--create", name(&bus)]), b"x\n");
    same("the name is there", bus.path.exists(), false);
}

fn sender_in_another_namespace_leaves_no_name() {
    let bus = Bus::new();
    ok("own network namespace", mount::own_network());
    for _ in 0..2 {
        succeeds(ipn(ROOT, &["send", "--create", name(&bus)]), b"x\n");
        same("the name is there", bus.path.exists(), false);
    }
}

/// What a terminal would obey: ESC, and CSI of C1, and a mark that turns the direction.
const TRICKS: [&str; 3] = ["a\x1b[31mb", "a\u{9b}31mb", "a\u{202e}b"];

fn names_of_others_do_not_reach_the_terminal() {
    for trick in TRICKS {
        let bus = Bus::named(trick);
        let (_creator, said) = start(ipn(OWNER, &["create", name(&bus)]));
        let mut texts = vec![said];
        for words in [
            &["show"][..],
            &["show", "--json"],
            &["show", "x"],
            &["end", "x"],
        ] {
            let words: Vec<_> = words
                .iter()
                .map(|word| match *word {
                    "x" => format!("{}x", name(&bus)),
                    word => word.to_owned(),
                })
                .collect();
            let words: Vec<_> = words.iter().map(String::as_str).collect();
            let output = run(ipn(ROOT, &words), b"");
            let text = [output.stdout, output.stderr].concat();
            texts.push(String::from_utf8_lossy(&text).into_owned());
        }
        for text in texts {
            let bad = |c: &char| c.is_control() && *c != '\n' || *c == '\u{202e}';
            same(format_args!("{text:?}"), text.chars().find(bad), None);
        }
    }
}

fn names_that_are_no_text_differ() {
    let names =
        [b"q\xfe", b"q\xff"].map(|name| directory().join(std::ffi::OsStr::from_bytes(name)));
    let _creators = names.each_ref().map(|path| {
        let mut command = ipn(ROOT, &["create"]);
        command.arg(path);
        start(command).0
    });
    let shown = succeeds(ipn(ROOT, &["show", "--json"]), b"");
    let shown = String::from_utf8_lossy(&shown).into_owned();
    let paths: Vec<_> = shown
        .lines()
        .filter(|line| line.contains("\"path\""))
        .collect();
    holds(&shown, paths.iter().any(|line| line.contains("376")));
    holds(&shown, paths.iter().any(|line| line.contains("377")));
    holds(&shown, shown.contains("\"path_bytes\""));
}
