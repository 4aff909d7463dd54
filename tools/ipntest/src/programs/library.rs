// SPDX-License-Identifier: GPL-2.0
//! The `ipn` crate, on the real thing.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, same};
use crate::lab::runner::cases;
use crate::lab::task::STRANGER;
use crate::programs::library_lab::*;
use ipn::{
    Batch, Builder, Content, Direction, Errno, Flags, Instruction, Manager, Name, Operation,
    Policy, Port, RecvFlags, SendFlags, Shutdown, SocketType,
};
use std::io::IoSlice;
use std::os::fd::OwnedFd;
use std::time::{Duration, SystemTime};

cases!["library":
    builder_shapes_the_network,
    options_are_read_back,
    messages_pass_both_ways,
    directions_are_kept,
    losses_and_times_are_told,
    batches_pass,
    batch_ends_with_the_network,
    empty_message_is_not_the_end,
    plain_loop_sees_all,
    members_are_told,
    manager_changes_and_ends_the_network,
    descriptor_keeps_its_network,
    waits_and_time_outs,
    filter_is_attached,
    failed_call_gives_back_what_it_would_have_consumed,
    existing_network_is_managed_and_none_is_made,
    file_that_was_found_is_managed_whatever_has_its_name,
    description_with_a_nul_is_refused_whole,
    errors_name_operation_and_path,
    rights_are_named,
    stale_name_is_replaced_if_it_is_one,
    table_has_the_network,
];

fn failed_call_gives_back_what_it_would_have_consumed() {
    let bus = Bus::new();
    let manager = ok("bind", Builder::new().ports(1).bind(&bus.path));
    let port = ok("connect", ok("bind", Manager::bind(&bus.path)).connect());
    let name = "none0".parse().expect("a name");
    let failed = manager.connect().expect_err("the network is full");
    same("errno", failed.error().errno(), Errno::ADDRNOTAVAIL);
    let failed = failed.into_inner().tap(name).expect_err("it is full");
    same("errno", failed.error().errno(), Errno::ADDRNOTAVAIL);
    let failed = failed.into_inner().grab(name).expect_err("it is full");
    let failed = failed.into_inner().serve(name).expect_err("there is none");
    let (error, manager) = failed.into_parts();
    same("errno", error.errno(), Errno::ADDRNOTAVAIL);
    // It is the one that was there first.
    holds("it is the creator", ok("creator", manager.is_creator()));
    drop(port);
    let port = ok("connect", manager.connect());
    holds("it is the creator", ok("creator", port.is_creator()));
}

/// Who wants a network that is there makes none in its place.
fn existing_network_is_managed_and_none_is_made() {
    let bus = Bus::new();
    let none = Manager::existing(&bus.path);
    fails("no network", none, Errno::NOENT);
    holds("nothing is made", !bus.path.exists());
    let creator = ok("bind", Manager::bind(&bus.path));
    let manager = ok("existing", Manager::existing(&bus.path));
    holds("it is no creator", !ok("creator", manager.is_creator()));
    drop((creator, manager));
    fails(
        "a stale name",
        Manager::existing(&bus.path),
        Errno::CONNREFUSED,
    );
    let file = bus.path.with_extension("file");
    std::fs::write(&file, "").expect("a file");
    fails("a file", Manager::existing(&file), Errno::CONNREFUSED);
}

fn description_with_a_nul_is_refused_whole() {
    let bus = Bus::new();
    let port = create(&bus, &Builder::new().description("whole"));
    let network = bus.path.clone();
    fails("cut", port.set_description("cut\0off"), Errno::INVAL);
    same("text", ok("text", port.description()), "whole".to_owned());
    let cut = Builder::new().description("cut\0off").connect(network);
    fails("cut", cut, Errno::INVAL);
}

fn builder_shapes_the_network() {
    let bus = Bus::new();
    let builder = Builder::new()
        .policy(Policy::HUB)
        .socket_type(SocketType::SeqPacket)
        .mtu(300)
        .ports(9)
        .pool(4)
        .lossless(true)
        .exclusive(true)
        .mode(0o750)
        .description("the builder's");
    let manager = ok("bind", builder.bind(&bus.path));
    let network = manager.network();
    same("path", network.path(), Some(bus.path.as_path()));
    same("policy", ok("policy", network.policy()), Policy::HUB);
    same("MTU", ok("mtu", network.mtu()), 300);
    same("ports", ok("ports", network.ports()), 9);
    same("pool", ok("pool", network.pool()), 4);
    same("mode", ok("mode", network.mode()), 0o750);
    let flags = Flags::LOSSLESS | Flags::EXCLUSIVE;
    same("flags", ok("flags", network.flags()), flags);
    let text = ok("description", manager.description());
    same("description", text.as_str(), "the builder's");
    let again = ok("clone", manager.try_clone());
    drop(manager);
    holds("it is of the family", ipn::is_ipn(&again));
    let second = Manager::bind(&bus.path);
    fails("a second manager", second, Errno::EXIST);
}

fn options_are_read_back() {
    let bus = Bus::new();
    let port = create(&bus, &Builder::new().port(7).flags(Flags::FLEXIBLE_MTU));
    same("number", ok("number", port.number()), 7);
    same(
        "flags",
        ok("flags", port.network().flags()),
        Flags::FLEXIBLE_MTU,
    );
    same("policy", ok("policy", port.network().policy()), Policy::ANY);
    ok("description", port.set_description("port seven"));
    let text = ok("description", port.description());
    same("description", text.as_str(), "port seven");
    let long = port.set_description(&"x".repeat(128));
    fails("a description of 128 bytes", long, Errno::INVAL);
    let wrong = port.network().policy_option(Policy::new(9), 1);
    fails("an option of another policy", wrong, Errno::NOPROTOOPT);
    let taken = Builder::new().port(7).connect(&bus.path);
    fails("port 7 again", taken, Errno::ADDRINUSE);
    let wrong = Builder::new().mtu(0).bind(Bus::named("other").path);
    let error = fails("an MTU of 0", wrong, Errno::INVAL);
    same(
        "operation",
        error.operation(),
        Operation::SetOption("the MTU"),
    );
}

fn messages_pass_both_ways() {
    let bus = Bus::new();
    let one = create(&bus, &Builder::new());
    let two = ok("connect", Port::connect(&bus.path));
    ok("send", one.send(b"there"));
    same("length of the next", ok("next_len", two.next_len()), 5);
    hears(&two, b"there");
    ok("send", two.send(b"and back"));
    let mut short = [0; 3];
    let peeked = ok("peek", one.recv_with(&mut short, RecvFlags::PEEK));
    same("content", peeked.content(&short), Content::Message(b"and"));
    same("length", (peeked.len(), peeked.full_len()), (3, 8));
    holds("it is cut short", peeked.is_truncated());
    hears(&one, b"and back");
    same("length of the next", ok("next_len", one.next_len()), 0);
}

fn directions_are_kept() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new().direction(Direction::Send));
    let reader = reader(&bus);
    fails("send of a reader", reader.send(b"x"), Errno::PIPE);
    fails("recv of a sender", sender.recv(&mut [0; 8]), Errno::PIPE);
    ok("send", sender.send(b"x"));
    hears(&reader, b"x");
    ok("shutdown", sender.shutdown(Shutdown::Write));
    let flags = SendFlags::NOSIGNAL;
    fails("send", sender.send_with(b"x", flags), Errno::PIPE);
}

fn losses_and_times_are_told() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new().pool(4));
    let reader = reader(&bus);
    ok("time stamps", reader.set_timestamps(true));
    let mut buffer = [0; 8];
    // The first read tells the network that somebody wants stamps.
    ok("send", sender.send(b"x"));
    ok("recv", reader.recv_with(&mut buffer, RecvFlags::empty()));
    let before = SystemTime::now() - Duration::from_secs(1);
    (0..10_u8).for_each(|n| ok("send", sender.send(&[n])));
    let received = ok("recv", reader.recv_with(&mut buffer, RecvFlags::empty()));
    same("message", received.content(&buffer), Content::Message(&[6]));
    same("lost", received.lost(), Some(6));
    same("lost, unasked", ok("lost", reader.lost()), 6);
    let time = received.time().expect("a time stamp");
    let after = SystemTime::now() + Duration::from_secs(1);
    holds("the time is now", before < time && time < after);
}

fn batches_pass() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new().lossless(true).pool(8));
    let reader = reader(&bus);
    let bytes: Vec<u8> = (0..12).collect();
    let slices: Vec<_> = bytes.chunks(1).map(IoSlice::new).collect();
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    let count = ok("send_batch", sender.send_batch(&slices, flags));
    same("messages that fit", count, 8);
    let full = sender.send_batch(&slices[8..], flags);
    fails("send_batch into a full network", full, Errno::AGAIN);

    let mut batch = Batch::new(5, 16);
    let mut got = Vec::new();
    for expected in [5, 3] {
        let count = reader.recv_batch(&mut batch, 9, Port::WAIT_FOR_ONE);
        same("messages received", ok("recv_batch", count), expected);
        for (content, received) in batch.iter() {
            let Content::Message(message) = content else {
                panic!("{content:?}, expected a message");
            };
            same("lost", received.lost(), None);
            got.extend_from_slice(message);
        }
    }
    same("messages", got, bytes[..8].to_vec());
}

fn batch_ends_with_the_network() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new());
    let reader = reader(&bus);
    ok("send", sender.send(b""));
    ok("send", sender.send(b"x"));
    ok("send", sender.send(b""));
    ok("terminate", sender.network().terminate());
    let mut batch = Batch::new(32, 16);
    let count = reader.recv_batch(&mut batch, 32, Port::WAIT_FOR_ONE);
    same("messages and the end", ok("recv_batch", count), 4);
    let got: Vec<_> = batch.iter().map(|(content, _)| content).collect();
    let messages = [b"" as &[u8], b"x", b""].map(Content::Message);
    same("content", &got[..3], &messages[..]);
    same("the end", got[3], Content::End);
}

fn empty_message_is_not_the_end() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new());
    let reader = reader(&bus);
    ok("send", sender.send(b""));
    hears(&reader, b"");
    ok("send", sender.send(b""));
    ok("terminate", sender.network().terminate());
    hears(&reader, b"");
    let mut buffer = [0; 8];
    same(
        "the end",
        ok("recv", reader.recv(&mut buffer)),
        Content::End,
    );
    fails("send", sender.send(b""), Errno::PIPE);
    let flags = ok("flags", reader.network().flags());
    holds("it is ended", flags.contains(Flags::TERMINATED));
}

/// As the crate's first example receives.
fn plain_loop_sees_all() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new());
    let plain = ok("connect", Port::connect(&bus.path));
    let sent = [&b"one"[..], b"", b"two", b""];
    sent.iter().for_each(|text| ok("send", sender.send(text)));
    ok("terminate", sender.network().terminate());
    let mut buffer = [0; 8];
    let mut got = Vec::new();
    while let Content::Message(text) = ok("recv", plain.recv(&mut buffer)) {
        got.push(text.to_vec());
    }
    same("messages", got, sent.map(<[u8]>::to_vec).to_vec());
}

fn members_are_told() {
    let bus = Bus::new();
    let watcher = watcher(&bus);
    let port = ok("connect", Port::connect(&bus.path));
    let reader = reader(&bus);
    same("when two came", last_count(&watcher), Some((2, 2)));
    ok("shutdown", port.shutdown(Shutdown::Read));
    drop(reader);
    same("when they went", last_count(&watcher), Some((0, 2)));
    ok("no more", watcher.set_watch_members(false));
    drop(port);
    same("unasked", last_count(&watcher), None);
}

fn manager_changes_and_ends_the_network() {
    let bus = Bus::new();
    let manager = ok("bind", Builder::new().ports(2).bind(&bus.path));
    let network = manager.network();
    ok("set_ports", network.set_ports(3));
    let ports = [(); 3].map(|()| ok("connect", Port::connect(&bus.path)));
    same("ports", ok("ports", network.ports()), 3);
    let full = Port::connect(&bus.path);
    fails("a fourth port", full, Errno::ADDRNOTAVAIL);
    fails("too few ports", network.set_ports(2), Errno::ADDRINUSE);
    let member = ports[0].network();
    fails("set_ports of a member", member.set_ports(9), Errno::ACCESS);
    fails("terminate of a member", member.terminate(), Errno::ACCESS);
    ok("terminate", network.terminate());
    let mut buffer = [0; 8];
    let end = ok("recv", ports[2].recv(&mut buffer));
    same("recv after the end", end, Content::End);
    let late = Port::connect(&bus.path);
    let error = fails("joining what has ended", late, Errno::CONNREFUSED);
    holds(&error, error.reason().contains("stale"));
}

fn descriptor_keeps_its_network() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new());
    let reader = reader(&bus);
    let fd = OwnedFd::from(ok("clone", reader.try_clone()));
    drop(reader);
    let reader = Port::from(fd);
    let path = reader.network().path();
    same("path", path, Some(bus.path.as_path()));
    ok("send", sender.send(b"x"));
    hears(&reader, b"x");
}

fn waits_and_time_outs() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new().lossless(true).pool(1));
    let reader = reader(&bus);
    let limit = Some(Duration::from_millis(20));
    ok("time-out", reader.set_recv_timeout(limit));
    ok("time-out", sender.set_send_timeout(limit));
    let told = [reader.recv_timeout(), sender.send_timeout()];
    for told in told {
        holds("time-out", ok("time-out", told) >= limit);
    }
    fails("recv", reader.recv(&mut [0; 8]), Errno::AGAIN);
    ok("send", sender.send(b"x"));
    fails("send", sender.send(b"y"), Errno::AGAIN);
    ok("nonblocking", sender.set_nonblocking(true));
    ok("time-out", sender.set_send_timeout(None));
    fails("send", sender.send(b"y"), Errno::AGAIN);
    hears(&reader, b"x");
    ok("send", sender.send(b"y"));
}

fn filter_is_attached() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new());
    let reader = reader(&bus);
    // ret #2: the first two bytes of any message.
    let two = Instruction {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: 2,
    };
    ok("attach", reader.attach_filter(&[two]));
    ok("send", sender.send(b"cut here"));
    hears(&reader, b"cu");
    ok("detach", reader.detach_filter());
    ok("send", sender.send(b"whole"));
    hears(&reader, b"whole");
}

fn errors_name_operation_and_path() {
    let bus = Bus::new();
    let error = fails("joining nothing", Port::connect(&bus.path), Errno::NOENT);
    same(
        "operation",
        error.operation(),
        Operation::Connect(Direction::Both),
    );
    same("path", error.path(), Some(bus.path.as_path()));
    let text = error.to_string();
    holds(&text, text.contains("there is no such network"));
    let port = create(&bus, &Builder::new().mtu(4));
    let error = fails("send", port.send(b"too long"), Errno::MSGSIZE);
    holds(
        &error,
        error.hint().is_some_and(|hint| hint.contains("MTU")),
    );
    let other = Builder::new().policy(Policy::SWITCH).connect(&bus.path);
    let error = match other {
        Err(error) => error,
        Ok(_) => panic!("joining a hub as a switch: success"),
    };
    let errnos = [Errno::PROTO, Errno::PROTONOSUPPORT];
    holds(&error, errnos.contains(&error.errno()));
}

fn file_that_was_found_is_managed_whatever_has_its_name() {
    let [bus, moved] = [Bus::new(), Bus::named("moved")];
    let _found = ok("bind", Builder::new().mtu(300).bind(&bus.path));
    let name = Name::find(&bus.path).expect("it is found");
    holds("it moves", std::fs::rename(&bus.path, &moved.path).is_ok());
    let _other = ok("bind", Builder::new().mtu(400).bind(&bus.path));
    let manager = ok("managing", Builder::new().manage(&name, &bus.path));
    same("MTU", ok("MTU", manager.network().mtu()), 300);
}

fn stale_name_is_replaced_if_it_is_one() {
    let builder = Builder::new().replace_stale(true);
    let bus = Bus::new();
    let first = ok("bind of nothing", builder.bind(&bus.path));
    let second = ok("bind of a live one", builder.bind(&bus.path));
    drop((first, second));
    fails("bind", Manager::bind(&bus.path), Errno::CONNREFUSED);
    drop(ok("bind of a stale name", builder.bind(&bus.path)));
    let unix = Bus::named("unix");
    let listener = std::os::unix::net::UnixListener::bind(&unix.path);
    let file = Bus::named("file");
    let written = std::fs::write(&file.path, "precious");
    let link = Bus::named("link");
    let linked = std::os::unix::fs::symlink(&bus.path, &link.path);
    holds(
        "files",
        listener.is_ok() && written.is_ok() && linked.is_ok(),
    );
    for other in [&unix, &file, &link] {
        fails("bind", builder.bind(&other.path), Errno::CONNREFUSED);
        holds("it is there", other.path.symlink_metadata().is_ok());
    }
}

fn rights_are_named() {
    let bus = Bus::new();
    let manager = ok("bind", Builder::new().mode(0o700).bind(&bus.path));
    STRANGER.does(|| {
        for (direction, bit) in [(Direction::Receive, "r"), (Direction::Send, "w")] {
            let refused = Builder::new().direction(direction).connect(&bus.path);
            let error = fails("joining", refused, Errno::ACCESS);
            let text = error.to_string();
            let words = [format!("the {bit} bit"), format!("chmod o+{bit} ")];
            holds(&text, words.iter().all(|word| text.contains(word)));
        }
        let refused = Manager::bind(&bus.path);
        let text = fails("managing", refused, Errno::ACCESS).to_string();
        holds(
            &text,
            text.contains("the x bit") && text.contains("rwx------"),
        );
    });
    drop(manager);
}

fn table_has_the_network() {
    let bus = Bus::named("a b");
    let port = create(&bus, &Builder::new().pool(16));
    let reader = reader(&bus);
    ok("send", port.send(b"x"));
    let entry = ipn::network(&bus.path).expect("the table is read");
    let entry = entry.expect("the network is listed");
    same("path", entry.path.as_path(), bus.path.as_path());
    same("policy", entry.policy.as_str(), "hub");
    same("pool", entry.pool, 16);
    same(
        "members",
        (entry.used, entry.readers, entry.writers),
        (2, 2, 1),
    );
    same("sent", entry.sent, 1);
    drop(port);
    drop(reader);
    let entry = ipn::network(&bus.path).expect("the table is read");
    holds("it is not listed any more", entry.is_none());
}
