# SPDX-License-Identifier: GPL-2.0
"""What the package does on networks that are there: run in the guest, as root."""

import array
import ast
import asyncio
import contextlib
import doctest
import errno
import io
import os
import pathlib
import select
import signal
import tempfile
import threading
import time
import unittest

import ipn
import ipn.aio
from ipn import _ipn


class Case(unittest.TestCase):
    """A test with a path of its own, and patience."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.path = directory.name + "/bus"

    def bus(self, **shape):
        manager = ipn.create(self.path, **shape)
        self.addCleanup(manager.close)
        return manager

    def join(self, **wanted):
        port = ipn.connect(self.path, **wanted)
        self.addCleanup(port.close)
        return port


class Documented(Case):
    def test_examples_of_docstrings_hold(self):
        tried = 0
        for module in ipn, ipn.aio, _ipn:
            # Of an error only the type and the text are in an example.
            result = doctest.testmod(module, optionflags=doctest.IGNORE_EXCEPTION_DETAIL)
            self.assertEqual(result.failed, 0)
            tried += result.attempted
        self.assertGreater(tried, 10)

    def test_example_of_the_readme_runs(self):
        text = pathlib.Path(__file__).with_name("README.md").read_text()
        code = text.split("```python\n")[1].split("```")[0]
        with contextlib.redirect_stdout(io.StringIO()) as output:
            exec(code.replace("/tmp/bus", self.path), {})
        self.assertEqual(output.getvalue(), "b'hello'\n")

    def test_types_name_what_is_there(self):
        stub = pathlib.Path(_ipn.__file__).with_name("_ipn.pyi")
        self.assertTrue(stub.with_name("py.typed").exists())
        for node in ast.parse(stub.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                self.assertTrue(callable(getattr(_ipn, node.name)))
            elif isinstance(node, ast.ClassDef):
                there = {
                    name
                    for name in vars(getattr(_ipn, node.name))
                    if not name.startswith("__") or name in ("__iter__", "__next__")
                }
                named = set()
                for item in node.body:
                    if isinstance(item, ast.AnnAssign):
                        named.add(item.target.id)
                    else:
                        named.add(item.name)
                wanted = {n for n in named if not n.startswith("__")}
                self.assertEqual(wanted, {n for n in there if not n.startswith("__")}, node.name)

    def test_types_are_for_every_python_that_has_the_package(self):
        package = pathlib.Path(_ipn.__file__).parent
        for file in package.glob("*.py*"):
            if file.suffix not in (".py", ".pyi"):
                continue
            for node in ast.walk(ast.parse(file.read_text(), feature_version=(3, 11))):
                if isinstance(node, ast.ImportFrom) and node.module == "collections.abc":
                    # It is there from 3.12 on.
                    self.assertNotIn("Buffer", [name.name for name in node.names], file)

    def test_everything_has_a_docstring(self):
        for name in ipn.__all__:
            item = getattr(ipn, name)
            if isinstance(item, type):
                self.assertTrue(item.__doc__, name)
                for member, value in vars(item).items():
                    if not member.startswith("_"):
                        self.assertTrue(value.__doc__, f"{name}.{member}")


class Messages(Case):
    def test_come_whole_and_in_order(self):
        bus = self.bus()
        reader, sender = self.join(), self.join()
        sent = [b"", b"x", b"\0" * 1514, b"last"]
        for message in sent:
            sender.send(message)
        bus.terminate()
        self.assertEqual(list(reader), sent)
        self.assertIsNone(reader.recv())
        self.assertTrue(reader.ended)

    def test_are_bytes_of_any_object(self):
        self.bus()
        reader, sender = self.join(), self.join()
        for message in (
            bytearray(b"bytearray"),
            memoryview(b"a view")[2:],
            array.array("B", [1, 2, 3]),
        ):
            sender.send(message)
            self.assertEqual(reader.recv(), bytes(message))
        with self.assertRaises((ValueError, BufferError)):
            sender.send(memoryview(b"abcdef")[::2])
        with self.assertRaises(TypeError):
            sender.send("text")

    def test_fill_a_buffer_in_place(self):
        bus = self.bus()
        reader, sender = self.join(), self.join()
        place = bytearray(b"........")
        sender.send(b"hello")
        self.assertEqual(reader.recv_into(place), 5)
        self.assertEqual(place, b"hello...")
        sender.send(b"too long for it")
        self.assertEqual(reader.recv_into(place), 8)
        self.assertEqual(place, b"too long")
        with self.assertRaises(ValueError):
            reader.recv_into(b"constant")
        bus.terminate()
        self.assertIsNone(reader.recv_into(place))

    def test_tell_of_losses_and_time(self):
        self.bus(pool=4)
        reader, sender = self.join(), self.join(direction="send")
        reader.timestamps()
        before = time.time()
        for number in range(10):
            sender.send(b"%d" % number)
        message = reader.recv_message()
        self.assertEqual((message.data, message.lost), (b"6", 6))
        self.assertEqual((len(message), message.full_length, bytes(message)), (1, 1, b"6"))
        self.assertLess(abs(message.time - before), 60)

    def test_of_others_come_to_who_observes(self):
        self.bus(lossless=True, pool=2)
        sender, reader, third = self.join(), self.join(), self.join(observe=True)
        for number in range(4):
            sender.send(b"%d" % number)
            self.assertEqual(reader.recv(), b"%d" % number)
        self.assertEqual((third.recv(), third.recv()), (b"2", b"3"))
        with self.assertRaises(BrokenPipeError):
            third.send(b"no")

    def test_of_members_come_out_of_band(self):
        self.bus()
        watcher = self.join(watch_members=True)
        while (told := watcher.recv()).readers != 2:
            self.join()
        self.assertEqual((told.readers, told.writers), (2, 2))

    def test_of_members_come_first_to_a_receiver_too(self):
        self.bus()
        sender = self.join(direction="send")
        receiver = self.join(watch_members=True).receiver()
        self.assertFalse(receiver.mapped)
        while isinstance(receiver.recv(), ipn.Members):
            sender.send(b"first")
        sender.send(b"x")
        self.join()
        self.assertIsInstance(receiver.recv(), ipn.Members)
        self.assertEqual(receiver.recv(), b"x")

    def test_come_without_system_calls(self):
        bus = self.bus()
        receiver, sender = self.join().receiver(), self.join()
        self.assertTrue(receiver.mapped)
        place = bytearray(5)
        sender.send(b"first")
        sender.send(b"second")
        self.assertEqual(receiver.recv_into(place), 5)
        self.assertEqual((bytes(place), receiver.recv()), (b"first", b"second"))
        waits = threading.Timer(0.1, sender.send, [b"third"])
        waits.start()
        self.assertEqual(receiver.recv(), b"third")
        waits.join()
        bus.terminate()
        self.assertEqual(list(receiver), [])

    def test_come_as_a_list_and_go_as_one(self):
        bus = self.bus(mtu=1514)
        reader, sender = self.join().records(), self.join(direction="send")
        number = sender.number
        batch = sender.records()
        self.assertTrue(sender.closed)
        sent = [b"", b"x", bytearray(b"two"), b"\0" * 1514]
        batch.send(sent)
        got = reader.recv()
        self.assertEqual([record.data for record in got], [bytes(m) for m in sent])
        self.assertEqual([record.number for record in got], [0, 1, 2, 3])
        self.assertEqual({record.sender for record in got}, {number})
        with self.assertRaises(BlockingIOError):
            reader.recv_nowait()
        with self.assertRaises(OSError) as caught:
            batch.send(iter([b"before", bytes(1515), b"behind"]))
        self.assertEqual(caught.exception.errno, errno.EMSGSIZE)
        self.assertEqual([bytes(record) for record in reader.recv()], [b"before"])
        batch.port().send(b"single")
        plain = reader.port()
        self.assertTrue(reader.closed and batch.closed)
        self.assertEqual(plain.recv(), b"single")
        bus.terminate()
        self.assertIsNone(plain.records().recv())


class Waiting(Case):
    def test_lets_other_threads_run(self):
        self.bus(lossless=True, pool=2)
        reader, sender = self.join(), self.join(direction="send")
        numbers = range(200)

        def send():
            for number in numbers:
                sender.send(b"%d" % number)

        thread = threading.Thread(target=send)
        thread.start()
        self.assertEqual([int(reader.recv()) for _ in numbers], list(numbers))
        thread.join()

    def test_ends_with_its_time(self):
        self.bus(lossless=True, pool=1)
        reader, sender = self.join(), self.join(direction="send")
        reader.settimeout(0.05)
        sender.settimeout(0.05)
        with self.assertRaises(BlockingIOError):
            reader.recv()
        sender.send(b"fits")
        with self.assertRaises(BlockingIOError):
            sender.send(b"does not")
        with self.assertRaises(BlockingIOError):
            sender.send_nowait(b"does not")
        self.assertEqual(reader.recv_nowait(), b"fits")
        with self.assertRaises((ValueError, OverflowError)):
            reader.settimeout(-1)

    def test_goes_on_after_a_signal_unless_its_handler_raises(self):
        self.bus()
        reader, sender = self.join(), self.join()
        heard = []

        def hear(number, _frame):
            heard.append(number)
            if len(heard) == 2:
                raise InterruptedError
            if len(heard) == 1:
                sender.send(b"from the handler")

        before = signal.signal(signal.SIGALRM, hear)
        self.addCleanup(signal.signal, signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        self.assertEqual(reader.recv(), b"from the handler")
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with self.assertRaises(InterruptedError):
            reader.recv()

    def test_can_be_left_to_poll(self):
        self.bus()
        reader, sender = self.join(), self.join()
        poll = select.poll()
        poll.register(reader, select.POLLIN)
        self.assertEqual(poll.poll(0), [])
        sender.send(b"x")
        self.assertEqual(len(poll.poll(10_000)), 1)

    def test_is_awaited_by_tasks(self):
        bus = self.bus(lossless=True, pool=2)
        numbers = range(100)

        async def send(sender):
            for number in numbers:
                await sender.send(b"%d" % number)
            bus.terminate()

        async def receive(reader):
            return [int(message) async for message in reader]

        async def main():
            readers = [
                ipn.aio.AsyncPort(self.join(direction="receive")) for _ in range(3)
            ]
            sender = ipn.aio.AsyncPort(self.join(direction="send"))
            *got, _ = await asyncio.gather(*map(receive, readers), send(sender))
            return got

        self.assertEqual(asyncio.run(main()), [list(numbers)] * 3)


class Failing(Case):
    def assert_fails(self, number, call, *args, **named):
        with self.assertRaises(OSError) as caught:
            call(*args, **named)
        self.assertEqual(caught.exception.errno, number)
        return caught.exception

    def test_says_what_why_where_and_what_to_try(self):
        error = self.assert_fails(errno.ENOENT, ipn.connect, self.path)
        self.assertIsInstance(error, FileNotFoundError)
        self.assertEqual(os.fspath(error.filename), self.path)
        for part in "cannot join the network", "there is no such network", "ipn create":
            self.assertIn(part, error.strerror)

    def test_has_the_errno_of_the_manual(self):
        bus = self.bus(exclusive=True, ports=1)
        self.assert_fails(errno.EEXIST, ipn.create, self.path)
        port = self.join()
        self.assert_fails(errno.EADDRNOTAVAIL, ipn.connect, self.path)
        self.assert_fails(errno.EPROTO, ipn.connect, self.path, policy="switch")
        self.assert_fails(errno.EMSGSIZE, port.send, bytes(1515))
        port.shutdown("send")
        self.assert_fails(errno.EPIPE, port.send, b"x")
        self.assert_fails(errno.ENOPROTOOPT, port.switch.statistics)
        self.assert_fails(errno.EINVAL, ipn.create, self.path + "2", mtu=0)
        bus.terminate()
        self.assert_fails(errno.ECONNREFUSED, ipn.connect, self.path)

    def test_wakes_a_loop_for_a_direction_that_is_not_there(self):
        async def fails_when_ready(port, watch, call):
            ready = asyncio.Event()
            watch(port.fileno(), ready.set)
            await asyncio.wait_for(ready.wait(), 60)
            self.assert_fails(errno.EPIPE, call)

        async def main():
            loop = asyncio.get_running_loop()
            deaf, mute = self.join(direction="send"), self.join(direction="receive")
            await fails_when_ready(deaf, loop.add_reader, deaf.recv_nowait)
            await fails_when_ready(
                mute, loop.add_writer, lambda: mute.send_nowait(b"x")
            )
            loop.remove_reader(deaf.fileno())
            loop.remove_writer(mute.fileno())

        with self.bus():
            asyncio.run(main())

    def test_names_words_that_mean_nothing(self):
        for wrong in {"policy": "hubs"}, {"policy": 64}, {"direction": "down"}:
            with self.assertRaises(ValueError):
                ipn.connect(self.path, **wrong)
        with self.assertRaises((ValueError, OverflowError)):
            ipn.create(self.path, mtu=-1)
        self.assertFalse(os.path.exists(self.path))

    def test_is_final_after_close(self):
        with self.bus() as bus, self.join() as port:
            pass
        self.assertTrue(bus.closed and port.closed)
        for call in bus.terminate, bus.connect, port.recv, port.fileno, port.receiver:
            self.assertRaises(ValueError, call)
        port.close()


class Seen(Case):
    def test_message_tells_who_sent_it(self):
        self.bus()
        reader, one, two = self.join(), self.join(), self.join()
        one.send(b"before")
        self.assertIsNone(reader.recv_message().sender)
        reader.senders()
        one.send(b"first")
        two.send(b"second")
        senders = [reader.recv_message().sender for _ in range(2)]
        self.assertEqual([s.port for s in senders], [one.number, two.number])
        for sender in senders:
            ids = (sender.pid, sender.uid, sender.gid)
            self.assertEqual(ids, (os.getpid(), os.getuid(), os.getgid()))
        self.assertLess(senders[0].since, senders[1].since)
        self.assertNotEqual(senders[0], senders[1])
        self.assertIn(f"pid={os.getpid()}", repr(senders[0]))
        # Who has left meanwhile is told all the same, and not the next.
        two.send(b"third")
        two.close()
        self.join(port=senders[1].port)
        self.assertEqual(reader.recv_message().sender, senders[1])
        reader.senders(False)
        one.send(b"last")
        self.assertIsNone(reader.recv_message().sender)

    def test_records_tell_who_sent_them(self):
        self.bus()
        reader, one, two = self.join().records(), self.join(), self.join()
        self.addCleanup(reader.close)
        one.send(b"before")
        self.assertIsNone(reader.recv()[0].sent_by)
        reader.senders()
        for sender in one, one, two:
            sender.send(b"hello")
        told = [(len(some), some[0].sent_by) for some in (reader.recv(), reader.recv())]
        self.assertEqual([number for number, _ in told], [2, 1])
        self.assertEqual([s.port for _, s in told], [one.number, two.number])
        self.assertEqual(told[0][1].pid, os.getpid())

    def test_port_counts(self):
        self.bus(pool=4)
        reader, sender = self.join(), self.join()
        for number in range(10):
            sender.send(b"ten bytes%d" % number)
        self.assertEqual(reader.recv(), b"ten bytes6")
        counted = sender.statistics()
        self.assertEqual((counted.sent, counted.sent_bytes), (10, 100))
        counted = reader.statistics()
        self.assertEqual((counted.received, counted.received_bytes), (1, 10))
        self.assertEqual((counted.lost, counted.lag, counted.refused), (6, 3, 0))
        self.assertIsNone(counted.waiting)
        self.assertIn("lost=6", repr(counted))
        with reader.records() as records:
            self.assertEqual(len(records.recv()), 3)
            self.assertEqual(records.statistics().received, 4)

    def test_call_that_waits_is_told(self):
        self.bus()
        reader, sender = self.join(), self.join()
        thread = threading.Thread(target=reader.recv)
        thread.start()
        while reader.statistics().waiting is None:
            time.sleep(0.01)
        sender.send(b"go on")
        thread.join()
        self.assertIsNone(reader.statistics().waiting)

    def test_reasons_of_losses_have_names(self):
        bus = self.bus(policy="switch")
        self.join().send(b"short")
        drops = bus.switch.drops()
        self.assertEqual({name for name, count in drops.items() if count}, {"too_short"})
        self.assertLess(set(drops), set(ipn.drop_reasons()))
        self.assertIn("overrun", ipn.drop_reasons())


class Networks(Case):
    def test_are_listed(self):
        self.bus(mtu=100, ports=5, pool=7, lossless=True)
        self.join(direction="receive")
        (found,) = (n for n in ipn.networks() if os.fspath(n.path) == self.path)
        self.assertEqual(
            (found.policy, found.mtu, found.ports, found.pool, found.lossless),
            ("hub", 100, 5, 7, True),
        )
        self.assertEqual((found.used, found.readers, found.writers), (1, 1, 0))

    def test_may_have_one_writer_who_is_no_program_in_python(self):
        self.assertFalse(self.bus().one_writer)
        self.path += "-2"
        self.assertTrue(self.bus(one_writer=True).one_writer)
        with self.assertRaises(OSError) as refused:
            self.join().send(b"by a call")
        self.assertEqual(refused.exception.errno, errno.EOPNOTSUPP)

    def test_hold_so_many_messages_or_bytes(self):
        said = self.bus(pool=7)
        self.assertEqual((said.pool, said.bytes), (7, None))
        with ipn.create(self.path + "2", bytes=4096, mtu=100) as short:
            self.assertEqual((short.bytes, short.pool), (4096, 35))

    def test_know_their_creator_and_their_file(self):
        bus = self.bus()
        joiner = ipn.create(self.path)
        member, first = self.join(), bus.connect()
        known = [it.is_creator for it in (joiner, member, first)]
        self.assertEqual(known, [False, False, True])
        stat = os.stat(self.path)
        numbers = (os.major(stat.st_dev), os.minor(stat.st_dev), stat.st_ino)
        os.unlink(self.path)
        for it in joiner, member, first:
            self.assertEqual(it.file, numbers)

    def test_replace_a_stale_name_when_they_are_to(self):
        self.bus().close()
        with self.assertRaises(ConnectionRefusedError):
            ipn.create(self.path)
        self.bus(replace_stale=True)
        self.join()
        # A live one is joined, and a file of another kind is left alone.
        ipn.create(self.path, replace_stale=True).close()
        self.join()
        precious = pathlib.Path(self.path + ".txt")
        precious.write_text("precious")
        with self.assertRaises(ConnectionRefusedError):
            ipn.create(precious, replace_stale=True)
        self.assertEqual(precious.read_text(), "precious")

    def test_have_ports_for_a_direction(self):
        bus = self.bus(lossless=True, pool=1)
        sender = ipn.create(self.path).connect(direction="send")
        reader = ipn.create(self.path).connect("receive")
        (found,) = (n for n in ipn.networks() if os.fspath(n.path) == self.path)
        self.assertEqual((found.used, found.readers, found.writers), (2, 1, 1))
        for number in b"a", b"b":
            sender.send(number)
            self.assertEqual(reader.recv(), number)
        with self.assertRaises(ValueError):
            bus.connect("down")
        self.assertFalse(bus.closed)

    def test_change_their_number_of_ports(self):
        bus = self.bus(ports=1)
        self.join()
        bus.ports = 2
        self.assertEqual((bus.ports, self.join().number), (2, 1))

    def test_that_are_switches_learn_and_are_set(self):
        bus = self.bus(policy="switch")
        one, two, three = self.join(port=1), self.join(port=2), self.join(port=3)
        switch = bus.switch
        stations = [bytes.fromhex(f"0200000000{n:02x}") for n in (1, 2)]
        one.send(b"\xff" * 6 + stations[0] + bytes(46))
        two.send(stations[0] + stations[1] + bytes(46))
        self.assertEqual((len(one.recv()), three.next_length()), (58, 58))
        known = [(address, port) for address, _, port, _, _ in switch.addresses()]
        self.assertEqual(known, [("02:00:00:00:00:01", 1), ("02:00:00:00:00:02", 2)])
        self.assertEqual(switch.statistics()["learned"], 2)
        switch.add_address("02:00:00:00:00:03", 3)
        self.assertTrue(switch.addresses()[2][3])
        switch.delete_address("02:00:00:00:00:03")
        switch.flush()
        self.assertEqual(switch.addresses(), [])
        switch.ageing, switch.limits, switch.mirror = 10.0, (100, 10), 3
        self.assertEqual(
            (switch.ageing, switch.limits, switch.mirror), (10.0, (100, 10), 3)
        )
        switch.filtering = True
        switch.add_vlan(1, 5, untagged=True)
        self.assertIn((5, False, True), switch.vlans(1))
        self.assertTrue(switch.delete_vlan(1, 5))
        self.assertFalse(switch.delete_vlan(1, 5))
        for set_flag in switch.set_flood, switch.set_mcast_flood, switch.set_bcast_flood:
            set_flag(2, False)
        switch.set_locked(1, True)
        with self.assertRaises(ValueError):
            switch.add_address("no address", 1)
        with self.assertRaises(PermissionError):
            one.switch.ageing = 1.0

    def test_have_devices(self):
        self.bus()
        with ipn.create(self.path).tap("pytap0") as tap:
            self.assertEqual(tap.name, "pytap0")
            self.assertIn("pytap0", os.listdir("/sys/class/net"))
        self.assertNotIn("pytap0", os.listdir("/sys/class/net"))
        with self.assertRaises(ValueError):
            ipn.create(self.path).grab("no/device")


class Reliable(Case):
    """Reliable buses: what is missed is told, and what was sent before may be had."""

    def small(self, **more):
        return self.bus(reliable=True, mtu=16, pool=8, **more)

    def test_bus_has_its_shape(self):
        bus = self.small(window=2.5, rate=4096, history=True, evict=True)
        self.assertEqual((bus.reliable, bus.window, bus.rate), (True, 2.5, 4096))
        other = ipn.create(self.path + "2")
        self.addCleanup(other.close)
        self.assertFalse(other.reliable)
        with self.assertRaises(OSError) as caught:
            ipn.connect(self.path + "2", reliable=True)
        self.assertEqual(caught.exception.errno, errno.EPROTOTYPE)

    def test_late_one_gets_what_it_asks_for(self):
        sender = self.small(window=1000, history=True).connect()
        for number in range(4):
            sender.send(b"%d" % number)
        for wanted, first in [({"last": 1}, 3), ({"since": 100}, 0), ({"all": True}, 0)]:
            late = self.join(**wanted)
            for number in range(first, 4):
                self.assertEqual(late.recv_nowait(), b"%d" % number)
            self.assertRaises(BlockingIOError, late.recv_nowait)
        with self.assertRaises(ValueError):
            ipn.connect(self.path, last=1, all=True)

    def test_history_is_the_makers_to_allow(self):
        self.small()
        with self.assertRaisesRegex(PermissionError, "without history"):
            ipn.connect(self.path, last=1)

    def test_gaps_are_told_once_and_of_whom(self):
        sender = self.small(window=0).connect()
        reader = self.join(reliable=True)
        for number in range(60):
            sender.send(b"%d" % number)
        self.assertRaises(ConnectionResetError, reader.recv_nowait)
        message = reader.recv_message()
        first = int(message.data)
        gap, = message.gaps
        self.assertEqual((gap.port, gap.lost), (sender.number, first))
        self.assertEqual(reader.recv_message().gaps, [])
        self.assertEqual(reader.statistics().lost, first)

    def test_gaps_are_told_of_what_is_mapped(self):
        sender = self.small(window=1000).connect()
        receiver = self.join(reliable=True).receiver()
        self.addCleanup(receiver.close)
        self.assertTrue(receiver.mapped)
        sender.skip(3)
        sender.send(b"behind")
        self.assertRaises(ConnectionResetError, receiver.recv)
        self.assertEqual(receiver.recv(), b"behind")
        self.assertEqual([(gap.port, gap.lost) for gap in receiver.gaps], [(0, 3)])
        self.assertEqual(receiver.sequence.number, 4)

    def test_messages_tell_their_sequence_and_origin(self):
        cable = self.small().connect()
        reader = self.join(reliable=True)
        reader.sequences()
        origin = ipn.Origin(bus=7, sequence=8, port=9)
        cable.send(b"from here")
        cable.send_from(b"from there", origin)
        one, two = (reader.recv_message().sequence for _ in range(2))
        self.assertEqual((one.number, one.origin), (1, None))
        self.assertEqual((two.number, two.origin, two.skipped), (2, origin, 0))
        self.assertEqual(repr(two.origin), "Origin(bus=7, sequence=8, port=9, hops=1)")

    def test_statistics_tell_of_the_bus(self):
        sender = self.small(window=0, evict=True).connect()
        reader = self.join(reliable=True)
        for number in range(60):
            sender.send(b"%d" % number)
        self.assertIsNone(reader.recv())
        self.assertEqual((sender.statistics().evicted, sender.statistics().waited), (1, 0))


if __name__ == "__main__":
    unittest.main()
