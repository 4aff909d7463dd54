// SPDX-License-Identifier: GPL-2.0
//! Ports of the `ipn` crate whose calls move several messages.

use crate::lab::bus::Bus;
use crate::lab::check::{holds, same};
use crate::lab::runner::cases;
use crate::programs::library_lab::*;
use ipn::{
    AsyncPort, Builder, Errno, Oob, Record, RecordBatch, RecordContent, RecordPort, Records,
    RecvFlags, SendFlags,
};

cases!["library_records":
    messages_pass_together,
    first_message_is_cut_where_it_does_not_fit,
    batch_keeps_what_was_not_sent,
    losses_times_and_members_are_told,
    port_is_an_ordinary_one_again,
    tasks_wait_for_each_other,
];

/// The records that a call received.
#[track_caller]
fn records(content: RecordContent<'_>) -> Records<'_> {
    match content {
        RecordContent::Records(records) => records,
        other => panic!("{other:?}, expected records"),
    }
}

/// The messages of the records that a call received.
#[track_caller]
fn messages(content: RecordContent<'_>) -> Vec<Vec<u8>> {
    records(content)
        .map(|record| record.message.to_vec())
        .collect()
}

fn reading(bus: &Bus) -> RecordPort {
    ok("records", reader(bus).into_records())
}

fn messages_pass_together() {
    let bus = Bus::new();
    let sender = ok("records", create(&bus, &Builder::new()).into_records());
    let number = ok("number", sender.port().number());
    let reader = reading(&bus);
    let sent = [&b""[..], b"x", b"seven b", &[7; 1514]];
    let mut batch: RecordBatch = sent.iter().collect();
    ok("send", sender.send(&mut batch));
    holds("the batch is empty", batch.is_empty());
    let mut buffer = vec![0; 8 * Record::room(1514)];
    let content = ok("recv", reader.recv(&mut buffer));
    for ((record, message), at) in records(content).zip(sent).zip(0..) {
        same("message", record.message, message);
        same("length", record.full_len, message.len());
        same("sender", record.from, number);
        same("number", record.number, at);
        same("time that nobody asked for", record.time, None);
    }
    ok("terminate", sender.port().network().terminate());
    let end = ok("recv", reader.recv(&mut buffer));
    holds("it is the end", matches!(end, RecordContent::End));
}

fn first_message_is_cut_where_it_does_not_fit() {
    let bus = Bus::new();
    let sender = ok("records", create(&bus, &Builder::new()).into_records());
    let reader = reading(&bus);
    ok(
        "send",
        sender.send(&mut [&[1; 100][..], &[2; 10]].iter().collect()),
    );
    let mut buffer = [0; 64];
    let received = ok("recv", reader.recv_with(&mut buffer, RecvFlags::empty()));
    holds("it is truncated", received.is_truncated());
    let cut: Vec<_> = records(received.records(&buffer)).collect();
    same("records", cut.len(), 1);
    same("bytes of it", cut[0].message, &[1; 40][..]);
    holds(
        "it says that it is cut",
        cut[0].is_truncated() && cut[0].full_len == 100,
    );
    same(
        "the next",
        messages(ok("recv", reader.recv(&mut buffer))),
        vec![vec![2; 10]],
    );
}

fn batch_keeps_what_was_not_sent() {
    let bus = Bus::new();
    let builder = Builder::new().lossless(true).pool(4).mtu(16);
    let sender = ok("records", create(&bus, &builder).into_records());
    let reader = reading(&bus);
    let mut batch: RecordBatch = (0..6_u8).map(|byte| [byte]).collect();
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    let full = sender.send_with(&mut batch, flags);
    fails("send into a full network", full, Errno::AGAIN);
    same(
        "what is left",
        batch.iter().collect::<Vec<_>>(),
        vec![&[4], &[5]],
    );
    let mut buffer = [0; 1024];
    same(
        "read",
        messages(ok("recv", reader.recv(&mut buffer))).len(),
        4,
    );
    ok("send the rest", sender.send_with(&mut batch, flags));
    // One that cannot be sent stands in the way until it is taken out.
    batch.extend([&[6; 1][..], &[7; 17], &[8; 1]]);
    fails(
        "a message over the MTU",
        sender.send(&mut batch),
        Errno::MSGSIZE,
    );
    same("what is left", batch.len(), 2);
    batch.remove_first();
    ok("send the rest", sender.send(&mut batch));
    let read = messages(ok("recv", reader.recv(&mut buffer)));
    same("read", read, vec![vec![4], vec![5], vec![6], vec![8]]);
}

fn losses_times_and_members_are_told() {
    let bus = Bus::new();
    let sender = ok(
        "records",
        create(&bus, &Builder::new().pool(4)).into_records(),
    );
    let reader = reading(&bus);
    ok("timestamps", reader.port().set_timestamps(true));
    ok(
        "send",
        sender.send(&mut (0..10_u8).map(|byte| [byte]).collect()),
    );
    ok("members", reader.port().set_out_of_band(true));
    ok("members", reader.port().set_watch_members(true));
    drop(sender);
    let mut buffer = [0; 1024];
    let told = ok("recv", reader.recv(&mut buffer));
    holds(
        "members come first, alone",
        matches!(
            told,
            RecordContent::OutOfBand(Oob::Members {
                readers: 1,
                writers: 0
            })
        ),
    );
    let received = ok("recv", reader.recv_with(&mut buffer, RecvFlags::empty()));
    same("lost", received.lost(), Some(6));
    let kept: Vec<_> = records(received.records(&buffer)).collect();
    let numbers: Vec<_> = kept.iter().map(|record| record.number).collect();
    same("numbers", numbers, vec![6, 7, 8, 9]);
    holds(
        "each has a time",
        kept.iter().all(|record| record.time.is_some()),
    );
}

fn port_is_an_ordinary_one_again() {
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new());
    let reader = reading(&bus);
    ok("send", sender.send(b"first"));
    ok("send", sender.send(b"second"));
    let reader = ok("into_port", reader.into_port());
    hears(&reader, b"first");
    hears(&reader, b"second");
}

fn tasks_wait_for_each_other() {
    const COUNT: u32 = 500;
    let bus = Bus::new();
    let sender = create(&bus, &Builder::new().lossless(true).pool(8).mtu(4));
    let reader = reader(&bus);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build();
    runtime.expect("a runtime").block_on(async {
        let sender = ok(
            "records",
            ok("async", AsyncPort::new(sender)).into_records(),
        );
        let reader = ok(
            "records",
            ok("async", AsyncPort::new(reader)).into_records(),
        );
        let send = async {
            let mut batch = (0..COUNT).map(u32::to_ne_bytes).collect();
            ok("send", sender.send(&mut batch).await);
        };
        let receive = async {
            let (mut buffer, mut got) = ([0; 256], Vec::new());
            while got.len() < COUNT as usize {
                got.extend(messages(ok("recv", reader.recv(&mut buffer).await)));
            }
            got
        };
        let (got, ()) = tokio::join!(receive, send);
        same(
            "messages",
            got,
            (0..COUNT).map(|n| n.to_ne_bytes().to_vec()).collect(),
        );
    });
}
