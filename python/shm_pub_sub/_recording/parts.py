"""The files of a recording in parts: their names, and the space that they take."""

from __future__ import annotations

import errno
import os
import re
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from .._errors import RecordingError
from .._text import size
from .mcap_format import MAGIC
from .mcap_output import lock

if TYPE_CHECKING:
    from .mcap_writer import McapWriter


def part_path(path: Path, number: int) -> Path:
    """Return the file of a part: run_3.mcap of run.mcap."""
    return path.with_name(f"{path.stem}_{number}{path.suffix}")


def parts_of(path: Path) -> list[Path]:
    """Return the parts that are there of the recording run.mcap, in order.

    The first ones may be gone, as --max-disk removes them. Raises OSError if the folder cannot be
    read.
    """
    return [part_path(path, number) for number in _numbers(path)]


def _numbers(path: Path) -> list[int]:
    pattern = re.compile(f"{re.escape(path.stem)}_(0|[1-9][0-9]*){re.escape(path.suffix)}")
    try:
        names = os.listdir(path.parent)
    except FileNotFoundError:
        return []
    return sorted(int(match[1]) for name in names if (match := pattern.fullmatch(name)))


def free_space(folder: Path) -> int:
    """Return how many bytes this user may still write to the disk with this folder."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


class DiskFullError(RecordingError):
    """There is less space on the disk than is to be left free."""


class Parts:
    """The files of a recording: one, or its parts one after the other.

    Args:
        path: The recording's name.
        compression, compress_large: As for McapWriter.
        split: Whether there are parts.
        max_disk: Bytes that the parts may take; beyond that the oldest are removed.
        min_free: Bytes to leave free on the disk.
        force: Remove a file or parts of that name.
        append: Add parts to existing ones.

    Raises FileExistsError if there is such a recording; OSError; DiskFullError.
    """

    def __init__(
        self,
        path: Path,
        compression: str = "zstd",
        split: bool = False,
        compress_large: bool = False,
        max_disk: int | None = None,
        min_free: int = 0,
        force: bool = False,
        append: bool = False,
    ) -> None:
        self.path, self.split = path, split
        self.removed = 0
        """How many were removed to make room."""
        self.count = 0
        """How many were begun."""
        self.spare = 1 << 62
        """Bytes on the disk beyond those to leave free, when make_room() last looked."""
        self._compression, self._compress_large = compression, compress_large
        self._force = force
        self._max_disk, self._min_free = max_disk, min_free
        self._id = os.urandom(8).hex()
        self._last: Path | None = None
        self._next = 0
        self._kept: deque[tuple[Path, int]] = deque()  # finished, with sizes, the oldest first
        if split:
            folder = path.parent
            if not os.access(folder, os.W_OK | os.X_OK):
                code = errno.EACCES if folder.is_dir() else errno.ENOENT
                raise OSError(code, os.strerror(code), str(folder))
            self._find_existing(append)
        self.make_room(0)

    def _find_existing(self, append: bool) -> None:
        existing = parts_of(self.path)
        if not self._force:
            if self.path.exists():  # tools would take it instead of the parts
                raise FileExistsError(errno.EEXIST, "File exists", str(self.path))
            if existing and not append:
                raise FileExistsError(errno.EEXIST, "File exists", str(existing[0]))
        for part in existing:
            _check_unlocked(part)
        if append and existing and existing[-1].stat().st_size < len(MAGIC):
            existing.pop().unlink()  # its recorder was killed when it had just begun it
        if append:
            self._kept.extend((part, part.stat().st_size) for part in existing)
            if existing:
                self._last = existing[-1]
                self._next = _numbers(self.path)[-1] + 1
        elif self._force:
            for old in [*existing, self.path]:
                old.unlink(missing_ok=True)

    @property
    def first_path(self) -> Path:
        """The first file of this run, begun or not."""
        number = self._next - self.count
        return part_path(self.path, number) if self.split else self.path

    @property
    def kept(self) -> list[Path]:
        """The finished parts that are there."""
        return [path for path, _ in self._kept]

    @property
    def nbytes(self) -> int:
        """Bytes of the finished parts that are there."""
        return sum(nbytes for _, nbytes in self._kept)

    def open(self, nbytes: int = 0) -> tuple[McapWriter, dict[str, str]]:
        """Begin the next file, after making room; return its metadata record RECORDING, too.

        Raises OSError; DiskFullError as make_room().
        """
        from .mcap_writer import McapWriter

        self.make_room(nbytes)
        path = part_path(self.path, self._next) if self.split else self.path
        writer = McapWriter(path, self._compression, self._force, self._compress_large)
        about = {"id": self._id, "part": str(self._next)}
        if self._last is not None:
            about["previous"] = self._last.name
        self._last, self._next = path, self._next + 1
        self.count += 1
        return writer, about

    def add(self, path: Path) -> None:
        """Count a finished part."""
        with suppress(FileNotFoundError):  # somebody moved it
            self._kept.append((path, path.stat().st_size))

    def make_room(self, nbytes: int) -> None:
        """Remove the oldest parts until so many bytes may be written beside them, if any may.

        Raises DiskFullError if there is less space on the disk than is to be left free.
        """
        if self._max_disk is not None:
            least = 0 if nbytes else 1  # the newest one stays
            while len(self._kept) > least and self.nbytes + nbytes > self._max_disk:
                self._remove()
        if not self._min_free:
            return
        while (free := free_space(self.path.parent)) < self._min_free:
            if self._max_disk is None or not self._kept:
                raise DiskFullError(
                    f"record {str(self.path)!r}: found {size(free)} free on the disk; expected at "
                    f"least {size(self._min_free)} (--min-free); free some"
                )
            self._remove()
        self.spare = free - self._min_free

    def _remove(self) -> None:
        path, _ = self._kept.popleft()
        path.unlink(missing_ok=True)
        self.removed += 1


def _check_unlocked(path: Path) -> None:
    """Raise OSError if another recorder is writing the file."""
    with path.open("rb") as file:
        lock(file.fileno(), path, shared=True)
