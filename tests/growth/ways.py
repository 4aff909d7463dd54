# SPDX-License-Identifier: GPL-2.0
"""Ways to bring one packet to many machines, each tried with one packet that some machine loses.

A tree has two levels: the source, `branches` below it, and below each as many machines. Half of the round trip is above
a branch, half below.
"""

import dataclasses

from group import count_losers, recover

# What Linux waits at least before it sends again, when later packets do not tell that one is lost (TCP_RTO_MIN).
RETRANSMIT_TIMEOUT = 0.2
# Later packets that must have come before one counts as lost.
REORDERED = 3


@dataclasses.dataclass
class Tried:
    """What a packet took, beside being sent once."""

    # The probability of such a packet.
    weight: float
    # At the source: NAKs that come, repairs that go out.
    naks: float
    repairs: float
    # On a machine's link: repairs and NCFs that come, whoever needs them.
    link_repairs: float
    link_ncfs: float
    # When the last machine had it, in seconds after it was sent.
    last: float


def flat(rng, group):
    """One group: NAKs to the source, NCFs and repairs to all."""
    losers, weight = count_losers(rng, group.machines, group.loss)
    got = recover(rng, group, losers)
    return Tried(weight, got.naks, len(got.repairs), len(got.repairs), got.naks, max(got.done))


def common(rng, group):
    """One group, and a packet that was lost before it came to any machine."""
    got = recover(rng, group, group.machines)
    return Tried(1.0, got.naks, len(got.repairs), len(got.repairs), got.naks, max(got.done))


def routers(rng, group, branches, inner):
    """One group, with PGM in the routers: each confirms NAKs itself, asks once for all and lets repairs only through to who asked."""
    below = dataclasses.replace(
        group,
        machines=group.machines // branches,
        rtt=group.rtt / 2,
        hold=group.rtt / 2 + group.hold,
        upstream=1 - (1 - inner) ** 2,
    )
    asked, naks, last = [], 0, 0.0
    for _ in range(branches):
        losers = below.machines if rng.random() < inner else rng.binomialvariate(below.machines, below.loss)
        if losers:
            got = recover(rng, below, losers)
            asked += got.repairs
            naks += got.naks
            last = max(last, group.rtt / 4 + max(got.done))
    repairs, until = 0, -1.0
    for at in sorted(asked):
        if at >= until:
            repairs, until = repairs + 1, at + group.hold
    return Tried(1.0, len(asked), repairs, len(asked) / branches, naks / branches, last)


def cables(rng, group, branches):
    """A group of the branches, which are machines with two cables, and a group below each.

    What is said of the source is of the busiest one of all.
    """
    above = dataclasses.replace(group, machines=branches, rtt=group.rtt / 2)
    below = dataclasses.replace(group, machines=group.machines // branches, rtt=group.rtt / 2)
    first = recover(rng, above, rng.binomialvariate(branches, above.loss))
    came = first.done + [above.rtt / 2] * (branches - len(first.done))
    naks = repairs = last = 0.0
    for at in came:
        got = recover(rng, below, rng.binomialvariate(below.machines, below.loss))
        naks += got.naks / branches
        repairs += len(got.repairs) / branches
        last = max(last, at + max(got.done, default=below.rtt / 2))
    return Tried(1.0, max(naks, first.naks), max(repairs, len(first.repairs)), repairs, naks, last)


def links(rng, group, branches):
    """Connections as of TCP from the source to each branch, and from there to each machine. There are ACKs instead of NAKs."""
    machines = group.machines // branches
    rtt = group.rtt / 2
    last = 0.0
    for _ in range(branches):
        at = rtt / 2 + (_again(rng, group, rtt) if rng.random() < group.loss else 0.0)
        losers = rng.binomialvariate(machines, group.loss)
        last = max(last, at + rtt / 2 + max((_again(rng, group, rtt) for _ in range(losers)), default=0.0))
    again = group.loss / (1 - group.loss)
    return Tried(1.0, 0.0, branches * again, again, 0.0, last)


def _again(rng, group, rtt):
    """How much later a packet comes that a link has lost once."""
    late = rtt + REORDERED * group.gap
    timeout = RETRANSMIT_TIMEOUT
    while rng.random() < group.loss:
        late += timeout
        timeout *= 2
    return late
