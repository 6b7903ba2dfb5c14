"""The file that a recording is written to: whole records only, whatever goes wrong."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

Buffer = bytes | bytearray | memoryview

MOST_PARTS = 1000
"""Buffers that writev() takes at once; the limit is 1024."""


class Output:
    """A file that is written from its start, and locked, as two writers would mix their data.

    Nothing is buffered here: what append() has written is readable even if the process is killed.

    Raises OSError, such as FileExistsError.
    """

    def __init__(self, path: Path, replace: bool) -> None:
        self.place = 0
        """Bytes written."""
        self._path, self._truncated = path, False
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (0 if replace else os.O_EXCL)
        self._fd = os.open(path, flags, 0o666)
        try:
            status = os.fstat(self._fd)
            self._regular, self._linked = stat.S_ISREG(status.st_mode), status.st_nlink > 0
            if self._regular:
                lock(self._fd, path)
                os.ftruncate(self._fd, 0)
        except BaseException:
            os.close(self._fd)
            raise

    def append(self, parts: Sequence[Buffer]) -> None:
        """Write all parts; if that fails, take back what was written of them and raise OSError."""
        left, size = [part for part in parts if len(part)], self.place
        self._look_for_truncation()  # afterwards there would be a hole
        try:
            while left:
                written = os.writev(self._fd, left[:MOST_PARTS])
                size += written
                left = _rest(left, written)
        except BaseException as error:
            self._cut_back()
            if isinstance(error, OSError):
                error.filename = str(self._path)
            raise
        self.place = size

    @property
    def damage(self) -> str:
        """How another program damaged the file, such as "truncated"; "" if it did not."""
        if self._linked and os.fstat(self._fd).st_nlink == 0:
            return "removed, or replaced"
        self._look_for_truncation()
        return "truncated" if self._truncated else ""

    def close(self) -> None:
        """Close the file; closing again does nothing."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def _look_for_truncation(self) -> None:
        if self._regular and os.fstat(self._fd).st_size < self.place:
            self._truncated = True

    def _cut_back(self) -> None:
        """Remove part of a record: half of one would hide all that follows."""
        if self._regular:
            with suppress(OSError):
                if os.fstat(self._fd).st_size > self.place:
                    os.ftruncate(self._fd, self.place)
                os.lseek(self._fd, self.place, os.SEEK_SET)


def lock(fd: int, path: Path, shared: bool = False) -> None:
    """Lock a file until it is closed; raise OSError if another recorder is writing it."""
    try:
        fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        text = "another recorder is writing it; pass another name"
        raise OSError(errno.EBUSY, text, str(path)) from None
    except OSError:
        pass  # a file system without locks


def _rest(parts: list[Buffer], written: int) -> list[Buffer]:
    """Return what is left to write of the parts."""
    for number, part in enumerate(parts):
        if written < len(part):
            return [memoryview(part)[written:], *parts[number + 1 :]]
        written -= len(part)
    return []
