# SPDX-License-Identifier: GPL-2.0
"""Ports of networks for asyncio.

>>> import asyncio, ipn, ipn.aio, tempfile
>>> async def main():
...     path = tempfile.mkdtemp() + '/bus'
...     with ipn.create(path) as bus:
...         reader = ipn.aio.AsyncPort(ipn.connect(path, direction='receive'))
...         sender = ipn.aio.AsyncPort(ipn.connect(path, direction='send'))
...         async with reader, sender:
...             await sender.send(b'hello')
...             bus.terminate()
...             return [message async for message in reader]
>>> asyncio.run(main())
[b'hello']
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from . import Members, Port

if TYPE_CHECKING:
    # Python has it from 3.12 on.
    from typing_extensions import Buffer

__all__ = ["AsyncPort"]

T = TypeVar("T")


class AsyncPort:
    """A Port whose calls are awaited. One task may receive while another sends."""

    def __init__(self, port: Port) -> None:
        """Takes the port over, which gets non-blocking."""
        port.setblocking(False)
        self.port = port

    async def send(self, message: Buffer) -> None:
        """Sends a message; on a lossless network it waits for the slowest reader."""
        loop = asyncio.get_running_loop()
        await self._when_ready(
            lambda: self.port.send_nowait(message),
            loop.add_writer,
            loop.remove_writer,
        )

    async def recv(self) -> bytes | Members | None:
        """Waits for the next message: see Port.recv."""
        loop = asyncio.get_running_loop()
        return await self._when_ready(
            self.port.recv_nowait, loop.add_reader, loop.remove_reader
        )

    async def _when_ready(
        self,
        call: Callable[[], T],
        watch: Callable[[int, Callable[[], None]], None],
        forget: Callable[[int], bool],
    ) -> T:
        descriptor = self.port.fileno()
        while True:
            try:
                return call()
            except BlockingIOError:
                pass
            ready = asyncio.Event()
            watch(descriptor, ready.set)
            try:
                await ready.wait()
            finally:
                forget(descriptor)

    def close(self) -> None:
        """Leaves the network."""
        self.port.close()

    async def __aenter__(self) -> AsyncPort:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.close()

    def __aiter__(self) -> AsyncPort:
        return self

    async def __anext__(self) -> bytes | Members:
        message = await self.recv()
        if message is None:
            raise StopAsyncIteration
        return message
