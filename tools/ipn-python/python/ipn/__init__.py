# SPDX-License-Identifier: GPL-2.0
"""Networks between processes: the AF_IPN socket family.

A network is a bus with a file name. A process that may open the file joins it,
and what one member sends the others get, as whole messages.

>>> import ipn, tempfile
>>> path = tempfile.mkdtemp() + '/bus'
>>> bus = ipn.create(path, mode=0o744, lossless=True)
>>> reader = ipn.connect(path, direction='receive')
>>> with ipn.connect(path, direction='send') as sender:
...     for number in range(3):
...         sender.send(b'message %d' % number)
>>> bus.terminate()
>>> for message in reader:
...     print(message)
b'message 0'
b'message 1'
b'message 2'

What fails raises OSError with the kernel's errno, and says why and what to try.
ipn.aio is for asyncio. Interface, rights and options are in af_ipn(7).
"""

from ._ipn import (
    AF_IPN,
    Device,
    Gap,
    Manager,
    Members,
    Message,
    NetworkInfo,
    Origin,
    Port,
    PortStatistics,
    Receiver,
    Record,
    RecordPort,
    Sender,
    Sequence,
    Switch,
    __version__,
    connect,
    create,
    drop_reasons,
    networks,
    release_device,
)

__all__ = [
    "AF_IPN",
    "Device",
    "Gap",
    "Manager",
    "Members",
    "Message",
    "NetworkInfo",
    "Origin",
    "Port",
    "PortStatistics",
    "Receiver",
    "Record",
    "RecordPort",
    "Sender",
    "Sequence",
    "Switch",
    "__version__",
    "connect",
    "create",
    "drop_reasons",
    "networks",
    "release_device",
]
