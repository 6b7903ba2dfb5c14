"""Memory that actors share: what each publisher is about to publish, and has published.

A word is stored and loaded by one instruction each, and outlives a killed process.
"""

import mmap
import os
from pathlib import Path

from ._values import LIMIT

SIZE = 8 * 2 * LIMIT


class Words:
    """announced[g] is the number generation g is publishing, or did last; done[g] the last one
    for which publish() has returned. announced[0] is 1 once the storm ends."""

    def __init__(self, path: Path) -> None:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(fd, SIZE)
        words = memoryview(mmap.mmap(fd, SIZE)).cast("Q")
        os.close(fd)
        self.announced, self.done = words[:LIMIT], words[LIMIT:]

    @property
    def ending(self) -> bool:
        return self.announced[0] == 1

    def end(self) -> None:
        self.announced[0] = 1
