#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sends the number that a file begins with, once a second, as a sensor's value.

    producer.py /tmp/sensors load /proc/loadavg jobs
"""

import signal
import sys
import time

import ipn


def main(network: str, name: str, file: str, unit: str) -> None:
    # Everybody may receive. The name may be what a network that has ended has left.
    bus = ipn.create(network, mode=0o744, replace_stale=True)
    with bus.connect(direction="send") as port:
        while True:
            with open(file, encoding="ascii") as sensor:
                value = sensor.read().split()[0]
            port.send(f"{name} {value} {unit}".encode())
            time.sleep(1)


if len(sys.argv) != 5:
    print("usage: producer.py NETWORK NAME FILE UNIT", file=sys.stderr)
    sys.exit(2)
signal.signal(signal.SIGINT, signal.SIG_DFL)
try:
    main(*sys.argv[1:])
except OSError as error:
    sys.exit(f"producer.py: {error}")
except (IndexError, UnicodeError):
    sys.exit(f"producer.py: there is no value in {sys.argv[3]}")
