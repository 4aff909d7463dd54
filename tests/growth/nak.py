#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Tells what repairs cost when many machines have one group, on paper and by simulation, as tables in Markdown.

Documentation/cables-growth.md explains the tables and has them of `nak.py --machines 10000`. Needs Python 3.12 or newer.
"""

import argparse
import dataclasses
import random
import statistics

import paper
import ways
from group import Group

# Bytes on the wire: a packet of data, and a NAK or NCF with its IP header and Router Alert.
DATA, NAK = 1500, 60
LOSSES = (0.0001, 0.001, 0.01, 0.05)
RTTS = (0.0002, 0.001, 0.01, 0.05, 0.1)
BACKOFFS = (0.05, 0.5)


@dataclasses.dataclass
class Mean:
    """Averages over all packets, those that no machine loses included."""

    naks: float
    repairs: float
    # Extra bytes on a link, as a share of the data's.
    link: float
    # When the last machine has a packet, in seconds: on average, and of the slowest in 100. Of one group only
    # packets that some machine has lost count here; in a tree there is hardly another.
    last: float
    slow: float


def mean(tried):
    """Of packets that were tried alike."""
    weight = tried[0].weight
    last = sorted(one.last for one in tried)
    link = statistics.fmean(one.link_repairs + one.link_ncfs * NAK / DATA for one in tried)
    return Mean(
        naks=weight * statistics.fmean(one.naks for one in tried),
        repairs=weight * statistics.fmean(one.repairs for one in tried),
        link=weight * link,
        last=statistics.fmean(last),
        slow=last[min(len(last) - 1, len(last) * 99 // 100)],
    )


class Trial:
    """Tries ways with as many packets as the effort allows, each from the same seed."""

    def __init__(self, seed, effort):
        self.seed = seed
        self.effort = effort

    def of(self, way, group, *more):
        if way is ways.common:
            losers, least = group.machines, 5
        else:
            losers, least = max(1, group.machines * group.loss), 100
        packets = int(min(1000, max(least, self.effort / losers)))
        rng = random.Random(self.seed)
        return mean([way(rng, group, *more) for _ in range(packets)])


def number(value):
    """Short, and precise enough."""
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.2g}"


def percent(value):
    return f"{number(value * 100)} %"


def rate_of(loss):
    return f"{loss * 100:g} %"


def ms(value):
    return f"{value * 1000:,.0f} ms" if value >= 0.01 else f"{value * 1000:.1f} ms"


def table(title, head, rows):
    print(f"\n{title}\n")
    print("| " + " | ".join(head) + " |")
    print("| :-- |" + " --: |" * (len(head) - 1))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def on_paper(sizes):
    head = ["machines", *(rate_of(loss) for loss in LOSSES)]

    def by_size(what):
        return [[f"{size:,}", *(number(what(size, loss)) for loss in LOSSES)] for size in sizes]

    table("NAKs a packet when none is held back, `R*p`", head, by_size(paper.implosion))
    table("How often a packet is sent until all have it, at least", head, by_size(paper.transmissions))
    table("The same with parity on demand, for groups of 20 packets", head,
          by_size(lambda size, loss: paper.parity_transmissions(size, loss, 20)))


def by_size_and_loss(trial, sizes, group, rate):
    rows = []
    for size in sizes:
        for loss in LOSSES:
            got = trial.of(ways.flat, dataclasses.replace(group, machines=size, loss=loss))
            rows.append([
                f"{size:,}", rate_of(loss), number(got.naks * rate), number(got.repairs * rate), percent(got.link),
                number(got.naks * rate * NAK / 1000) + " kB/s", ms(got.last), ms(got.slow),
            ])
    table(f"One group, {rate:,.0f} packets a second, round trip {ms(group.rtt)}, back-off {ms(group.backoff)}",
          ["machines", "loss", "NAKs/s", "repairs/s", "more on every link", "NAKs in", "last has it", "1 in 100"], rows)


def by_round_trip(trial, group):
    rows = []
    for rtt in RTTS:
        row = [ms(rtt)]
        for backoff in BACKOFFS:
            now = dataclasses.replace(group, rtt=rtt, backoff=backoff, interval=max(group.interval, 2 * rtt))
            held = dataclasses.replace(now, hold=rtt)
            one, two = trial.of(ways.flat, now), trial.of(ways.flat, held)
            first = paper.suppressed(round(group.machines * group.loss), backoff, rtt)
            row += [number(first), number(one.naks), number(one.repairs), number(two.repairs), ms(one.last)]
        rows.append(row)
    head = ["round trip"]
    for backoff in BACKOFFS:
        head += [f"{ms(backoff)}: on paper", "NAKs", "repairs", "held", "last has it"]
    table(f"A packet to {group.machines:,} machines, loss {rate_of(group.loss)}", head, rows)


def by_common_loss(trial, sizes, group):
    rows = []
    for size in sizes:
        for rtt in RTTS[:3]:
            row = [f"{size:,}", ms(rtt)]
            for backoff in BACKOFFS:
                now = dataclasses.replace(group, machines=size, rtt=rtt, backoff=backoff)
                held = dataclasses.replace(now, hold=rtt)
                one, two = trial.of(ways.common, now), trial.of(ways.common, held)
                row += [number(paper.suppressed(size, backoff, rtt)), number(one.naks), number(one.repairs),
                        number(two.repairs)]
            rows.append(row)
    head = ["machines", "round trip"]
    for backoff in BACKOFFS:
        head += [f"{ms(backoff)}: on paper", "NAKs", "repairs", "held"]
    table("A packet that all machines have lost", head, rows)


def by_way(trial, group, branches, inner):
    rows = []
    for rtt in (0.001, 0.05):
        for loss in LOSSES[1:3]:
            now = dataclasses.replace(group, rtt=rtt, loss=loss)
            held = dataclasses.replace(now, hold=rtt)
            several = {
                "one group": trial.of(ways.flat, now),
                "one group, NAKs multicast": trial.of(ways.flat, dataclasses.replace(now, heard=True)),
                "one group, repairs held": trial.of(ways.flat, held),
                f"{branches} routers that know PGM": trial.of(ways.routers, now, branches, inner),
                f"{branches} cables, a group each": trial.of(ways.cables, now, branches),
                f"{branches} routers with connections": trial.of(ways.links, now, branches),
            }
            for name, got in several.items():
                copies = branches if "connections" in name else 1
                rows.append([ms(rtt), rate_of(loss), name, number(got.naks), number(got.repairs),
                             number(copies + got.repairs), percent(got.link), ms(got.last), ms(got.slow)])
    table(f"A packet to {group.machines:,} machines by several ways",
          ["round trip", "loss", "way", "NAKs", "repairs", "sent by the source", "more on a machine's link",
           "last has it", "1 in 100"], rows)


def by_window(size, group):
    rows = []
    for window in (0.5, 1, 2, 5):
        row = [f"{window:g} s"]
        for rtt in (0.001, 0.05):
            asked = paper.tries(window, rtt, group.backoff, group.interval)
            row += [str(asked), *(f"{paper.unrepaired(size, loss, asked):.0e}" for loss in LOSSES[1:])]
        rows.append(row)
    head = ["window"]
    for rtt in (0.001, 0.05):
        head += [f"{ms(rtt)}: tries", *(rate_of(loss) for loss in LOSSES[1:])]
    table(f"How likely a packet is lost for any of {size:,} machines, at most", head, rows)


def main():
    parse = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parse.add_argument("--machines", type=int, default=1000, help="the largest group (%(default)s)")
    parse.add_argument("--branches", type=int, help="of the trees (the root of the machines)")
    parse.add_argument("--inner", type=float, default=0.0, help="loss above a router that knows PGM (%(default)s)")
    parse.add_argument("--rtt", type=float, default=0.001, help="round trip, seconds (%(default)s)")
    parse.add_argument("--backoff", type=float, default=0.05, help="NAK_BO_IVL, seconds (%(default)s)")
    parse.add_argument("--interval", type=float, default=0.2, help="NAK_RPT_IVL and NAK_RDATA_IVL (%(default)s)")
    parse.add_argument("--rate", type=float, default=1000, help="packets a second (%(default)s)")
    parse.add_argument("--effort", type=float, default=3000, help="losers that are looked at for a figure (%(default)s)")
    parse.add_argument("--seed", type=int, default=1)
    told = parse.parse_args()

    trial = Trial(told.seed, told.effort)
    sizes = [size for size in (10, 100, 1000, 10_000, 100_000) if size < told.machines] + [told.machines]
    group = Group(machines=told.machines, loss=0.01, rtt=told.rtt, backoff=told.backoff, interval=told.interval,
                  gap=1 / told.rate)
    branches = told.branches or round(told.machines**0.5)
    on_paper(sizes)
    by_size_and_loss(trial, sizes, group, told.rate)
    by_round_trip(trial, group)
    by_common_loss(trial, sizes[-3:], group)
    by_way(trial, group, branches, told.inner)
    by_window(told.machines, group)


if __name__ == "__main__":
    main()
