"""Which topics of a directory may have appeared, gone or been replaced: by inotify if that works.

Without it, and while there is no such directory, it scans. Nothing is opened here.
"""

from __future__ import annotations

import errno
import os
import re
import time

from . import _hot
from ._errors import ShmError
from ._log import logger
from ._topics import file_of

SCAN = 0.1
"""Seconds between scans without inotify. If nothing has changed one costs 3 us."""

CHECK = 1.0
"""Seconds between checks whether the directory still has its path: a link may point elsewhere."""

RETRY = 10.0
"""Seconds between attempts to get an inotify after one was refused."""

SETTLED = 100_000_000
"""Nanoseconds after which a directory that changes again gets another time of change for sure."""

ABSENT = errno.ENOENT, errno.ENOTDIR
"""There is no such directory, which is nothing to log."""

PREFIX = "shm_pub_sub."
NOTHING: frozenset[str] = frozenset()

_ENCODED = re.compile(rb"%([0-9A-F]{2})")


class Directory:
    """A directory of topics, for one follower.

    Args:
        path: Of the directory, which need not exist.
        poll: Becomes readable when changes() has something to return.
    """

    def __init__(self, path: str, poll: _hot.Poll) -> None:
        self.watched = False
        """Whether every change is noticed; otherwise look at the names yourself."""
        self._path, self._bytes, self.poll = path, os.fsencode(path), poll
        self._next_check = self._next_attempt = -1.0
        self._changed_at = -1  # ns since the epoch
        self._logged = False

    def changes(self) -> set[str] | frozenset[str] | None:
        """Return the topics whose files may be others since the last call; None: any may be."""
        now = time.monotonic()
        if self.watched:
            files = self.poll.names()
            if files is not None and now < self._next_check:
                return self._topics(files) if files else NOTHING
            self._next_check = now + CHECK
            if self.poll.is_at(self._bytes):
                return None if files is None else self._topics(files)
            self.watched = False  # another directory has the path, or none
        elif now < self._next_check:
            return NOTHING
        if now >= self._next_attempt:
            self._watch(now)
        if self.watched:
            self._next_check = now + CHECK
            self.poll.names()  # all are looked at now
            return None
        self._next_check = now + SCAN
        return None if self._has_changed() else NOTHING

    def due(self) -> float:
        """Return when to call changes() again if the poll is not readable by then (monotonic)."""
        return self._next_check

    def _watch(self, now: float) -> None:
        try:
            watch(self.poll, self._bytes)
        except OSError as error:
            if error.errno in ABSENT:
                return
            self._next_attempt = now + RETRY
            if not self._logged:
                self._logged = True
                logger().warning(
                    "following topics in %s: inotify: %s; looking at the directory every %g s "
                    "instead",
                    self._path,
                    error.strerror,
                    SCAN,
                )
        else:
            self.watched, self._logged = True, False

    def _has_changed(self) -> bool:
        """Report whether the directory has other files than at the last look."""
        try:
            changed = os.stat(self._path).st_mtime_ns
        except OSError:
            changed = 0
        before, self._changed_at = self._changed_at, changed
        return changed != before or time.time_ns() - changed < SETTLED

    def _topics(self, files: set[bytes]) -> set[str]:
        return {name for file in files if (name := topic_of(self._path, file)) is not None}


def watch(poll: _hot.Poll, path: bytes) -> None:
    """Have the poll notice names that change; raises OSError."""
    poll.join(path)


def topic_of(directory: str, file: bytes) -> str | None:
    """Return the topic of a file, as topicOf in internal/segment/name.go does."""
    encoded = file[len(PREFIX) :]
    try:
        name = _ENCODED.sub(lambda match: bytes.fromhex(match[1].decode()), encoded).decode()
        path = file_of(directory, name)
    except (ValueError, ShmError):  # no UTF-8, a NUL, too long
        return None
    return name if os.fsencode(os.path.basename(path)) == file else None
