"""Two processes of one peer, for programs that measure between them."""

import ctypes
import os
import select
import signal
import time

JOINING = 0.5
"""Seconds for ends that discover each other without saying when they have."""


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Partner:
    """The other process, as seen from either."""

    def __init__(self, reads, writes, pid):
        self._reads, self._writes, self._rest = reads, writes, b""
        self.pid = pid
        """0 in the child."""

    def tell(self, line=b""):
        os.write(self._writes, line + b"\n")

    def hears(self, seconds):
        """It reports whether a line comes within that time."""
        return bool(self._rest) or bool(select.select([self._reads], [], [], seconds)[0])

    def hear(self):
        while b"\n" not in self._rest:
            if not (data := os.read(self._reads, 65536)):
                raise SystemExit("the other process ended")
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def meet(self):
        """Wait until the other process is here too."""
        self.tell()
        self.hear()


def fork(processors):
    """Return the partner in both, each on its processor."""
    here, there = os.pipe(), os.pipe()
    pid = os.fork()
    if processors:
        os.sched_setaffinity(0, {int(processors[0 if pid else 1])})
    if not pid:
        die_with_parent()
    partner = Partner(here[0], there[1], pid) if pid else Partner(there[0], here[1], 0)
    for unused in (here[1], there[0]) if pid else (here[0], there[1]):
        os.close(unused)
    return partner


def settle(peer, partner):
    partner.meet()
    if peer.REQUIREMENTS:
        time.sleep(JOINING)
