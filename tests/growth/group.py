# SPDX-License-Identifier: GPL-2.0
"""How the machines of one PGM group repair one packet (RFC 3208, 5.2, 5.3 and 6.3), event by event.

Only machines that have lost the packet are looked at: those that have it ignore NAKs, NCFs and repairs.
"""

import bisect
import dataclasses
import heapq
import math


@dataclasses.dataclass(frozen=True)
class Group:
    """A source and its machines; times are in seconds."""

    machines: int
    # The probability that a packet to or from a machine is lost on the machine's own link.
    loss: float
    # To the farthest machine and back; the nearest has `nearest` of it.
    rtt: float = 0.001
    nearest: float = 0.5
    # NAK_BO_IVL; NAK_RPT_IVL and NAK_RDATA_IVL.
    backoff: float = 0.05
    interval: float = 0.2
    # From packet to packet: the next one shows that one is missing.
    gap: float = 0.001
    # How long the source waits for more NAKs before it sends a repair, as it may.
    hold: float = 0.0
    # Whether NAKs are multicast, so that other machines hear them without the source.
    heard: bool = False
    # Whether NAKs and NCFs are lost too.
    control: bool = True
    # The probability that neither a NAK nor its repair comes through between the source and who answers for it.
    upstream: float = 0.0


@dataclasses.dataclass
class Recovery:
    """What it took."""

    # NAKs that have come to the source; it confirms each by an NCF.
    naks: int = 0
    # When repairs were sent, or asked for upstream, those that were lost there included.
    repairs: list = dataclasses.field(default_factory=list)
    # When the machines had the packet that had lost it.
    done: list = dataclasses.field(default_factory=list)


class Machine:
    """One that has lost the packet."""

    def __init__(self, rng, group):
        self.delay = group.rtt / 2 * rng.uniform(group.nearest, 1)
        self.backing_off = True
        # How many repairs and NCFs have been looked at.
        self.repairs = 0
        self.confirmed = 0


def count_losers(rng, machines, loss):
    """How many have lost a packet, given that one has, and the probability of that."""
    nobody = (1 - loss) ** machines
    if machines * loss > 30:
        return rng.binomialvariate(machines, loss), 1.0
    chance = nobody
    left = rng.uniform(nobody, 1)
    for losers in range(machines):
        left -= chance
        if left <= 0 and losers:
            return losers, 1 - nobody
        chance *= (machines - losers) / (losers + 1) * loss / (1 - loss)
    return machines, 1 - nobody


def recover(rng, group, losers):
    """Has so many machines of the group get a packet that was sent at 0."""
    result = Recovery()
    events = []
    control_loss = group.loss if group.control else 0.0
    # When NCFs have left the source, or NAKs their machine that others hear; repairs that came through there.
    confirmed, repaired = [], []
    pending_until = -math.inf

    for number in range(losers):
        machine = Machine(rng, group)
        found = machine.delay + group.gap
        while rng.random() < group.loss:
            found += group.gap
        heapq.heappush(events, (found + rng.uniform(0, group.backoff), number, machine))

    while events:
        now, number, machine = heapq.heappop(events)
        if machine is None:
            # A NAK comes to the source.
            result.naks += 1
            confirmed.append(now)
            if now >= pending_until:
                pending_until = now + group.hold
                result.repairs.append(pending_until)
                if rng.random() >= group.upstream:
                    repaired.append(pending_until)
            continue

        came = _repair(rng, group, machine, repaired, now)
        if came is not None:
            result.done.append(came)
            continue
        heard = _confirmation(rng, control_loss, machine, confirmed, now)
        if heard is not None and heard + group.interval > now:
            machine.backing_off = False
            heapq.heappush(events, (heard + group.interval, number, machine))
        elif machine.backing_off:
            machine.backing_off = False
            if group.heard:
                confirmed.append(now)
            if rng.random() >= control_loss:
                heapq.heappush(events, (now + machine.delay, -1 - number, None))
            heapq.heappush(events, (now + group.interval, number, machine))
        else:
            machine.backing_off = True
            heapq.heappush(events, (now + rng.uniform(0, group.backoff), number, machine))
    return result


def _repair(rng, group, machine, repaired, now):
    """When the first repair has come to the machine, if one has by now."""
    while machine.repairs < len(repaired):
        came = repaired[machine.repairs] + machine.delay
        if came > now:
            break
        machine.repairs += 1
        if rng.random() >= group.loss:
            return came
    return None


def _confirmation(rng, loss, machine, confirmed, now):
    """When the last NCF has come to the machine since it was looked at, if one has."""
    first, machine.confirmed = machine.confirmed, bisect.bisect_right(confirmed, now - machine.delay)
    for at in range(machine.confirmed - 1, first - 1, -1):
        if rng.random() >= loss:
            return confirmed[at] + machine.delay
    return None
