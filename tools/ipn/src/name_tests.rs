// SPDX-License-Identifier: GPL-2.0

//! Names and what is removed.

use super::*;
use std::os::unix::fs::symlink;
use std::os::unix::net::{UnixDatagram, UnixListener};

/// A directory of the test's own, gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let name = format!("ipn-name-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir(&path).expect("a scratch directory");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).expect("the scratch directory goes");
    }
}

fn socket_file(path: &Path) {
    UnixDatagram::bind(path).expect("a socket file");
}

#[test]
fn only_the_same_file_is_removed() {
    let scratch = Scratch::new("same");
    let path = scratch.0.join("bus");
    socket_file(&path);
    let name = Name::find(&path).expect("it is there");
    std::fs::rename(&path, scratch.0.join("elsewhere")).expect("renamed");
    assert_eq!(name.remove(), Ok(false));
    socket_file(&path);
    assert_eq!(name.remove(), Ok(false));
    assert!(path.exists());
    let name = Name::find(&path).expect("it is there");
    assert_eq!(name.remove(), Ok(true));
    assert!(!path.exists());
}

#[test]
fn a_directory_that_takes_anothers_place_is_not_touched() {
    let scratch = Scratch::new("swap");
    let [net, victim, away] = ["net", "victim", "away"].map(|name| scratch.0.join(name));
    for directory in [&net, &victim] {
        std::fs::create_dir(directory).expect("a directory");
        socket_file(&directory.join("bus"));
    }
    let name = Name::find(net.join("bus")).expect("it is there");
    std::fs::rename(&net, &away).expect("moved");
    symlink(&victim, &net).expect("a link");
    assert_eq!(name.remove(), Ok(true));
    assert!(victim.join("bus").exists() && !away.join("bus").exists());
}

#[test]
fn links_are_followed() {
    let scratch = Scratch::new("links");
    let [path, link, far] = ["bus", "link", "far"].map(|name| scratch.0.join(name));
    socket_file(&path);
    symlink("bus", &link).expect("a link");
    symlink(&link, &far).expect("a link");
    let name = Name::find(&far).expect("it is there");
    assert_eq!(name.remove(), Ok(true));
    assert!(!path.exists() && link.is_symlink() && far.is_symlink());
    assert_eq!(Name::find(&far).err(), Some(Errno::NOENT));
    symlink("round", scratch.0.join("round")).expect("a link");
    let round = Name::find(scratch.0.join("round"));
    assert_eq!(round.err(), Some(Errno::LOOP));
}

#[test]
fn what_is_no_socket_has_no_name_here() {
    let scratch = Scratch::new("file");
    let path = scratch.0.join("thesis");
    std::fs::write(&path, "thesis").expect("a file");
    assert_eq!(Name::find(&path).err(), Some(Errno::NOTSOCK));
    assert_eq!(Name::find(&scratch.0).err(), Some(Errno::NOTSOCK));
    assert_eq!(Name::find("..").err(), Some(Errno::ISDIR));
}

#[test]
fn one_process_at_a_time_has_its_turn() {
    let scratch = Scratch::new("turn");
    let path = scratch.0.join("bus");
    socket_file(&path);
    let name = Name::find(&path).expect("it is there");
    let turn = name.lock().expect("the lock");
    thread::scope(|scope| {
        let other = scope.spawn(|| name.remove());
        thread::sleep(Duration::from_millis(30));
        assert!(path.exists());
        drop(turn);
        assert_eq!(other.join().expect("it ends"), Ok(true));
    });
}

#[test]
fn a_turn_that_another_keeps_is_not_waited_for_forever() {
    let scratch = Scratch::new("keeps");
    let path = scratch.0.join("bus");
    socket_file(&path);
    let name = Name::find(&path).expect("it is there");
    let turn = name.lock().expect("the lock");
    assert_eq!(name.lock().err(), Some(Errno::WOULDBLOCK));
    drop(turn);
    assert!(name.lock().is_ok());
}

#[test]
fn a_name_is_left_when_neither_a_network_nor_a_socket_answers() {
    let scratch = Scratch::new("left");
    let [path, sysfs] = ["bus", "sysfs"].map(|name| scratch.0.join(name));
    let socket = UnixDatagram::bind(&path).expect("a socket file");
    let name = Name::find(&path).expect("it is there");
    assert_eq!(FileNumbers::find(&path).ok(), Some(name.numbers()));
    assert_eq!(name.has_directory(&sysfs), None);
    std::fs::create_dir(&sysfs).expect("a directory");
    assert_eq!(name.has_directory(&sysfs), Some(false));
    std::fs::create_dir(sysfs.join(name.numbers().to_string())).expect("a directory");
    assert_eq!(name.has_directory(&sysfs), Some(true));
    let left = || [None, Some(false), Some(true)].map(|network| name.is_left(network));
    assert_eq!(left(), [false; 3]);
    drop(socket);
    assert_eq!(left(), [false, true, false]);
    if !Path::new(SYSFS_PATH).exists() {
        assert_eq!(name.has_network(), None);
        assert!(!name.is_stale());
    }
}

#[test]
fn what_is_held_takes_no_right_to_read_and_goes_to_no_other_program() {
    use rustix::io::{fcntl_getfd, FdFlags};
    let scratch = Scratch::new("held");
    let path = scratch.0.join("bus");
    socket_file(&path);
    let name = Name::find(&path).expect("it is there");
    let lock = name.lock().expect("the lock");
    for held in [&name.directory, &name.held, &lock] {
        assert_eq!(fcntl_getfd(held), Ok(FdFlags::CLOEXEC));
    }
    for held in [&name.directory, &name.held] {
        let flags = fs::fcntl_getfl(held).expect("flags");
        assert!(flags.contains(OFlags::PATH), "{flags:?}");
    }
    let nowhere = Name::find(path.join("bus"));
    assert_eq!(nowhere.err(), Some(Errno::NOTDIR));
}

#[test]
fn a_file_is_told_by_its_device_and_inode() {
    let numbers = FileNumbers::new(8, 1, 77);
    assert_eq!((numbers.major, numbers.minor, numbers.inode), (8, 1, 77));
    assert_eq!(numbers.to_string(), "8:1:77");
    assert!(FileNumbers::find("/nothing/here").is_err());
}

#[test]
fn it_is_known_who_answers() {
    let scratch = Scratch::new("holder");
    let [stream, datagram, stale] = ["s", "d", "x"].map(|name| scratch.0.join(name));
    let _stream = UnixListener::bind(&stream).expect("a socket");
    let _datagram = UnixDatagram::bind(&datagram).expect("a socket");
    socket_file(&stale);
    let found = [&stream, &datagram, &stale].map(|path| Name::find(path).expect("a name"));
    std::fs::rename(&stale, scratch.0.join("away")).expect("renamed");
    std::fs::rename(&stream, &stale).expect("renamed");
    assert_eq!(
        found.map(|name| name.holder()),
        [Holder::Unix, Holder::Unix, Holder::Nobody],
        "of the file, and not of what is at its path now"
    );
    std::fs::rename(&stale, &stream).expect("renamed");
    std::fs::rename(scratch.0.join("away"), &stale).expect("renamed");
    assert_eq!(holder(&stream), Holder::Unix);
    assert_eq!(holder(&datagram), Holder::Unix);
    assert_eq!(holder(&stale), Holder::Nobody);
    assert_eq!(holder(&scratch.0), Holder::OtherFile);
    assert_eq!(holder(&scratch.0.join("nothing")), Holder::Unknown);
}
