"""Topics that a verb leaves out because they cannot be read: said once, and in the exit code."""

from __future__ import annotations

import os

from shm_pub_sub import ShmError
from shm_pub_sub._arguments import directory
from shm_pub_sub._topics import file_of

from .output import EXIT_DONE, EXIT_FAILURE, complain
from .owners import is_expected

MOST = 10
"""Topics of which each is told; of more at a time their number is."""


class Unreadable:
    """What is left out of all that match a pattern, and why."""

    def __init__(self) -> None:
        self.reasons: dict[str, str] = {}
        """By name; those that have told once stay, as their values are missing."""
        self._told = 0
        self._files: dict[str, object] = {}
        self._expected = False

    def add(self, name: str, error: ShmError, named: bool = False) -> None:
        """Note that the topic cannot be read; tell() says so. named: not only a pattern matched."""
        self._files[name] = _file(name)
        if name not in self.reasons:
            self.reasons[name] = str(error)
            self._expected = self._expected or named or is_expected(name)

    def may_be_tried(self, name: str) -> bool:
        """Report whether the topic was not left out, or its file is another one since."""
        return name not in self._files or self._files[name] != _file(name)

    def tell(self) -> None:
        """Say on stderr what has been left out since the last time."""
        new = [*self.reasons.values()][self._told :]
        self._told = len(self.reasons)
        for reason in new[:MOST]:
            complain(f"{reason}; it is left out")
        if new[MOST:]:
            complain(f"{len(new) - MOST} more are left out; `shm-pub-sub list -v` may say why")

    @property
    def code(self) -> int:
        """The exit code: strangers' topics that only a pattern matched are no failure."""
        return EXIT_FAILURE if self._expected else EXIT_DONE


def _file(name: str) -> object:
    """Return what tells the topic's file from another one, or from one of another mode."""
    try:
        status = os.lstat(file_of(directory(), name))
    except (OSError, ShmError):
        return None
    return status.st_dev, status.st_ino, status.st_ctime_ns, status.st_mode
