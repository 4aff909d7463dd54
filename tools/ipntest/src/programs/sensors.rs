// SPDX-License-Identifier: GPL-2.0
//! The samples in `samples/sensors`: producers and consumers in several languages, as a user runs
//! them. Those of a language that the guest lacks are left out: Python without `PYTHON=1`, Go
//! without `GO=1`.

use crate::abi::{IPN_SO_MSGPOOLSIZE, IPN_TERMINATE};
use crate::ktap::remark;
use crate::lab::bus::{open, Bus};
use crate::lab::check::{holds, ok, same};
use crate::lab::client::{name, program};
use crate::lab::runner::{cases, directory};
use crate::lab::task::{wait_until, User};
use crate::sys::process::kill;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

cases!["sensors":
    every_consumer_hears_every_producer @ 60,
    producers_create_the_network_and_replace_a_stale_name @ 60,
    consumers_tell_of_losses_and_of_what_is_no_value @ 60,
    failures_are_passed_on @ 60,
    signals_end_them @ 60,
];

const ROOT: User = User { id: 0, groups: &[] };

/// The languages that the guest has.
fn languages() -> Vec<&'static str> {
    let there = |language: &&str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let name = format!("sensor-consumer-{language}");
        std::env::split_paths(&path).any(|directory| directory.join(&name).exists())
    };
    ["c", "go", "py", "rs", "sh"]
        .into_iter()
        .filter(there)
        .collect()
}

/// A running sample, with what it prints in files. It is killed when this is dropped.
struct Sample {
    child: Child,
    name: String,
    place: PathBuf,
}

impl Sample {
    #[track_caller]
    fn start(command: Command, name: &str) -> Sample {
        let output = directory().join(name).with_extension("out");
        Sample::start_into(command, name, ok("a file", File::create(output)))
    }

    /// One whose output goes there.
    #[track_caller]
    fn start_into(mut command: Command, name: &str, output: File) -> Sample {
        let place = directory().join(name);
        let complaint = ok("a file", File::create(place.with_extension("err")));
        command.stdout(output).stderr(complaint);
        let child = command.spawn();
        Sample {
            child: ok(format_args!("starting {command:?}"), child),
            name: name.to_owned(),
            place,
        }
    }

    fn read(&self, end: &str) -> String {
        ok(
            "its output",
            fs::read_to_string(self.place.with_extension(end)),
        )
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    fn end(mut self) -> (ExitStatus, String) {
        let mut status = None;
        wait_until(&format!("{} ends", self.name), || {
            status = ok("waitpid", self.child.try_wait());
            status.is_some()
        });
        (status.expect("it has ended"), self.read("err"))
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A file that has a value, as /proc/loadavg has.
#[track_caller]
fn sensor(language: &str) -> PathBuf {
    let file = directory().join(format!("{language}.sensor"));
    ok("a file", fs::write(&file, "21.5 and more\n"));
    file
}

#[track_caller]
fn producer_of(language: &str, bus: &Bus, file: &Path) -> Command {
    let program_name = format!("sensor-producer-{language}");
    let file = file.to_str().expect("the path is text");
    program(&program_name, ROOT, &[name(bus), language, file, "C"])
}

#[track_caller]
fn producer(language: &str, bus: &Bus) -> Sample {
    let command = producer_of(language, bus, &sensor(language));
    Sample::start(command, &format!("producer-{language}"))
}

#[track_caller]
fn consumer_of(language: &str, bus: &Bus) -> Command {
    program(&format!("sensor-consumer-{language}"), ROOT, &[name(bus)])
}

#[track_caller]
fn consumer(language: &str, bus: &Bus) -> Sample {
    Sample::start(consumer_of(language, bus), &format!("consumer-{language}"))
}

/// Waits until a network has so many readers and writers.
#[track_caller]
fn await_members(bus: &Bus, readers: u32, writers: u32) {
    wait_until(&format!("{readers} readers, {writers} writers"), || {
        let entry = ipn::network(&bus.path).ok().flatten();
        entry.is_some_and(|entry| (entry.readers, entry.writers) == (readers, writers))
    });
}

/// It ends with this status, and says these words.
#[track_caller]
fn ends(sample: Sample, status: i32, words: &[&str]) {
    let name = sample.name.clone();
    let (ended, complaint) = sample.end();
    same(
        format_args!("status of {name}, complaint {complaint:?}"),
        ended.code(),
        Some(status),
    );
    for word in words {
        let has = complaint.contains(word);
        holds(format_args!("{name} says {word:?}: {complaint:?}"), has);
    }
}

/// One in each language ends with this status, and says these words.
#[track_caller]
fn all_end(command: impl Fn(&str) -> Command, status: i32, words: &[&str]) {
    let samples: Vec<_> = languages()
        .into_iter()
        .map(|language| Sample::start(command(language), language))
        .collect();
    for sample in samples {
        ends(sample, status, words);
    }
}

fn every_consumer_hears_every_producer() {
    let bus = Bus::new();
    let languages = languages();
    remark(format_args!("in {}", languages.join(", ")));
    let all: BTreeSet<String> = languages
        .iter()
        .map(|language| format!("{language}: 21.5 C"))
        .collect();
    let (first, others) = languages.split_first().expect("there are some");
    let mut producers = vec![producer(first, &bus)];
    wait_until("the first has created it", || bus.path.exists());
    producers.extend(others.iter().map(|language| producer(language, &bus)));
    let consumers: Vec<_> = languages
        .iter()
        .map(|language| consumer(language, &bus))
        .collect();
    for consumer in &consumers {
        wait_until(&format!("{} hears all", consumer.name), || {
            let heard = consumer.read("out");
            let heard: BTreeSet<_> = heard.split_inclusive('\n').map(str::trim_end).collect();
            all.iter().all(|value| heard.contains(&value[..]))
        });
    }
    ok("IPN_TERMINATE", bus.manage().ioctl(IPN_TERMINATE));
    for consumer in consumers {
        let heard = consumer.read("out");
        holds(
            format_args!("nothing else: {heard:?}"),
            heard.lines().all(|line| all.contains(line)),
        );
        ends(consumer, 0, &[]);
    }
    // One that cannot send any more has failed.
    for producer in producers {
        ends(producer, 1, &[name(&bus)]);
    }
}

fn producers_create_the_network_and_replace_a_stale_name() {
    for language in languages() {
        let bus = Bus::named(language);
        drop(bus.create());
        wait_until("the network has ended", || {
            open().connect(&bus.addr).is_err()
        });
        let _producer = producer(language, &bus);
        wait_until(&format!("one in {language} has created it anew"), || {
            open().connect(&bus.addr).is_ok()
        });
        let mode = ok("stat", fs::metadata(&bus.path)).mode() & 0o777;
        same("mode", mode, 0o744);
    }
}

fn consumers_tell_of_losses_and_of_what_is_no_value() {
    for language in languages() {
        let bus = Bus::named(language);
        let sender = bus.create_with(&[(IPN_SO_MSGPOOLSIZE, 4)]);
        ok("shutdown", sender.shutdown(libc::SHUT_RD));
        let consumer = consumer(language, &bus);
        await_members(&bus, 1, 1);
        let send = |message: &str| {
            ok("send", sender.send(message.as_bytes(), 0));
        };
        wait_until(&format!("{} tells of losses", consumer.name), || {
            (0..100).for_each(|_| send("a 1 C"));
            consumer.read("err").contains("lost")
        });
        for wrong in ["", "of a value nothing", "b 2", "b 2 C C"] {
            // Once: a program in the shell takes its time for each.
            send(wrong);
            wait_until(&format!("{} refuses {wrong:?}", consumer.name), || {
                let told = consumer.read("err");
                let refused = told.lines().filter(|line| line.contains("not a value"));
                refused.last().is_some_and(|line| line.contains(wrong))
            });
        }
        // What a terminal would obey is no value, and does not get there.
        let refused = || consumer.read("err").matches("not a value").count();
        for wrong in [
            "\x1b]0;x\x07 2 C",
            "b \x1b[31m2 C",
            "b 2 \u{9b}31m",
            "b inf C",
            "b 0x2 C",
        ] {
            let before = refused();
            send(wrong);
            wait_until(&format!("{} refuses {wrong:?}", consumer.name), || {
                refused() > before
            });
        }
        for end in ["out", "err"] {
            let is_clean = !consumer.read(end).contains(['\x1b', '\x07', '\u{9b}']);
            holds(
                format_args!("{} prints no control", consumer.name),
                is_clean,
            );
        }
        send("c -3.5 C");
        wait_until(&format!("{} goes on", consumer.name), || {
            consumer.read("out").contains("c: -3.5 C\n")
        });
        ok("IPN_TERMINATE", sender.ioctl(IPN_TERMINATE));
        ends(consumer, 0, &[]);
    }
}

fn failures_are_passed_on() {
    let nowhere = Bus::named("nowhere");
    all_end(|language| consumer_of(language, &nowhere), 1, &["nowhere"]);
    let long = Bus {
        path: directory().join("x".repeat(200)),
        ..nowhere
    };
    let value = sensor("long");
    all_end(|language| consumer_of(language, &long), 1, &[]);
    all_end(|language| producer_of(language, &long, &value), 1, &[]);

    let precious = Bus::named("precious");
    ok("a file", fs::write(&precious.path, "precious"));
    let words = [name(&precious)];
    all_end(
        |language| producer_of(language, &precious, &value),
        1,
        &words,
    );
    let text = ok("the file is left alone", fs::read(&precious.path));
    same("the file", text, b"precious".to_vec());

    let bus = Bus::new();
    let sender = bus.create();
    let missing = directory().join("missing");
    all_end(
        |language| producer_of(language, &bus, &missing),
        1,
        &["missing"],
    );
    let empty = directory().join("empty");
    ok("a file", fs::write(&empty, ""));
    all_end(
        |language| producer_of(language, &bus, &empty),
        1,
        &["empty"],
    );
    for kind in ["producer", "consumer"] {
        let no_arguments =
            |language: &str| program(&format!("sensor-{kind}-{language}"), ROOT, &[]);
        all_end(no_arguments, 2, &["usage"]);
    }

    for language in languages() {
        let full = ok("/dev/full", File::options().write(true).open("/dev/full"));
        let consumer = Sample::start_into(consumer_of(language, &bus), language, full);
        await_members(&bus, 2, 1);
        ok("send", sender.send(b"a 1 C", 0));
        ends(consumer, 1, &["pace left on device"]);
        await_members(&bus, 1, 1);
    }
}

fn signals_end_them() {
    let bus = Bus::new();
    let _network = bus.manage_new(&[]);
    for language in languages() {
        for signal in [libc::SIGINT, libc::SIGTERM] {
            for (start, readers, writers) in [
                (consumer as fn(&str, &Bus) -> Sample, 1, 0),
                (producer, 0, 1),
            ] {
                let sample = start(language, &bus);
                await_members(&bus, readers, writers);
                ok("kill", kill(sample.child.id() as i32, signal));
                let name = sample.name.clone();
                let (status, complaint) = sample.end();
                let ended = status.signal() == Some(signal) || status.code() == Some(128 + signal);
                holds(format_args!("{name}, signal {signal}: {status}"), ended);
                same("what it says", &complaint[..], "");
                // Nothing of it goes on.
                await_members(&bus, 0, 0);
            }
        }
    }
}
