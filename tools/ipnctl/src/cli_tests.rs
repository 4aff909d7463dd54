// SPDX-License-Identifier: GPL-2.0

//! What the command line takes.

use super::*;
use clap::CommandFactory;
use ipn::Policy;

fn parse(line: &str) -> Result<Command, String> {
    Cli::try_parse_from(line.split_whitespace())
        .map(|cli| cli.command)
        .map_err(|error| error.to_string())
}

#[test]
fn the_description_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn create_takes_a_shape() {
    let line =
        "ipn create /tmp/bus --lossless --mtu 9000 --ports 1000 --pool 16 --mode 720 --excl \
                --protocol hub";
    let Ok(Command::Create(Create { path, shape, .. })) = parse(line) else {
        panic!("{line}");
    };
    assert!(!shape.replace_stale);
    assert_eq!(path, PathBuf::from("/tmp/bus"));
    assert!(shape.lossless && shape.excl && shape.is_said());
    assert_eq!(
        (shape.mtu, shape.ports, shape.pool),
        (Some(9000), Some(1000), Some(16))
    );
    assert_eq!(
        (shape.mode, shape.protocol),
        (Some(0o720), Some(Policy::HUB))
    );
}

#[test]
fn create_makes_reliable_buses() {
    let line = "ipn create b --reliable --window 10s --bytes 1M --rate 10M --history --evict";
    let Ok(Command::Create(Create { shape, rate, .. })) = parse(line) else {
        panic!("{line}");
    };
    assert!(shape.reliable && shape.history && shape.evict && shape.is_said());
    assert_eq!(shape.window, Some(Duration::from_secs(10)));
    assert_eq!((shape.bytes, rate), (Some(1 << 20), Some(10 << 20)));
    for (line, word) in [
        ("ipn create b --window 1s", "--reliable"),
        ("ipn create b --rate 1M", "--reliable"),
        ("ipn create b --history", "--reliable"),
        ("ipn create b --reliable --lossless", "cannot be used with"),
        ("ipn create b --reliable --window 25h", "24h"),
        ("ipn create b --reliable --rate 0", "1..=2147483647"),
    ] {
        let error = parse(line).expect_err(line);
        assert!(error.contains(word), "{line}: {error}");
    }
}

#[test]
fn recv_begins_with_what_was_sent_before() {
    for (line, history) in [
        ("ipn recv b", None),
        ("ipn recv b --last 3", Some(History::Last(3))),
        (
            "ipn recv b --since 500ms",
            Some(History::Since(Duration::from_millis(500))),
        ),
        ("ipn recv b --all", Some(History::All)),
    ] {
        let Ok(Command::Recv(recv)) = parse(line) else {
            panic!("{line}");
        };
        assert_eq!(recv.history(), history, "{line}");
    }
    let error = parse("ipn recv b --last 3 --all").expect_err("both");
    assert!(error.contains("cannot be used with"), "{error}");
}

#[test]
fn nothing_said_is_left_to_the_module() {
    let Ok(Command::Create(Create { shape, .. })) = parse("ipn create bus") else {
        panic!("create");
    };
    assert!(!shape.is_said());
}

#[test]
fn each_option_counts_as_said() {
    for option in [
        "--lossless",
        "--mtu 1",
        "--ports 1",
        "--pool 1",
        "--bytes 16",
        "--mode 0",
        "--excl",
        "--reliable",
    ] {
        let Ok(Command::Create(Create { shape, .. })) = parse(&format!("ipn create b {option}"))
        else {
            panic!("{option}");
        };
        assert!(shape.is_said(), "{option}");
    }
}

#[test]
fn what_is_out_of_bounds_is_refused_with_the_bounds() {
    for (line, word) in [
        ("ipn create bus --mtu 0", "1..=16777216"),
        ("ipn create bus --mtu 16777217", "1..=16777216"),
        ("ipn create bus --pool 65537", "1..=65536"),
        ("ipn create bus --bytes 15", "16..=1073741824"),
        ("ipn create bus --pool 1 --bytes 16", "cannot be used with"),
        ("ipn create bus --ports 0", "1.."),
        ("ipn create bus --mode 1000", "octal"),
        ("ipn create bus --mode 8", "octal"),
        ("ipn create bus --protocol ring", "hub"),
        ("ipn create bus --mtu +1500", "1..=16777216"),
        ("ipn create bus --ports +8", "digits"),
        ("ipn create bus --mode +640", "octal"),
        ("ipn create bus --mode 0o640", "octal"),
        ("ipn create bus --protocol +2", "hub"),
        ("ipn send bus --wait +1", "digits"),
        ("ipn send bus --rate +1", "digits"),
        ("ipn recv bus --count +1", "digits"),
        ("ipn switch bus port show +1", "digits"),
        ("ipn recv bus --timeout +1", "seconds"),
        ("ipn recv bus --timeout 1e3", "seconds"),
        ("ipn recv bus --timeout 0", "seconds"),
        ("ipn recv bus --timeout inf", "seconds"),
        ("ipn recv bus --json", "--stats"),
        ("ipn recv", "PATH"),
        ("ipn tap bus a/b", "no slash"),
        ("ipn tap bus 1234567890123456", "15 bytes"),
        ("ipn grab bus", "DEV"),
        ("ipn cable bus", "URL"),
        ("ipn cable bus 192.0.2.2/7", "no URL"),
        ("ipn cable bus vxlan://192.0.2.2", "no VNI"),
        ("ipn", "Usage"),
    ] {
        let error = parse(line).expect_err(line);
        assert!(error.contains(word), "{line}: {error}");
    }
}

#[test]
fn recv_takes_fractions_of_seconds() {
    let Ok(Command::Recv(recv)) = parse("ipn recv bus --count 3 --timeout 0.25 --stats --json")
    else {
        panic!("recv");
    };
    assert_eq!(recv.timeout, Some(Duration::from_millis(250)));
    assert_eq!(recv.count, Some(3));
}

#[test]
fn send_takes_files_and_a_shape() {
    let Ok(Command::Send(send)) = parse("ipn send bus a - --size 100 --create --pool 4 --end")
    else {
        panic!("send");
    };
    assert_eq!(send.files, ["a", "-"].map(PathBuf::from));
    assert!(send.create && send.end && send.shape.is_said());
}

#[test]
fn senders_come_with_lines_that_the_kernel_delivers() {
    assert!(parse("ipn recv bus --from --count 3").is_ok());
    assert!(parse("ipn recv bus --from --raw").is_err());
    assert!(parse("ipn recv bus --from --mapped").is_err());
}

#[test]
fn show_takes_a_network_or_a_device_or_a_process() {
    for (line, is_right) in [
        ("ipn show bus --ports --json", true),
        ("ipn show --ports", true),
        ("ipn show --dev eth1", true),
        ("ipn show --pid 12 --json", true),
        ("ipn show bus --dev eth1", false),
        ("ipn show bus --pid 1", false),
        ("ipn show --dev eth1 --pid 1", false),
        ("ipn show --pid -1", false),
    ] {
        assert_eq!(parse(line).is_ok(), is_right, "{line}");
    }
}
