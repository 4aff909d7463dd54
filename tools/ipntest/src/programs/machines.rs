// SPDX-License-Identifier: GPL-2.0
//! Virtual machines on a network: QEMU's `-netdev vde`, in a guest that has QEMU (`NESTED=1`).

use crate::abi::*;
use crate::device::lab::{link_up, own_network};
use crate::lab::bus::*;
use crate::lab::check::{holds, ok};
use crate::lab::client::*;
use crate::lab::host::*;
use crate::lab::machine::*;
use crate::lab::runner::cases;
use crate::lab::task::{wait_until, wait_within, COMRADE, OWNER, ROOT, STRANGER};
use crate::switch::lab::load_switch;
use crate::sys::call;
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

cases!["machines":
    reach_each_other_the_host_and_the_world @ 280,
    qemu_says_what_is_wrong_with_a_url_and_ends @ 120,
    qemu_rests_when_its_network_has_ended @ 180,
];

/// What a machine does that has booted from slirp: two pages come to it.
const SCRIPT: &str = "#!ipxe
echo booted as ${net0/ip}
imgfetch --name world http://10.0.2.2/page
imgfetch --name host http://10.0.2.100/page
imgstat
";
/// How long the page is.
const LONG: usize = 100_000;

/// The machine finds its address and what to boot at slirp, and the page there and at the tap: its
/// address.
#[track_caller]
fn boots_from_the_network(machine: &mut Machine) -> String {
    let said = machine.runs_until("autoboot", "booted as ");
    for page in ["world", "host"] {
        let expected = format!("{page} : {LONG} bytes");
        assert!(said.contains(&expected), "{said:?} without {expected:?}");
    }
    let address = said
        .lines()
        .find_map(|line| line.strip_prefix("booted as "));
    address.expect("an address").to_owned()
}

fn reach_each_other_the_host_and_the_world() {
    own_network();
    load_switch();
    let bus = Bus::new();
    // Who comes first creates the network, and the other is somebody else's.
    let mut one = Machine::start(OWNER, &bus, "[create/policy=switch]", 1);
    let begin = Instant::now();
    while !bus.path.exists() && begin.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
    }
    // A manager needs the x bit, root too.
    open_to(&bus, 0o766);
    let mut two = Machine::start(STRANGER, &bus, "[policy=switch]", 2);
    let _tap = start(program("ipn", ROOT, &["tap", name(&bus), "lan"]));
    ip("address add 10.0.2.100/24 dev lan");
    link_up("lan");
    write("boot.ipxe", SCRIPT.as_bytes(), 0o644);
    write("page", &[b'x'; LONG], 0o644);
    let _pages = serve_pages("0.0.0.0:80");
    let slirp = "slirp:///tftp_path=./bootfile=boot.ipxe";
    let _slirp = Running::start(program("vde_plug", COMRADE, &[&url(&bus, ""), slirp]));

    one.boots();
    two.boots();
    let [first, second] = [&mut one, &mut two].map(boots_from_the_network);
    one.pings(&second);
    two.pings(&first);
    for address in [&first, &second] {
        wait_until(&format!("the host reaches {address}"), || {
            let ping = program("ping", ROOT, &["-c", "1", "-W", "2", address]).output();
            ok("running ping", ping).status.success()
        });
    }
    let table = succeeds(
        program("ipn", ROOT, &["switch", name(&bus), "fdb", "show"]),
        b"",
    );
    let table = String::from_utf8_lossy(&table);
    for address in ["02:00:00:00:00:01", "02:00:00:00:00:02"] {
        assert!(table.contains(address), "{address} is not in {table}");
    }
}

fn qemu_says_what_is_wrong_with_a_url_and_ends() {
    let bus = Bus::named("none");
    complains(
        qemu(OWNER, &bus, "", &[]),
        &["no such network", "Could not open vde: No such file"],
    );
    let bus = Bus::new();
    let _manager = bus.manage_new(&[]);
    open_to(&bus, 0o600);
    for (options, words) in [
        ("[colour=red]", ["-netdev", "Invalid argument"]),
        ("", ["chmod", "Permission denied"]),
    ] {
        complains(qemu(STRANGER, &bus, options, &[]), &words);
    }
}

fn qemu_rests_when_its_network_has_ended() {
    let bus = Bus::new();
    let manager = bus.manage_new(&[(IPN_SO_NUMNODES, 1)]);
    // A machine that is stopped gives QEMU nothing to do.
    let card = "virtio-net-pci,netdev=net";
    let mut command = qemu(ROOT, &bus, "", &["-S", "-device", card]);
    command.stdout(Stdio::null());
    let mut program = Running::start(command);
    let start = Instant::now();
    while open().connect(&bus.addr).is_ok() && start.elapsed() < PATIENCE {
        thread::sleep(Duration::from_millis(20));
    }
    ok("IPN_TERMINATE", manager.ioctl(IPN_TERMINATE));
    let call = format!("/proc/{}/syscall", program.id());
    let mut asleep = 0;
    wait_within(PATIENCE, "QEMU sleeps, and goes on sleeping", || {
        let number = ok(&call, fs::read_to_string(&call));
        let sleeps = number.starts_with(&format!("{} ", call::PPOLL));
        asleep = if sleeps { asleep + 1 } else { 0 };
        asleep == 50
    });
    holds("it has not ended", program.is_alive());
}
