// SPDX-License-Identifier: GPL-2.0
//! Policies in modules of their own: the switch's, and the sample of a third party.
//!
//! These tests unload both and leave them unloaded, so they come after all others about switches.

use crate::abi::*;
use crate::lab::bus::*;
use crate::lab::check::{fails, fails_with, holds, ok, same};
use crate::lab::client::{complains, name, program};
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, ROOT};
use crate::pace::volume;
use crate::switch::lab::{option::*, *};
use crate::sys::module;
use crate::sys::option::ask;
use crate::sys::socket::socket;
use std::ffi::CStr;

cases!["switch_module":
    protocol_is_there_while_the_module_is,
    nobody_loads_it_by_asking_for_a_socket,
    unloading_is_refused_while_a_network_exists @ 60,
    a_name_that_was_a_switch_can_be_taken_again,
    the_family_stays_while_its_policies_do,
    parameters_bound_the_addresses @ 60,
    loads_and_unloads_thirty_times @ 180,
    sample_delivers_by_channel,
    sample_and_switch_live_side_by_side,
];

const SAMPLE: &str = "/lib/modules/midi_channel.ko";
const MIDI: i32 = 40;

/// Unloads a module if it is loaded; sockets just closed may take a moment to let go of it.
#[track_caller]
fn unload(name: &CStr) {
    let text = name.to_str().expect("an ASCII name");
    if is_loaded(text) {
        wait_until("the module unloads", || module::unload(name).is_ok());
    }
    holds("the module is gone", !is_loaded(text));
}

/// Begins without the policies' modules.
#[track_caller]
fn clean() {
    unload(c"kvde_switch");
    unload(c"midi_channel");
}

fn open_switch() -> std::io::Result<()> {
    socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH).map(drop)
}

fn protocol_is_there_while_the_module_is() {
    clean();
    fails("before loading", open_switch(), libc::EPROTONOSUPPORT);
    load(FILE, c"");
    ok("after loading", open_switch());
    let early = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_VDESWITCH));
    unload(c"kvde_switch");
    fails("after unloading", open_switch(), libc::EPROTONOSUPPORT);
    let bus = Bus::new();
    fails(
        "bind of a socket from before",
        early.bind(&bus.addr),
        libc::EPROTONOSUPPORT,
    );
    holds("no file was made", !bus.path.exists());
    load(FILE, c"");
    ok("bind after loading again", early.bind(&bus.addr));
    drop(early);
    clean();
}

fn nobody_loads_it_by_asking_for_a_socket() {
    clean();
    fails("root's socket", open_switch(), libc::EPROTONOSUPPORT);
    let bus = Bus::new();
    let create = ["create", name(&bus), "--protocol", "switch"];
    let words = ["kvde_switch module", "not loaded", "modprobe kvde_switch"];
    complains(program("ipn", ROOT, &create), &words);
    holds("no file was made", !bus.path.exists());
    holds("no module was loaded", !is_loaded("kvde_switch"));
    let file = ok(FILE, std::fs::read(FILE));
    let has = |text: &[u8]| file.windows(text.len()).any(|window| window == text);
    holds("it depends on the family", has(b"depends=af_ipn"));
    holds("it has no alias", !has(b"alias="));
}

fn unloading_is_refused_while_a_network_exists() {
    clean();
    let lab = Lab::with(&[]);
    let busy = [libc::EAGAIN, libc::EBUSY];
    let refused = |what: &str| fails_with(what, module::unload(c"kvde_switch"), &busy);
    refused("unloading with a manager");
    let [one, two] = lab.ports();
    refused("unloading with ports");
    drop(lab);
    refused("unloading without the manager");
    say(&one, &frame(BROADCAST, mac(1), "still well"));
    hear(&two, &frame(BROADCAST, mac(1), "still well"));
    ok("close", one.close());
    refused("unloading with the last port");
    ok("close", two.close());
    clean();
}

fn a_name_that_was_a_switch_can_be_taken_again() {
    clean();
    let lab = Lab::with(&[]);
    let hub = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_BROADCAST));
    let refused = hub.connect(&lab.bus.addr);
    fails("a hub's socket joins the switch", refused, libc::EPROTO);
    let refused = hub.bind(&lab.bus.addr);
    fails("a hub's socket manages the switch", refused, libc::EPROTO);
    let any = ok("socket", socket(AF_IPN, libc::SOCK_RAW, IPN_ANY));
    ok("any socket joins the switch", any.connect(&lab.bus.addr));
    let path = lab.bus.path.clone();
    drop((lab, any));
    ok("unlink", std::fs::remove_file(path));
    ok("a hub of that name", hub.bind(&Bus::new().addr));
    clean();
}

fn the_family_stays_while_its_policies_do() {
    clean();
    load(FILE, c"");
    let busy = [libc::EAGAIN, libc::EBUSY];
    fails_with("unloading the family", module::unload(c"af_ipn"), &busy);
    clean();
}

fn parameters_bound_the_addresses() {
    clean();
    load(FILE, c"max_addresses=5 max_port_addresses=3");
    let lab = Lab::with(&[]);
    same("limits", lab.get(LIMITS, &[], 8), words(&[5, 3]));
    let [one, two] = lab.ports();
    for n in 10..20 {
        say(&one, &frame(BROADCAST, mac(n), "learn me"));
        say(&two, &frame(BROADCAST, mac(n + 10), "learn me"));
    }
    let stats = lab.stats();
    same(
        "addresses learned",
        (stats.addresses(), stats.capacity()),
        (5, 5),
    );
    drop((one, two, lab));
    unload(c"kvde_switch");
    load(FILE, c"max_addresses=0");
    let lab = Lab::named("small", IPN_VDESWITCH, &[]);
    let [one, two] = lab.ports();
    say(&one, &frame(BROADCAST, mac(1), "to all"));
    hear(&two, &frame(BROADCAST, mac(1), "to all"));
    same("addresses learned", lab.known(), 0);
    let full = lab.try_set(FDB_ADD, &address(mac(1), 0, 1));
    fails("a static address", full, libc::ENOSPC);
    drop((one, two, lab));
    clean();
}

fn loads_and_unloads_thirty_times() {
    clean();
    for round in 0..volume(30, "times") {
        load(FILE, c"");
        let lab = Lab::named(&round.to_string(), IPN_VDESWITCH, &[]);
        let [one, two] = lab.ports();
        say(&one, &frame(BROADCAST, mac(1), "hello"));
        hear(&two, &frame(BROADCAST, mac(1), "hello"));
        drop((lab, one, two));
        unload(c"kvde_switch");
    }
}

fn sample_delivers_by_channel() {
    clean();
    load(SAMPLE, c"");
    let lab = Lab::named("midi", MIDI, &[(IPN_SO_NUMNODES, 17)]);
    let piano = lab.port(0);
    let drums = lab.port(9);
    let keyboard = lab.port(16);
    say(&keyboard, &[0x90, 60, 100]);
    hear(&piano, &[0x90, 60, 100]);
    hear_nothing(&drums);
    say(&keyboard, &[0xb9, 7, 90]);
    hear(&drums, &[0xb9, 7, 90]);
    hear_nothing(&piano);
    say(&keyboard, &[0xf8]);
    hear(&piano, &[0xf8]);
    hear(&drums, &[0xf8]);
    hear_nothing(&keyboard);
    say(&keyboard, &[0x95, 60, 100]);
    say(&keyboard, &[]);
    for port in [&piano, &drums, &keyboard] {
        hear_nothing(port);
    }
    let refused = lab.manager.setsockopt(MIDI, 1, &[0; 4]);
    fails("an option it does not have", refused, libc::ENOPROTOOPT);
    let refused = ask(&lab.manager, MIDI, 1, vec![0; 4]);
    fails("an option it does not have", refused, libc::ENOPROTOOPT);
    ok("close", drums.close());
    say(&keyboard, &[0x99, 35, 100]);
    let busy = [libc::EAGAIN, libc::EBUSY];
    fails_with("unloading", module::unload(c"midi_channel"), &busy);
    drop((lab, piano, keyboard));
    clean();
}

fn sample_and_switch_live_side_by_side() {
    clean();
    load(SAMPLE, c"");
    let switch = Lab::with(&[]);
    let midi = Lab::named("midi", MIDI, &[]);
    let [one, two] = switch.ports();
    let [piano, keyboard] = midi.ports();
    say(&one, &frame(BROADCAST, mac(1), "Ethernet"));
    say(&keyboard, &[0x80, 60, 0]);
    hear(&two, &frame(BROADCAST, mac(1), "Ethernet"));
    hear(&piano, &[0x80, 60, 0]);
    let crossed = midi.manager.setsockopt(IPN_VDESWITCH, AGEING, &[0; 8]);
    fails("an option of the other policy", crossed, libc::ENOPROTOOPT);
    drop((switch, midi, one, two, piano, keyboard));
    clean();
}
