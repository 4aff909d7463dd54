// SPDX-License-Identifier: GPL-2.0

//! The figures that AF_IPN is to reach, each as a ratio of two that were measured.

use crate::clock::Clock;
use crate::fairness;
use crate::media::kinds::MEDIA;
use crate::media::{Group, Role};
use crate::peers::tables::cheapest;
use crate::record::Measure;
use crate::results::Results;
use crate::table::Table;
use serde::Serialize;

/// Whether a ratio may be at most so much, or must be at least.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}
use Bound::{AtLeast, AtMost};

impl Bound {
    fn holds(self, ratio: f64) -> bool {
        match self {
            AtMost(bound) => ratio <= bound,
            AtLeast(bound) => ratio >= bound,
        }
    }

    fn text(self) -> String {
        match self {
            AtMost(bound) => format!("at most {bound:.2}"),
            AtLeast(bound) => format!("at least {bound:.2}"),
        }
    }
}

/// What became of a target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    figure: String,
    beside: String,
    bound: Bound,
    /// None: one of the two was not measured.
    ratio: Option<f64>,
    reached: Option<bool>,
}

/// Looks figures up.
struct Figures<'a>(&'a Results);

impl Figures<'_> {
    fn of(
        &self,
        measure: Measure,
        medium: &str,
        bytes: usize,
        receivers: usize,
        count: usize,
    ) -> Option<f64> {
        let clock = match measure {
            Measure::Senders
            | Measure::TogetherToApart
            | Measure::SenderShare
            | Measure::ReaderShare
            | Measure::SenderSwitches
            | Measure::ReaderSwitches => Clock::Wall,
            _ => Clock::Counted,
        };
        let records = self.0.of(clock, measure);
        let found = records.iter().find(|record| {
            record.medium == medium
                && (record.bytes, record.receivers, record.count) == (bytes, receivers, count)
        });
        found.map(|record| record.value)
    }

    fn message(&self, medium: &str, bytes: usize, receivers: usize) -> Option<f64> {
        self.of(Measure::Message, medium, bytes, receivers, 0)
    }

    /// The cheapest of what a user could take instead, and its name.
    fn cheapest(&self, bytes: usize, receivers: usize) -> Option<(String, f64)> {
        let peers = MEDIA
            .iter()
            .filter(|kind| kind.group == Group::Bus && kind.role == Role::Peer);
        peers
            .filter_map(|kind| {
                let value = self.message(kind.name, bytes, receivers)?;
                Some((format!("{}, the cheapest peer", kind.name), value))
            })
            .min_by(|one, other| one.1.total_cmp(&other.1))
    }
}

/// What became of all targets.
pub fn verdicts(results: &Results) -> Vec<Verdict> {
    let figures = Figures(results);
    let mut verdicts = Vec::new();
    let mut add = |figure: &str, beside: &str, ours: Option<f64>, other: Option<f64>, bound| {
        let ratio = ours.zip(other).map(|(ours, other)| ours / other);
        verdicts.push(Verdict {
            figure: figure.into(),
            beside: beside.into(),
            bound,
            ratio,
            reached: ratio.map(|ratio| Bound::holds(bound, ratio)),
        });
    };
    let one = figures.message("hub", 12, 1);
    for (peer, bound) in [
        ("AF_UNIX x N", 0.45),
        ("pipe x N", 0.66),
        ("UDP multicast", 0.22),
    ] {
        let other = figures.message(peer, 12, 1);
        add("hub, 1 receiver", peer, one, other, AtMost(bound));
    }
    for (figure, medium, bytes, receivers, bound) in [
        ("hub, 8 receivers", "hub", 12, 8, 0.42),
        ("hub, 64 receivers", "hub", 12, 64, 0.42),
        ("hub, 1514 bytes, 8 receivers", "hub", 1514, 8, 0.45),
        (
            "mapped receive, 8 receivers, send included",
            "hub mapped",
            12,
            8,
            0.08,
        ),
    ] {
        let (peer, other) = figures.cheapest(bytes, receivers).unzip();
        let peer = peer.unwrap_or_else(|| "the cheapest peer".into());
        add(
            figure,
            &peer,
            figures.message(medium, bytes, receivers),
            other,
            AtMost(bound),
        );
    }
    for bytes in [12, 64] {
        add(
            &format!("one producer and 8 consumers, all mapped, {bytes} bytes"),
            "shared memory",
            figures.message("hub of one writer", bytes, 8),
            figures.message("shared memory", bytes, 8),
            AtMost(1.3),
        );
    }
    let send = |receivers| figures.of(Measure::Send, "hub", 12, receivers, 0);
    add(
        "send alone, 64 receivers",
        "1 receiver",
        send(64),
        send(1),
        AtMost(1.25),
    );
    let receive = |medium| figures.of(Measure::Receive, medium, 12, 8, 0);
    add(
        "recvmmsg by 32, a message",
        "recv",
        receive("hub by 32"),
        receive("hub"),
        AtMost(0.5),
    );
    let send = |medium| figures.of(Measure::Send, medium, 12, 8, 0);
    for (figure, beside, ours, other, bound) in [
        (
            "a record received, of 32",
            "recv",
            receive("hub in records"),
            receive("hub"),
            0.13,
        ),
        (
            "a record sent, of 32",
            "send",
            send("hub in records"),
            send("hub"),
            0.27,
        ),
        (
            "records, 8 receivers, send included",
            "netlink",
            figures.message("hub in records", 12, 8),
            figures.message("netlink", 12, 8),
            0.10,
        ),
    ] {
        add(figure, beside, ours, other, AtMost(bound));
    }
    for (medium, bytes, receivers) in [("hub", 12, 8), ("switch", 60, 1)] {
        let receive = |medium: &str| figures.of(Measure::Receive, medium, bytes, receivers, 0);
        let (filtered, bare) = (receive(&format!("{medium} filtered")), receive(medium));
        let more = filtered.zip(bare).map(|(filtered, bare)| filtered - bare);
        let figure = format!("{medium}, what a filter costs a receive");
        add(&figure, "receive", more, bare, AtMost(0.28));
    }
    let frame = |medium| figures.message(medium, 60, 1);
    for (peer, bound) in [("bridge of taps", 0.35), ("vde_switch", 0.15)] {
        add(
            "switch, unicast of 60 bytes",
            peer,
            frame("switch"),
            frame(peer),
            AtMost(bound),
        );
    }
    let networks = |count| figures.of(Measure::Networks, "hub", 12, 1, count);
    add(
        "10,000 networks",
        "1 network",
        networks(10_000),
        networks(1),
        AtMost(1.1),
    );
    let addresses = |count| figures.of(Measure::Addresses, "switch", 60, 1, count);
    add(
        "100,000 addresses",
        "10 addresses",
        addresses(100_000),
        addresses(10),
        AtMost(1.1),
    );
    let quiet = results.of(Clock::Counted, Measure::Quiet);
    let nothing = figures.of(Measure::Quiet, "nothing", 12, 1, 0);
    let worst = quiet.iter().filter(|record| record.medium != "nothing");
    let worst = worst.max_by(|one, other| one.value.total_cmp(&other.value));
    let name = worst.map_or("an attack", |record| &record.medium);
    // Rates are the inverse of costs.
    let value = worst.map(|record| record.value);
    add(
        &format!("others' rate during: {name}"),
        "before it",
        nothing,
        value,
        AtLeast(0.9),
    );
    for medium in ["hub", "switch"] {
        let more = figures.of(Measure::Filter, medium, 64, 1, 0);
        let figure = format!("{medium}, what a filter costs, 64 bytes");
        add(&figure, "250 instructions", more, Some(250.0), AtMost(1.0));
    }
    for (medium, bytes, receivers) in [
        ("hub", 12, 1),
        ("hub", 12, 8),
        ("hub", 1514, 1),
        ("hub", 1514, 8),
        ("switch", 60, 1),
    ] {
        let got = |medium: &str| {
            let lost = figures.of(Measure::Lost, medium, bytes, receivers, 0);
            lost.map(|lost| 1.0 - lost)
        };
        let (before, figure) = (
            format!("{medium} of 256 messages"),
            format!("{medium}, {bytes} bytes to {receivers}: got, not lost"),
        );
        add(&figure, &before, got(medium), got(&before), AtLeast(0.99));
    }
    for (medium, what, bytes, least) in [
        ("hub, nobody reads", "two senders on one hub", 60, 0.85),
        ("hub, nobody reads", "two senders on one hub", 1500, 0.82),
        ("switch", "two pairs on one switch", 60, 0.92),
        ("switch", "two pairs on one switch", 1500, 0.92),
    ] {
        let ratio = figures.of(Measure::TogetherToApart, medium, bytes, 1, 2);
        let figure = format!("{what}, {bytes} bytes");
        add(&figure, "on one each", ratio, Some(1.0), AtLeast(least));
    }
    let senders = |count| figures.of(Measure::Senders, "hub, nobody reads", 60, 1, count);
    add(
        "two senders on two processors",
        "one sender",
        senders(2),
        senders(1),
        AtLeast(1.8),
    );
    let [lossless, peer] = fairness::MEDIA;
    for readers in [1, 8, 64] {
        let of = |measure, medium| figures.of(measure, medium, 60, readers, 0);
        for (measure, who) in [
            (Measure::SenderSwitches, "a sender"),
            (Measure::ReaderSwitches, "a reader"),
        ] {
            let figure = format!("lossless to {readers}: switches of {who}");
            let (ours, other) = (of(measure, lossless), of(measure, peer));
            // Where the other has none at all, neither may ours.
            let other = other.map(|other| f64::max(other, 0.01));
            add(&figure, peer, ours, other, AtMost(1.0));
        }
        for (measure, who) in [
            (Measure::SenderShare, "sender"),
            (Measure::ReaderShare, "reader"),
        ] {
            let figure = format!("lossless to {readers}: the slowest {who}");
            let ours = of(measure, lossless);
            add(&figure, "an equal share", ours, Some(1.0), AtLeast(0.5));
        }
    }
    for (together, how) in [(1, "one by one"), (512, "512 at once")] {
        for receivers in [1, 8, 64] {
            let [ours, other] = cheapest(results, together, receivers);
            let [(ours, value), (peer, other)] = [ours, other].map(Option::unzip);
            let figure = ours.unwrap_or("reliable bus");
            let figure = format!("{figure}, {how}, to {receivers}");
            let peer = peer.map_or("the cheapest peer".into(), |peer| {
                format!("{peer}, the cheapest peer")
            });
            add(&figure, &peer, value, other, AtMost(0.2));
        }
    }
    verdicts
}

/// The verdicts for people.
pub fn table(verdicts: &[Verdict]) -> Table {
    let mut table = Table::new(["figure", "beside", "is to be", "is", "reached"]);
    for verdict in verdicts {
        table.row([
            verdict.figure.clone(),
            verdict.beside.clone(),
            verdict.bound.text(),
            verdict
                .ratio
                .map_or("-".into(), |ratio| format!("{ratio:.2}")),
            match verdict.reached {
                None => "not measured".into(),
                Some(true) => "yes".into(),
                Some(false) => "NO".into(),
            },
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Conditions, Record};
    use crate::results::Guest;

    fn results(clock: Clock, records: &[(Measure, &str, usize, usize, usize, f64)]) -> Results {
        let record =
            |&(measure, medium, bytes, receivers, count, value): &(_, &str, _, _, _, _)| Record {
                measure,
                medium: medium.into(),
                bytes,
                receivers,
                count,
                value,
            };
        let conditions = Conditions {
            clock,
            kernel: String::new(),
            processors: 1,
            accelerator: String::new(),
        };
        let records = records.iter().map(record).collect();
        Results {
            guests: vec![Guest {
                conditions,
                records,
            }],
        }
    }

    fn find<'a>(verdicts: &'a [Verdict], figure: &str, beside: &str) -> &'a Verdict {
        let found = |verdict: &&Verdict| verdict.figure == figure && verdict.beside == beside;
        verdicts.iter().find(found).unwrap()
    }

    #[test]
    fn what_was_not_measured_is_neither_reached_nor_not() {
        let verdicts = verdicts(&Results::default());
        assert!(verdicts.iter().all(|verdict| verdict.reached.is_none()));
        assert!(table(&verdicts).text().contains("not measured"));
    }

    #[test]
    fn a_ratio_at_the_bound_is_reached() {
        let message = Measure::Message;
        let of = |ours| {
            let other = (message, "AF_UNIX x N", 12, 1, 0, 100.0);
            verdicts(&results(
                Clock::Counted,
                &[(message, "hub", 12, 1, 0, ours), other],
            ))
        };
        assert_eq!(
            find(&of(45.0), "hub, 1 receiver", "AF_UNIX x N").reached,
            Some(true)
        );
        assert_eq!(
            find(&of(45.1), "hub, 1 receiver", "AF_UNIX x N").reached,
            Some(false)
        );
        assert_eq!(find(&of(45.0), "hub, 1 receiver", "pipe x N").reached, None);
    }

    #[test]
    fn the_cheapest_peer_is_none_of_ours_and_no_limit() {
        let message = Measure::Message;
        let found = verdicts(&results(
            Clock::Counted,
            &[
                (message, "hub", 12, 8, 0, 40.0),
                (message, "hub by 32", 12, 8, 0, 2.0),
                (message, "shared memory", 12, 8, 0, 1.0),
                (message, "UDP by 32", 12, 8, 0, 3.0),
                (message, "netlink", 12, 8, 0, 100.0),
                (message, "pipe x N", 12, 8, 0, 120.0),
            ],
        ));
        let verdict = find(&found, "hub, 8 receivers", "netlink, the cheapest peer");
        assert_eq!(verdict.ratio, Some(0.4));
    }

    #[test]
    fn the_worst_attack_counts() {
        let quiet = |name, value| (Measure::Quiet, name, 12, 1, 0, value);
        let found = verdicts(&results(
            Clock::Counted,
            &[
                quiet("nothing", 90.0),
                quiet("rain", 95.0),
                quiet("hail", 120.0),
            ],
        ));
        let verdict = find(&found, "others' rate during: hail", "before it");
        assert_eq!((verdict.ratio, verdict.reached), (Some(0.75), Some(false)));
    }

    #[test]
    fn what_came_through_is_compared_where_nothing_did_not() {
        let lost = |medium, value| (Measure::Lost, medium, 12, 8, 0, value);
        let of = |now, before| {
            let records = [lost("hub", now), lost("hub of 256 messages", before)];
            let found = verdicts(&results(Clock::Counted, &records));
            let figure = "hub, 12 bytes to 8: got, not lost";
            find(&found, figure, "hub of 256 messages").reached
        };
        assert_eq!(of(0.0, 0.0), Some(true));
        assert_eq!(of(0.1, 0.2), Some(true));
        assert_eq!(of(0.2, 0.1), Some(false));
    }

    #[test]
    fn a_ratio_of_one_round_is_judged_as_it_is() {
        let ratio = |value| (Measure::TogetherToApart, "switch", 60, 1, 2, value);
        let of = |value| {
            let found = verdicts(&results(Clock::Wall, &[ratio(value)]));
            find(&found, "two pairs on one switch, 60 bytes", "on one each").reached
        };
        assert_eq!(of(0.92), Some(true));
        assert_eq!(of(0.91), Some(false));
    }

    #[test]
    fn rates_of_senders_are_those_of_the_clock_of_time() {
        let senders = |count, value| (Measure::Senders, "hub, nobody reads", 60, 1, count, value);
        let records = [senders(1, 10.0), senders(2, 19.0)];
        let of = |clock| verdicts(&results(clock, &records));
        let reached =
            |clock| find(&of(clock), "two senders on two processors", "one sender").reached;
        assert_eq!(reached(Clock::Wall), Some(true));
        assert_eq!(reached(Clock::Counted), None);
    }
}
