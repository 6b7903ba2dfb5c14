"""How many topics this process can follow with the descriptors that it may have."""

from __future__ import annotations

import os
import resource
import time

SPARE = 64
"""Descriptors that are left to the program, or a quarter if it may have fewer than 256."""

RECOUNT = 1.0
"""Seconds after which the program's own descriptors are counted again."""

EACH = 2
"""Descriptors of a topic: its file, and one to wait for."""


class Descriptors:
    """The number of topics that there is room for, without raising the process's limit."""

    def __init__(self) -> None:
        self._most = 0
        self._count_at = 0.0

    def most(self, followed: int) -> int:
        """Return how many topics can be followed, if so many are now."""
        now = time.monotonic()
        if now >= self._count_at:
            self._count_at = now + RECOUNT
            limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
            try:
                count = len(os.listdir("/proc/self/fd"))
            except OSError:
                count = EACH * followed + SPARE  # no /proc, or not one left to look with
            free = limit - count - min(SPARE, limit // 4)
            self._most = followed + max(0, free // EACH)
        return self._most


def open_as_many_as_allowed() -> int:
    """Let this process have all descriptors that it may have, and return how many that is.

    Each subscriber takes one, and another one if it is waited for; 1,024 are what a shell mostly
    allows.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most
