# SPDX-License-Identifier: GPL-2.0
"""What can be said of reliable multicast without trying: closed formulas.

A loss is a probability from 0 to below 1, the same for each machine and independent; times are in seconds.
Documentation/cables-growth.md says where they are from.
"""

import math


def transmissions(machines, loss):
    """How often a packet is sent, on average, until all machines have it, each time to all."""
    return _average_of_largest(lambda sent: 1 - loss**sent, machines)


def parity_transmissions(machines, loss, group):
    """The same with parity on demand: any repair is of use to all that lack any packet of the group."""

    def enough(extra):
        """The probability that so many packets more than the group has are enough for one machine."""
        return (1 - loss) ** group * sum(math.comb(group + i - 1, i) * loss**i for i in range(extra + 1))

    return 1 + _average_of_largest(enough, machines) / group


def implosion(machines, loss):
    """NAKs a packet, on average, that come at once when none is held back."""
    return machines * loss


def suppressed(losers, backoff, heard):
    """NAKs of so many machines, on average, that each wait a random time of up to `backoff`.

    A machine is silent when it learns of another's NAK before its own; it learns of it `heard` after that was sent.
    """
    if losers == 0:
        return 0.0
    share = min(heard / backoff, 1.0) if backoff > 0 else 1.0
    return losers * share + 1 - share**losers


def link_transmissions(loss):
    """How often a packet is sent over one link, on average, until it has come."""
    return 1 / (1 - loss)


def tries(window, rtt, backoff, interval):
    """How often at least a machine has asked, and could have been answered, while the window lasts.

    NAKs of others can put off the next try by as much as the back-off.
    """
    first = 2 * rtt + backoff
    return max(0, math.floor((window - first) / (interval + 2 * backoff + rtt)) + 1)


def unrepaired(machines, loss, asked):
    """The probability, at most, that a packet is lost for some machine when each may ask so often.

    A try fails when the NAK or the repair is lost.
    """
    fails = 1 - (1 - loss) ** 2
    return -math.expm1(machines * math.log1p(-loss * fails**asked))


def _average_of_largest(at_most, machines):
    """The average of the largest of `machines` numbers from 0 on, each at most n with probability at_most(n)."""
    total = 0.0
    for number in range(10_000):
        one = min(at_most(number), 1.0)
        missing = -math.expm1(machines * math.log(one)) if one > 0 else 1.0
        total += missing
        if missing < 1e-9:
            break
    return total
