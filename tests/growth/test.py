#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Compares the simulation with what is known on paper, at small sizes. In a second or two."""

import dataclasses
import random
import statistics
import unittest

import paper
import ways
from group import Group, count_losers, recover


def average(count, what):
    return statistics.fmean(what() for _ in range(count))


class OnPaper(unittest.TestCase):
    def test_one_machine_is_sent_to_as_over_a_link(self):
        for loss in (0.0, 0.01, 0.3):
            self.assertAlmostEqual(paper.transmissions(1, loss), paper.link_transmissions(loss), places=6)

    def test_without_loss_once_is_enough_for_all(self):
        self.assertEqual(paper.transmissions(10_000, 0.0), 1.0)
        self.assertEqual(paper.parity_transmissions(10_000, 0.0, 20), 1.0)

    def test_groups_of_one_packet_gain_nothing_by_parity(self):
        self.assertAlmostEqual(
            paper.parity_transmissions(100, 0.05, 1), paper.transmissions(100, 0.05), places=6
        )

    def test_nobody_is_silent_who_hears_too_late(self):
        self.assertAlmostEqual(paper.suppressed(40, 0.05, 0.05), 40)
        self.assertEqual(paper.suppressed(40, 0.05, 0.0), 1)
        self.assertEqual(paper.suppressed(0, 0.05, 0.001), 0)

    def test_a_longer_window_loses_less(self):
        lost = [paper.unrepaired(1000, 0.05, paper.tries(window, 0.001, 0.05, 0.2)) for window in (0.5, 1, 2, 5)]
        self.assertEqual(lost, sorted(lost, reverse=True))
        self.assertEqual(paper.tries(0.01, 0.001, 0.05, 0.2), 0)


class Simulated(unittest.TestCase):
    def setUp(self):
        self.rng = random.Random(7)

    def losers(self, group):
        return self.rng.binomialvariate(group.machines, group.loss)

    def test_repairs_until_all_have_it(self):
        # Nobody is out of step: no NAK or NCF is lost, and a repair waits for all that ask in its round.
        group = Group(machines=50, loss=0.1, nearest=1, control=False, hold=0.06)
        repairs = average(800, lambda: len(recover(self.rng, group, self.losers(group)).repairs))
        self.assertAlmostEqual(1 + repairs, paper.transmissions(50, 0.1), delta=0.08)

    def test_naks_when_each_back_off_is_uniform(self):
        for rtt in (0.001, 0.01, 0.025):
            # Repairs are not lost, and come with the NCF: a second round is not there.
            group = Group(machines=100, loss=0.0, rtt=rtt, nearest=1)
            naks = average(200, lambda: recover(self.rng, group, 40).naks)
            self.assertAlmostEqual(naks, paper.suppressed(40, 0.05, rtt), delta=0.05 * naks)

    def test_naks_when_none_is_held_back(self):
        group = Group(machines=200, loss=0.05, backoff=0.0, control=False, nearest=1, hold=0.001, gap=0.0)
        naks = average(400, lambda: recover(self.rng, group, self.losers(group)).naks)
        # Who has not got the repair asks again: the sum of R*p, R*p*p, ...
        expected = paper.implosion(200, 0.05) * paper.link_transmissions(0.05)
        self.assertAlmostEqual(naks, expected, delta=0.6)

    def test_losses_that_are_given_to_be(self):
        for machines, loss in ((20, 0.01), (100, 0.05), (1000, 0.05)):
            got = [count_losers(self.rng, machines, loss) for _ in range(2000)]
            self.assertAlmostEqual(got[0][1] * statistics.fmean(count for count, _ in got), machines * loss,
                                   delta=0.1 * machines * loss)

    def test_a_window_loses_no_more_than_on_paper(self):
        window, group = 0.6, Group(machines=10, loss=0.3)
        late = average(800, lambda: max(recover(self.rng, group, self.losers(group)).done, default=0) > window)
        asked = paper.tries(window, group.rtt, group.backoff, group.interval)
        self.assertLessEqual(late, paper.unrepaired(10, 0.3, asked) + 0.03)
        self.assertGreater(late, 0)

    def test_all_machines_get_it_by_every_way(self):
        group = Group(machines=100, loss=0.05)
        for way, more in ((ways.flat, ()), (ways.common, ()), (ways.routers, (10, 0.01)), (ways.cables, (10,)),
                          (ways.links, (10,))):
            for _ in range(20):
                tried = way(self.rng, group, *more)
                self.assertGreaterEqual(tried.last, group.rtt / 4)

    def test_routers_keep_repairs_from_who_did_not_ask(self):
        group = Group(machines=400, loss=0.005)
        open_to_all = average(100, lambda: ways.flat(self.rng, group).link_repairs)
        constrained = average(100, lambda: ways.routers(self.rng, group, 20, 0.0).link_repairs)
        self.assertLess(constrained * 4, open_to_all)

    def test_the_same_seed_the_same_figures(self):
        group = Group(machines=100, loss=0.05)
        one, two = (dataclasses.astuple(ways.cables(random.Random(3), group, 10)) for _ in range(2))
        self.assertEqual(one, two)


if __name__ == "__main__":
    unittest.main()
