"""Files in the topics' directory that could be removed, and removing them.

Only files with this library's names count: `shm_pub_sub.` and a topic, and `shm_pub_sub#`, the
prefix of files that are being made.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Sequence
from errno import ENOENT
from typing import NamedTuple
from urllib.parse import unquote

from ._arguments import check_directory, check_name
from ._errors import LayoutError
from ._patterns import Selection
from ._topics import file_of, inspect_each, names
from ._topics import remove as remove_topic

DRAFT_PREFIX = "shm_pub_sub#"
DRAFT_AGE = 60.0
"""Seconds after which a file that is being made counts as left by a kill, as in Go."""

DEAD = "dead publisher"
RETAINED = "retained value"
DRAFT = "killed while creating it"
ALIVE = "live publisher"
DAMAGED = "damaged or of another version"
UNREADABLE = "unreadable"

ALWAYS = frozenset({DEAD, DRAFT})
"""What is of no use to anyone."""


class Leftover(NamedTuple):
    """A file that could be removed, and what it is."""

    name: str
    """The topic, or the file's name if its making was killed."""
    path: str
    """The file."""
    what: str
    """"dead publisher", "retained value", "killed while creating it", "unreadable" or
    "damaged or of another version"."""
    nbytes: int
    """Of shared memory."""
    file: tuple[int, int]
    """Device and inode."""

    def remove(self) -> None:
        """Remove the file; a topic only if its publisher is still dead.

        Raises ShmError or OSError: FileNotFoundError also if another file has the name meanwhile.
        """
        if _file(os.lstat(self.path)) != self.file:
            raise FileNotFoundError(ENOENT, "found another file by now", self.path)
        if self.what in (DEAD, RETAINED):
            remove_topic(self.name, directory=os.path.dirname(self.path))
        else:
            os.unlink(self.path)


def leftovers(*patterns: str, directory: str | os.PathLike[str] | None = None) -> list[Leftover]:
    """Return the files of topics that have no live publisher.

    Those of dead publishers and those whose making was killed are of no use. Retained values and
    what cannot be read may be.

    Args:
        patterns: Names of topics, or shell patterns of them, as for topics().
        directory: As for Subscriber.

    Raises:
        OpenError: The directory cannot be read (a RuntimeError).
        TopicTypeError: A pattern or directory is of a type that is not accepted (a TypeError).
        TopicValueError: A pattern or directory has a value that is not accepted (a ValueError).
    """
    words = [check_name(pattern) for pattern in patterns]
    return [one for one in remains(words, directory) if one.what != ALIVE]


def remains(
    patterns: Sequence[str] = (),
    directory: str | os.PathLike[str] | None = None,
    exclude: Sequence[str] = (),
) -> Iterator[Leftover]:
    """Yield all files: topics, whether dead, alive or damaged, then drafts."""
    where = check_directory(directory)
    for name, (topic, error) in inspect_each(names(where, patterns, exclude), where):
        if topic is None:
            what = DAMAGED if isinstance(error, LayoutError) else UNREADABLE
        else:
            what = ALIVE if topic.alive else RETAINED if topic.retain else DEAD
        path = file_of(where, name)
        try:
            status = os.lstat(path)
        except FileNotFoundError:
            continue
        yield Leftover(name, path, what, status.st_blocks * 512, _file(status))
    yield from _drafts(where, Selection(patterns, exclude=exclude))


def _drafts(where: str, selection: Selection) -> Iterator[Leftover]:
    entries = [entry for entry in os.scandir(where) if entry.name.startswith(DRAFT_PREFIX)]
    topics = {entry.name: unquote(entry.name.removeprefix(DRAFT_PREFIX)) for entry in entries}
    wanted = set(selection.of(sorted(set(topics.values()))))
    for entry in sorted(entries, key=lambda entry: entry.name):
        if topics[entry.name] not in wanted:
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue  # it has been given its name meanwhile
        if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > DRAFT_AGE:
            yield Leftover(entry.name, entry.path, DRAFT, status.st_blocks * 512, _file(status))


def _file(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino
