#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Prints the values of all sensors on a network, until it ends.

    consumer.py /tmp/sensors
"""

import signal
import sys

import ipn


def main(network: str) -> None:
    # Without a buffer: a value is printed when it comes, and what fails is told at once.
    output = open(sys.stdout.fileno(), "wb", buffering=0)
    lost = 0
    with ipn.connect(network, direction="receive") as port:
        while isinstance(message := port.recv_message(), ipn.Message):
            if new := (message.lost or 0) - lost:
                print(f"consumer.py: lost {new} values", file=sys.stderr)
                lost += new
            try:
                text = message.data.decode("ascii")
                name, value, unit = text.split()
                float(value)
                # A terminal may obey what is not printable.
                if not text.isprintable() or value.strip("0123456789.eE+-"):
                    raise ValueError(text)
            except ValueError:
                print("consumer.py: not a value:", message.data, file=sys.stderr)
            else:
                output.write(f"{name}: {value} {unit}\n".encode())


if len(sys.argv) != 2:
    print("usage: consumer.py NETWORK", file=sys.stderr)
    sys.exit(2)
signal.signal(signal.SIGINT, signal.SIG_DFL)
try:
    main(sys.argv[1])
except OSError as error:
    sys.exit(f"consumer.py: {error}")
