// SPDX-License-Identifier: GPL-2.0

//! What errors say.

use super::*;
use crate::kinds::Policy;
use std::os::unix::net::UnixDatagram;

/// A directory of the test's own, gone when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ipn-{}-{name}", std::process::id()));
        std::fs::create_dir(&path).expect("a scratch directory");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).expect("the scratch directory goes");
    }
}

fn error(operation: Operation, path: &Path, errno: Errno) -> Error {
    Error::new(operation, Some(path.into()), errno)
}

#[test]
fn a_missing_module_is_named() {
    let text = |policy, errno| Error::new(Operation::Open(policy), None, errno).to_string();
    assert_eq!(
        text(Policy::SWITCH, Errno::AFNOSUPPORT),
        "cannot open an AF_IPN socket: the af_ipn module is not loaded; load it as root: \
         modprobe af_ipn, or insmod af_ipn.ko where it is not installed"
    );
    assert_eq!(
        text(Policy::SWITCH, Errno::PROTONOSUPPORT),
        "cannot open an AF_IPN socket: the kvde_switch module, which is the switch, is not \
         loaded; load it as root: modprobe kvde_switch, or insmod kvde_switch.ko where it is not \
         installed"
    );
    let other = text(Policy::new(63), Errno::PROTONOSUPPORT);
    assert!(
        other.contains("no delivery policy") && other.contains("modprobe"),
        "{other}"
    );
}

#[test]
fn what_was_missed_is_told_from_what_failed() {
    let path = Path::new("/run/prices");
    let gap = error(Operation::Receive, path, Errno::CONNRESET);
    assert!(gap.is_gap() && gap.to_string().contains("has missed messages"));
    assert!(!error(Operation::Receive, path, Errno::AGAIN).is_gap());
    assert!(!error(Operation::Send, path, Errno::CONNRESET).is_gap());
    let past = Error::no_history(Operation::Connect(Direction::Receive), path).to_string();
    assert!(past.contains("without history") && past.contains("--history"));
}

#[test]
fn a_stale_name_is_to_be_removed() {
    let scratch = Scratch::new("stale");
    let path = scratch.0.join("bus");
    let socket = UnixDatagram::bind(&path).expect("a socket file");
    let operation = Operation::Connect(Direction::Both);
    // Not while another family's socket has it.
    let live = error(operation, &path, Errno::CONNREFUSED).to_string();
    assert!(live.contains("AF_UNIX") && !live.contains("rm "), "{live}");
    drop(socket);
    let error = error(operation, &path, Errno::CONNREFUSED);
    assert!(error.reason().contains("stale"), "{error}");
    let hint = error.hint().expect("a hint");
    assert!(hint.ends_with(&format!("rm {}", path.display())), "{hint}");
}

#[test]
fn a_plain_file_is_not_to_be_removed() {
    let scratch = Scratch::new("plain");
    let path = scratch.0.join("notes");
    std::fs::write(&path, "precious").expect("a file");
    let text = error(Operation::Bind, &path, Errno::CONNREFUSED).to_string();
    assert!(
        text.contains("another kind") && !text.contains("rm "),
        "{text}"
    );
}

#[test]
fn a_refusal_names_the_bit_and_the_mode() {
    let scratch = Scratch::new("refused");
    let path = scratch.0.join("bus");
    let _socket = UnixDatagram::bind(&path).expect("a socket file");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o720))
        .expect("chmod");
    let manage = error(Operation::Bind, &path, Errno::ACCESS).to_string();
    assert!(
        manage.contains("the x bit") && manage.contains("rwx-w----"),
        "{manage}"
    );
    let join = error(Operation::Connect(Direction::Receive), &path, Errno::ACCESS).to_string();
    assert!(
        join.contains("the r bit") && !join.contains("the w bit"),
        "{join}"
    );
    assert!(
        join.ends_with(&format!("chmod u+r {}", path.display())),
        "{join}"
    );
    for (direction, why, bits) in [
        (Direction::Send, "sending needs the w bit of", "u+w"),
        (
            Direction::Both,
            "receiving needs the r bit, sending the w bit of",
            "u+rw",
        ),
    ] {
        let join = error(Operation::Connect(direction), &path, Errno::ACCESS).to_string();
        assert!(join.contains(why) && join.contains(bits), "{join}");
    }
    let observe = error(Operation::Observe, &path, Errno::ACCESS).to_string();
    assert!(observe.contains("the r and x bits"), "{observe}");
}

#[test]
fn a_closed_directory_is_named() {
    let text = error(
        Operation::Connect(Direction::Both),
        Path::new("/no/such/bus"),
        Errno::ACCESS,
    )
    .to_string();
    assert!(text.contains("ls -ld /no/such"), "{text}");
    let here = error(Operation::Bind, Path::new("no-such-bus"), Errno::ACCESS).to_string();
    assert!(here.ends_with("ls -ld ."), "{here}");
}

#[test]
fn the_class_is_that_of_the_owner_or_else_of_a_group() {
    let own = rustix::process::getegid().as_raw();
    let mut groups = rustix::process::getgroups().expect("groups");
    groups.push(rustix::process::Gid::from_raw(own));
    for group in &groups {
        assert_eq!(class_of(5, 6, group.as_raw()), 'g', "{group:?}");
    }
    let other = (1..).find(|id| groups.iter().all(|group| group.as_raw() != *id));
    let other = other.expect("a group of others");
    assert_eq!([class_of(5, 5, own), class_of(5, 5, other)], ['u'; 2]);
    assert_eq!(class_of(5, 6, other), 'o');
}

#[test]
fn what_is_not_known_better_is_the_systems_text() {
    let error = error(Operation::Send, Path::new("/tmp/bus"), Errno::FAULT);
    assert_eq!(error.hint(), None);
    assert!(error
        .to_string()
        .starts_with("cannot send to the network /tmp/bus: Bad address"));
}

#[test]
fn it_becomes_an_error_of_the_standard_library() {
    let error = io::Error::from(error(Operation::Receive, Path::new("/b"), Errno::AGAIN));
    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    assert!(error.to_string().contains("no message came in time"));
}

#[test]
fn modes_are_written_as_ls_writes_them() {
    assert_eq!(mode_text(0o100700), "rwx------");
    assert_eq!(mode_text(0o640), "rw-r-----");
    assert_eq!(mode_text(0o777), "rwxrwxrwx");
    assert_eq!(mode_text(0), "---------");
}

#[test]
fn an_error_tells_what_it_is_made_of() {
    let path = Path::new("/tmp/bus");
    let error = error(Operation::Send, path, Errno::MSGSIZE);
    assert_eq!(error.path(), Some(path));
    assert_eq!(error.operation(), Operation::Send);
    assert_eq!(error.errno(), Errno::MSGSIZE);
    assert_eq!(error.kind(), io::Error::from(Errno::MSGSIZE).kind());
    assert_eq!(error.what(), "cannot send to the network /tmp/bus");
    let nameless = Error::new(Operation::Send, None, Errno::MSGSIZE);
    assert_eq!(
        (nameless.path(), nameless.what()),
        (None, "cannot send to the network".into())
    );
}

#[test]
fn who_fails_to_consume_something_has_it_back() {
    use crate::failed::Failed;
    use std::error::Error as _;
    let failed = || Failed::new(error(Operation::Bind, Path::new("/b"), Errno::PROTO), 7);
    let text = error(Operation::Bind, Path::new("/b"), Errno::PROTO).to_string();
    assert_eq!(failed().to_string(), text);
    assert_eq!(failed().error().errno(), Errno::PROTO);
    assert_eq!(failed().into_error().errno(), Errno::PROTO);
    assert_eq!(failed().into_inner(), 7);
    let (error, value) = failed().into_parts();
    assert_eq!((error.errno(), value), (Errno::PROTO, 7));
    assert_eq!(Error::from(failed()).errno(), Errno::PROTO);
    assert_eq!(
        failed().source().map(ToString::to_string),
        Some(text.clone())
    );
    assert!(io::Error::from(failed())
        .to_string()
        .contains("delivery policy"));
}
