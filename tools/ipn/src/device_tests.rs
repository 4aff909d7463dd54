// SPDX-License-Identifier: GPL-2.0

//! Names of devices, and what errors say about them.

use super::*;
use crate::device_name::BadDeviceName;
use rustix::io::Errno;

#[test]
fn names_are_as_the_kernel_takes_them() {
    for name in ["v", "eth0", "ipn%d", "aaaaaaaaaaaaaaa"] {
        let parsed: DeviceName = name.parse().expect(name);
        assert_eq!(parsed.to_string(), name);
    }
    let long = "aaaaaaaaaaaaaaaa";
    for name in [
        "", ".", "..", "a/b", "a:b", "a b", "a\x0b", "\u{e0}", "a\0", long,
    ] {
        assert_eq!(name.parse::<DeviceName>(), Err(BadDeviceName), "{name:?}");
    }
}

#[test]
fn errors_name_the_device_and_the_network() {
    let name: DeviceName = "v0".parse().expect("a name");
    let error = |operation| {
        let path = std::path::Path::new("/tmp/bus").into();
        Error::new(operation, Some(path), Errno::BUSY).to_string()
    };
    let grab = error(Operation::Grab(name));
    assert!(grab.starts_with("cannot take the device v0 for the network /tmp/bus: it is taken"));
    let path = std::path::Path::new("/tmp/bus").into();
    let round = Error::new(Operation::Grab(name), Some(path), Errno::LOOP).to_string();
    assert!(round.contains("frames would go round"), "{round}");
    let serve = error(Operation::Serve(name));
    assert!(serve.contains("another process"), "{serve}");
    let any = error(Operation::Tap(DeviceName::ANY));
    assert!(
        any.starts_with("cannot make a tap on the network /tmp/bus"),
        "{any}"
    );
    let release = Error::new(Operation::Release(name), None, Errno::PERM).to_string();
    assert!(release.starts_with("cannot release the device v0: it takes CAP_NET_ADMIN"));
}
