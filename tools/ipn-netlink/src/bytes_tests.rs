// SPDX-License-Identifier: GPL-2.0

//! What the kernel's bytes are read as.

use crate::message::{messages, Message};
use crate::{Event, Kind, Network, Port, What};
use ipn::{DropReason, FileNumbers, Flags};
use ipn_abi::*;
use netlink_packet_core::{NetlinkPayload, NLM_F_DUMP};
use netlink_packet_generic::GenlMessage;
use proptest::prelude::*;
use std::path::Path;
use std::time::Duration;

/// An attribute as the kernel writes it, padded to four bytes.
fn attribute(number: u32, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + value.len()).expect("short");
    let mut bytes = [length.to_ne_bytes(), (number as u16).to_ne_bytes()].concat();
    bytes.extend_from_slice(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn small(number: u32, value: u32) -> Vec<u8> {
    attribute(number, &value.to_ne_bytes())
}

fn large(number: u32, value: u64) -> Vec<u8> {
    attribute(number, &value.to_ne_bytes())
}

/// The attributes that name a network.
fn file() -> Vec<u8> {
    [
        small(IPN_A_MAJOR, 0),
        small(IPN_A_MINOR, 27),
        large(IPN_A_INODE, 1 << 40),
    ]
    .concat()
}

const FILE: FileNumbers = FileNumbers::new(0, 27, 1 << 40);

#[test]
fn reliable_buses_have_more() {
    let network = [
        file(),
        small(IPN_A_WINDOW, 2500),
        small(IPN_A_RATE, 0),
        large(IPN_A_AGE, 1500),
        large(IPN_A_EVICTED, 3),
    ];
    let network = Network::parse(&network.concat()).expect("a network");
    let millis = Duration::from_millis;
    assert_eq!(
        (network.window, network.rate),
        (Some(millis(2500)), Some(0))
    );
    assert_eq!(
        (network.age, network.evicted),
        (Some(millis(1500)), Some(3))
    );
    let other = Network::parse(&file()).expect("a network");
    assert_eq!((other.window, other.rate, other.age), (None, None, None));
    let port = [
        file(),
        small(IPN_A_PORT, 1),
        large(IPN_A_WAITED, 4),
        large(IPN_A_PACE, 5),
    ];
    let port = Port::parse(&port.concat()).expect("a port");
    assert_eq!((port.waited, port.pace), (Some(4), Some(5)));
}

#[test]
fn a_port_has_what_its_attributes_say() {
    let bytes = [
        file(),
        small(IPN_A_PORT, 3),
        small(IPN_A_KIND, IPN_PORT_GRAB),
        small(IPN_A_PID, 4711),
        small(IPN_A_UID, 1000),
        small(IPN_A_GID, 100),
        attribute(IPN_A_COMM, b"ipn\0"),
        small(IPN_A_DIRECTION, IPN_PORT_RECEIVES | IPN_PORT_SENDS),
        attribute(IPN_A_DESCRIPTION, b"gro\xc3\x9f\xff\0"),
        small(IPN_A_IFINDEX, 2),
        attribute(IPN_A_IFNAME, b"eth1\0"),
        // Padding, and one of a later module's.
        attribute(IPN_A_PAD, b""),
        attribute(999, b"?"),
        large(IPN_A_SENT, 1 << 33),
        large(IPN_A_LOST, 5),
        large(IPN_A_LAG, 7),
        large(IPN_A_WAITING, 1500),
    ]
    .concat();
    let port = Port::parse(&bytes).expect("a port");
    assert_eq!((port.network, port.number), (FILE, 3));
    assert_eq!(
        (port.kind, port.kind.to_string().as_str()),
        (Kind::Grab, "grab")
    );
    assert_eq!(
        (port.pid, port.uid, port.gid),
        (Some(4711), Some(1000), Some(100))
    );
    assert_eq!(port.command, "ipn");
    assert!(port.receives && port.sends);
    assert_eq!(port.description.as_encoded_bytes(), b"gro\xc3\x9f\xff");
    let device = port.device.expect("a device");
    assert_eq!((device.index, device.name.to_str()), (2, Some("eth1")));
    assert_eq!(
        (port.sent, port.received, port.lost, port.lag),
        (1 << 33, 0, 5, 7)
    );
    assert_eq!(port.waiting, Some(Duration::from_millis(1500)));
}

#[test]
fn what_is_not_said_of_a_port_is_nothing() {
    let bytes = [file(), small(IPN_A_PORT, 0), small(IPN_A_PID, 0)].concat();
    let port = Port::parse(&bytes).expect("a port");
    assert_eq!(port, Port::new(FILE, 0));
    assert_eq!(port.pid, None, "0 is a process that is not seen");
}

#[test]
fn a_network_has_what_its_attributes_say() {
    let bytes = [
        file(),
        attribute(IPN_A_PATH, b"/run/my\\040lan\\134\0"),
        small(IPN_A_POLICY, 1),
        small(IPN_A_FLAGS, 1),
        small(IPN_A_MTU, 1514),
        small(IPN_A_NUMNODES, 64),
        small(IPN_A_POOL, 256),
        small(IPN_A_OWNER, 0),
        small(IPN_A_PORTS, 3),
        large(IPN_A_SENT, 9),
    ]
    .concat();
    let network = Network::parse(&bytes).expect("a network");
    assert_eq!(network.file, FILE);
    assert_eq!(network.path, Path::new("/run/my lan\\"));
    assert_eq!((network.policy, network.flags), (1, Flags::LOSSLESS));
    assert_eq!(
        (network.mtu, network.capacity, network.pool),
        (1514, 64, 256)
    );
    assert_eq!(
        (network.owner, network.ports, network.sent),
        (Some(0), 3, 9)
    );
}

#[test]
fn an_event_tells_of_a_network_or_of_a_port() {
    let made = Event::parse(IPN_CMD_NETWORK_MADE as u8, &file());
    let made = made.expect("understood").expect("an event");
    assert_eq!((made.what, made.port), (What::NetworkMade, None));
    let bytes = [file(), small(IPN_A_PORT, 8), large(IPN_A_LOST, 12)].concat();
    let lost = Event::parse(IPN_CMD_LOST as u8, &bytes);
    let lost = lost.expect("understood").expect("an event");
    assert_eq!(lost.what, What::Lost);
    assert_eq!(
        lost.port.map(|port| (port.number, port.lost)),
        Some((8, 12))
    );
    assert_eq!(Event::parse(200, &file()).expect("a later one"), None);
}

#[test]
fn losses_have_their_reasons() {
    let within = [
        large(IPN_DROP_NO_ROOM, 3),
        // As the kernel may align a number of 64 bits, and shorten one that is small.
        attribute(0, b""),
        small(IPN_DROP_OVERRUN, 5),
        large(IPN_DROP_POLICY, 1),
        large(77, 2),
    ]
    .concat();
    let expected = [
        (DropReason::Overrun, 5),
        (DropReason::NoRoom, 3),
        (DropReason::Policy, 1),
        (DropReason::Other(77), 2),
    ];
    // Nests may be marked as such.
    for nest in [IPN_A_DROPS, IPN_A_DROPS | 0x8000] {
        let bytes = [file(), small(IPN_A_PORT, 1), attribute(nest, &within)].concat();
        let mut drops = Port::parse(&bytes).expect("a port").drops;
        drops.sort_by_key(|(reason, _)| reason.number());
        assert_eq!(drops, expected);
        let network = Network::parse(&bytes).expect("a network");
        assert_eq!(network.drops.len(), 4);
    }
    let bytes = [
        file(),
        small(IPN_A_PORT, 1),
        small(IPN_A_REASON, IPN_DROP_NO_ROOM),
    ];
    let event = Event::parse(IPN_CMD_LOST as u8, &bytes.concat());
    let event = event.expect("understood").expect("an event");
    assert_eq!(event.reason, Some(DropReason::NoRoom));
    let bytes = [file(), attribute(IPN_A_DROPS, &attribute(3, b"x"))].concat();
    assert!(Network::parse(&bytes).is_err(), "one byte is no count");
}

#[test]
fn attributes_of_another_length_are_no_numbers() {
    let bytes = [file(), attribute(IPN_A_PORT, &[1, 2])].concat();
    let error = Port::parse(&bytes).expect_err("two bytes").to_string();
    assert!(error.contains("2 bytes"), "{error}");
    let error = Port::parse(&file()).expect_err("no port").to_string();
    assert!(error.contains("no port"), "{error}");
    assert!(Network::parse(&small(IPN_A_MAJOR, 1)).is_err());
}

#[test]
fn a_question_is_a_message_of_the_family() {
    use netlink_packet_core::{NetlinkHeader, NetlinkMessage};
    let mut question = GenlMessage::from_payload(Message::question(IPN_CMD_PORT_GET, Some(FILE)));
    question.set_resolved_family_id(31);
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_DUMP;
    let mut question = NetlinkMessage::new(header, NetlinkPayload::from(question));
    question.finalize();
    let mut bytes = vec![0; question.buffer_len()];
    question.serialize(&mut bytes);
    // The header, the family's, three attributes.
    assert_eq!(bytes.len(), 16 + 4 + 8 + 8 + 12);
    assert_eq!(bytes[4..6], 31_u16.to_ne_bytes());
    assert_eq!(
        bytes[16..18],
        [IPN_CMD_PORT_GET as u8, IPN_GENL_VERSION as u8]
    );
    let read = messages::<GenlMessage<Message>>(&[bytes.clone(), bytes].concat());
    assert_eq!(read.len(), 2);
    let NetlinkPayload::InnerMessage(inner) = &read[1].payload else {
        panic!("{read:?}");
    };
    assert_eq!(inner.payload.command, IPN_CMD_PORT_GET as u8);
    let bytes = [inner.payload.attributes.clone(), small(IPN_A_PORT, 1)].concat();
    assert_eq!(Port::parse(&bytes).expect("a port").network, FILE);
}

proptest! {
    /// Whatever comes, it is understood or refused.
    #[test]
    fn no_bytes_do_harm(command: u8, bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Event::parse(command, &bytes);
        let _ = Port::parse(&bytes);
        let _ = messages::<GenlMessage<Message>>(&bytes);
    }

    /// Nor is anything cut in the midst.
    #[test]
    fn no_cut_does_harm(cut in 0_usize..60, more in proptest::collection::vec(any::<u8>(), 0..60)) {
        let mut bytes = file();
        bytes.truncate(cut);
        bytes.extend(more);
        let _ = Network::parse(&bytes);
    }
}
