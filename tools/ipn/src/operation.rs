// SPDX-License-Identifier: GPL-2.0

//! What can fail, and why it does in a user's terms.

use crate::device_name::DeviceName;
use crate::kinds::{Direction, Policy};
use rustix::io::Errno;
use std::fmt;

/// What was being done when an [`Error`](crate::Error) came up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Opening a socket of the family, for a network of that policy.
    Open(Policy),
    /// Creating a network, or joining one as a manager.
    Bind,
    /// Connecting to a network: taking a port, for that direction.
    Connect(Direction),
    /// Taking a port of a network that observes.
    Observe,
    /// Sending a message.
    Send,
    /// Receiving a message.
    Receive,
    /// Mapping the network's memory.
    Map,
    /// Reading the named option.
    GetOption(&'static str),
    /// Setting the named option.
    SetOption(&'static str),
    /// Giving up sending or receiving.
    Shutdown,
    /// Ending the network.
    Terminate,
    /// Asking whether a descriptor is a socket of the family.
    Check,
    /// Duplicating a descriptor.
    Duplicate,
    /// Making an interface that is a port.
    Tap(DeviceName),
    /// Making an interface that shows what passes.
    Monitor(DeviceName),
    /// Taking a device of the host.
    Grab(DeviceName),
    /// Taking charge of a persistent device.
    Serve(DeviceName),
    /// Making a device persistent, or not.
    Persist,
    /// Ending a persistent device.
    Release(DeviceName),
    /// Registering with the asynchronous runtime.
    Register,
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(_) => f.write_str("open an AF_IPN socket"),
            Self::Bind => f.write_str("create or manage the network"),
            Self::Connect(_) => f.write_str("join the network"),
            Self::Observe => f.write_str("observe the network"),
            Self::Send => f.write_str("send to the network"),
            Self::Receive => f.write_str("receive from the network"),
            Self::Map => f.write_str("map the memory of the network"),
            Self::GetOption(name) => write!(f, "read {name} of the network"),
            Self::SetOption(name) => write!(f, "set {name} of the network"),
            Self::Shutdown => f.write_str("give up a direction on the network"),
            Self::Terminate => f.write_str("end the network"),
            Self::Check => f.write_str("use the descriptor as a port of the network"),
            Self::Duplicate => f.write_str("duplicate the descriptor for the network"),
            Self::Tap(DeviceName::ANY) => f.write_str("make a tap on the network"),
            Self::Tap(name) => write!(f, "make the tap {name} on the network"),
            Self::Monitor(DeviceName::ANY) => {
                f.write_str("make an interface that shows the network")
            }
            Self::Monitor(name) => write!(f, "make the interface {name} that shows the network"),
            Self::Grab(name) => write!(f, "take the device {name} for the network"),
            Self::Serve(name) => write!(f, "serve the device {name} of the network"),
            Self::Persist => f.write_str("say whether to keep the device of the network"),
            Self::Release(name) => write!(f, "release the device {name}"),
            Self::Register => f.write_str("register with the runtime a port of the network"),
        }
    }
}

/// Why `operation` failed, and what to try.
type Explanation = (&'static str, Option<&'static str>);

impl Operation {
    /// What `errno` means here, where it means more than its name says.
    pub(crate) fn explain(self, errno: Errno) -> Option<Explanation> {
        let common = match errno {
            Errno::NOTCONN => ("the socket belongs to no network", Some("connect it first")),
            Errno::NOMEM => ("the kernel has no memory for it", None),
            _ => ("", None),
        };
        let found = match self {
            Self::Open(policy) => explain_open(policy, errno),
            Self::Bind => explain_bind(errno),
            Self::Connect(_) | Self::Observe => explain_connect(errno),
            Self::Send => explain_send(errno),
            Self::Receive => explain_receive(errno),
            Self::Map => explain_map(errno),
            Self::GetOption(_) | Self::SetOption(_) => explain_option(errno),
            Self::Terminate if errno == Errno::ACCESS => Some((
                "only a manager may",
                Some("bind to it, which needs the x bit of its file"),
            )),
            Self::Check if errno == Errno::NOTTY => {
                Some(("it is a descriptor of another kind", None))
            }
            Self::Tap(_)
            | Self::Monitor(_)
            | Self::Grab(_)
            | Self::Serve(_)
            | Self::Persist
            | Self::Release(_) => explain_device(self, errno),
            _ => None,
        };
        found.or((!common.0.is_empty()).then_some(common))
    }
}

/// Why a request about devices failed, and what to try.
fn explain_device(
    operation: Operation,
    errno: Errno,
) -> Option<(&'static str, Option<&'static str>)> {
    Some(match (operation, errno) {
        (Operation::Serve(_), Errno::PERM) => (
            "it is the device of another network, or CAP_NET_ADMIN is missing",
            Some("ipn release ends it there; that takes root"),
        ),
        (Operation::Release(_), Errno::ACCESS) => (
            "it takes the x bit of its network's file",
            Some("let the file's owner allow it with chmod; ipn show lists the networks"),
        ),
        (_, Errno::PERM) => (
            "it takes CAP_NET_ADMIN over the network namespace, of you and of the process that opened the socket",
            Some("do it as root, or in namespaces of your own: unshare --user --map-root-user --net"),
        ),
        (Operation::Monitor(_), Errno::ACCESS) => (
            "it takes the r and x bits of the network's file",
            Some("let the file's owner allow it with chmod"),
        ),
        (Operation::Monitor(_), Errno::NOPROTOOPT) => (
            "the af_ipn module is too old to have ports that observe",
            Some("load a newer one"),
        ),
        (Operation::Monitor(_), Errno::INVAL) => ("the name will not do", Some("take another name")),
        (Operation::Tap(_) | Operation::Monitor(_), Errno::EXIST) => (
            "there is an interface of that name",
            Some("take another name, or leave the choice to the kernel; ip link lists them"),
        ),
        (Operation::Tap(_), Errno::INVAL) => (
            "the name will not do, or the network's MTU leaves no room for IPv4 (82 at least)",
            Some("take another name, or create the network with a greater MTU"),
        ),
        (Operation::Grab(_), Errno::NODEV) => (
            "there is no such device in this network namespace",
            Some("ip link lists them"),
        ),
        (Operation::Grab(_), Errno::BUSY) => (
            "it is taken: by a bridge, a bond, a VRF, a macvlan or another network",
            Some("ip link show tells its master; ip link set DEV nomaster or ipn release DEV frees it"),
        ),
        (Operation::Grab(_), Errno::LOOP) => (
            "it is a bridge, or stands on a tap or a device of this very network: frames would go round",
            Some("take the device below it; ip link show tells on what it stands (DEV@BELOW)"),
        ),
        (Operation::Grab(_), Errno::OPNOTSUPP) => (
            "its driver cannot send frames of other stations, as of Wi-Fi",
            Some("take a device of a wire"),
        ),
        (Operation::Grab(_), Errno::INVAL) => (
            "it is no Ethernet device or a network's tap, or the network's MTU is below 82",
            Some("take another device; ip link lists them"),
        ),
        (Operation::Tap(_) | Operation::Monitor(_) | Operation::Grab(_), Errno::ADDRNOTAVAIL) => (
            "the network has no free port",
            Some("wait until a member leaves, or let a manager raise the number of ports"),
        ),
        (Operation::Tap(_) | Operation::Monitor(_) | Operation::Grab(_), Errno::ADDRINUSE) => (
            "the wanted port is taken",
            Some("take another, or leave the choice to the network"),
        ),
        (Operation::Serve(_), Errno::BUSY) => (
            "another process serves it",
            Some("end that process, or leave it to it"),
        ),
        (Operation::Serve(_) | Operation::Release(_), Errno::ADDRNOTAVAIL) => (
            "no network has a device of that name in this network namespace",
            Some("ip link lists the devices; one that was not persistent is free already"),
        ),
        (Operation::Persist, Errno::NODEV) => ("the device is gone", None),
        _ => return None,
    })
}

fn explain_open(policy: Policy, errno: Errno) -> Option<Explanation> {
    Some(match (errno, policy) {
        (Errno::AFNOSUPPORT, _) => (
            "the af_ipn module is not loaded",
            Some("load it as root: modprobe af_ipn, or insmod af_ipn.ko where it is not installed"),
        ),
        (Errno::PROTONOSUPPORT, Policy::SWITCH) => (
            "the kvde_switch module, which is the switch, is not loaded",
            Some("load it as root: modprobe kvde_switch, or insmod kvde_switch.ko where it is not installed"),
        ),
        (Errno::PROTONOSUPPORT, _) => (
            "no delivery policy of that number is registered",
            Some("use the hub, or load the module that holds the policy as root: modprobe NAME"),
        ),
        (Errno::SOCKTNOSUPPORT, _) => (
            "the family has no such socket type",
            Some("use SOCK_RAW, SOCK_DGRAM, SOCK_SEQPACKET or SOCK_RDM"),
        ),
        _ => return None,
    })
}

/// What a socket of the type `SOCK_RDM` does not join.
const NOT_RELIABLE: Explanation = (
    "it is no reliable bus",
    Some("join it as any other network, or let it be created as one (ipn create --reliable)"),
);

fn explain_bind(errno: Errno) -> Option<Explanation> {
    Some(match errno {
        Errno::ADDRINUSE => (
            "another file took the name meanwhile",
            Some("try again, or take another name"),
        ),
        Errno::NOENT => (
            "the directory does not exist",
            Some("make the directory first"),
        ),
        Errno::NOBUFS => (
            "its rings would need more memory than the module allows, or the user has too many networks",
            Some("lower the message pool or the MTU; root may exceed the bounds, and sets them by the module parameters max_network_bytes and max_user_networks"),
        ),
        Errno::PROTO => (
            "it has another delivery policy",
            Some("leave the policy open when joining (IPN_ANY)"),
        ),
        Errno::PROTOTYPE => NOT_RELIABLE,
        Errno::PROTONOSUPPORT => (
            "the module of its delivery policy is not loaded any more",
            Some("load it as root: modprobe kvde_switch for the switch"),
        ),
        Errno::INVAL => ("the socket is bound already", None),
        Errno::ISCONN => ("the socket is connected already", None),
        _ => return None,
    })
}

fn explain_connect(errno: Errno) -> Option<Explanation> {
    Some(match errno {
        Errno::NOENT => (
            "there is no such network",
            Some("check the name, or create the network first (ipn create)"),
        ),
        Errno::PROTO => (
            "it has another delivery policy",
            Some("leave the policy open when joining (IPN_ANY)"),
        ),
        Errno::PROTOTYPE => NOT_RELIABLE,
        Errno::ADDRNOTAVAIL => (
            "it has no free port, or not the one wanted",
            Some("wait until a member leaves, or let a manager raise the number of ports"),
        ),
        Errno::ADDRINUSE => (
            "the wanted port is taken",
            Some("take another, or leave the choice to the network"),
        ),
        Errno::ISCONN => ("the socket is connected already", None),
        _ => return None,
    })
}

fn explain_send(errno: Errno) -> Option<Explanation> {
    Some(match errno {
        Errno::MSGSIZE => (
            "the message is longer than the network's MTU",
            Some("send less at once, or create the network with a greater MTU"),
        ),
        Errno::PIPE => (
            "the network has ended, or this port may not send",
            Some("sending needs the w bit of its file"),
        ),
        Errno::AGAIN => (
            "a reader is behind that the network waits for, or the port has sent what its rate allows",
            None,
        ),
        Errno::OPNOTSUPP => (
            "the network has one writer, who maps its memory",
            Some("send as a Producer of the crate ipn does, or as samples/mapped_sender.c"),
        ),
        Errno::NOTCONN => ("no port was taken", Some("connect first")),
        _ => return None,
    })
}

fn explain_receive(errno: Errno) -> Option<Explanation> {
    Some(match errno {
        Errno::PIPE => (
            "this port does not receive",
            Some("receiving needs the r bit of its file, and must not have been given up"),
        ),
        Errno::AGAIN => ("no message came in time", None),
        Errno::CONNRESET => (
            "the port was later than the window, and has missed messages",
            Some("receive on: what comes next is behind them. A longer window, or a lower rate, keeps more"),
        ),
        Errno::BADMSG => (
            "the writer of the network has written what can not be, and the network has ended",
            None,
        ),
        Errno::NOTCONN => ("no port was taken", Some("connect first")),
        _ => return None,
    })
}

fn explain_map(errno: Errno) -> Option<Explanation> {
    Some(match errno {
        Errno::OPNOTSUPP => (
            "only a hub has one, and only for ports that are no devices; and to write only one of one writer",
            None,
        ),
        Errno::BUSY => (
            "another port writes to it",
            Some("wait until that is closed"),
        ),
        Errno::ACCESS => (
            "this port does not receive, has a filter, or is to get out-of-band messages; or it does not send, and is to write",
            Some("give those to another port"),
        ),
        Errno::NODEV => ("the af_ipn module is too old", Some("load a newer one")),
        Errno::PROTO => ("the af_ipn module has another layout", None),
        _ => return None,
    })
}

fn explain_option(errno: Errno) -> Option<Explanation> {
    Some(match errno {
        Errno::NOPROTOOPT => (
            "its policy, or an older af_ipn module, has no such option",
            None,
        ),
        Errno::INVAL => ("the value is out of bounds", Some("see af_ipn(7) for them")),
        Errno::ISCONN => (
            "it exists already, and this shapes only a network to come",
            Some("set it before binding or connecting"),
        ),
        Errno::ACCESS => (
            "only a manager may",
            Some("bind to it, which needs the x bit of its file"),
        ),
        Errno::ADDRINUSE => (
            "a port beyond the new number is in use",
            Some("wait until that member leaves"),
        ),
        Errno::ADDRNOTAVAIL => (
            "the switch has no such port, or no socket holds it",
            Some("ipn switch PATH port show lists those that are held"),
        ),
        Errno::NOENT => (
            "the switch knows no such address there",
            Some("ipn switch PATH fdb show lists them, with their VLANs"),
        ),
        Errno::NOSPC => (
            "the switch's table is full of static addresses",
            Some("delete some, or load kvde_switch with a greater max_addresses"),
        ),
        _ => return None,
    })
}

#[cfg(test)]
#[path = "operation_tests.rs"]
mod tests;
