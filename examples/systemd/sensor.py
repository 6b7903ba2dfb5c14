"""A sensor as a service of systemd, which restarts it if it dies or hangs.

    python examples/systemd/sensor.py       # works without systemd, too

Its unit is greenhouse-sensor.service. It says when it is ready, and after each value that it is
well. If that is missing for WatchdogSec, systemd kills it and starts it again.
"""

import os
import random
import signal
import socket
import sys

import shm_pub_sub


def notify(text: str) -> None:
    """Tell systemd: sd_notify(3)."""
    if address := os.environ.get("NOTIFY_SOCKET"):
        if address.startswith("@"):  # an abstract name
            address = "\0" + address[1:]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.sendto(text.encode(), address)


def end(_number: int, _frame: object) -> None:
    sys.exit()


def main() -> None:
    signal.signal(signal.SIGTERM, end)  # as systemctl stop sends it
    celsius = 22.0
    with shm_pub_sub.Publisher("greenhouse/celsius", 0.0, 100, unit="°C") as thermometer:
        for _ in shm_pub_sub.Rate(10):
            celsius += random.gauss(0.0, 1.0) + 0.05 * (22.0 - celsius)
            thermometer.publish(celsius)
            notify("READY=1\nWATCHDOG=1")


if __name__ == "__main__":
    main()
