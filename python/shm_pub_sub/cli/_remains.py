"""What lies in the domain's directory that could be removed, and removing it.

Only files that this library names are ever looked at: `shm_pub_sub.` and a topic, and
`shm_pub_sub#`, the names that files have while they are made.
"""

from __future__ import annotations

import os
import stat
import time
from typing import NamedTuple
from urllib.parse import unquote

import shm_pub_sub
from shm_pub_sub import LayoutError
from shm_pub_sub._arguments import directory
from shm_pub_sub._topics import file_of

from ._topics import looked_at, names, one_matches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DRAFT_PREFIX = "shm_pub_sub#"
DRAFT_AGE = 60.0
"""Seconds after which a file that is being made is taken for what a kill left, as in Go."""

DEAD = "dead publisher"
RETAINED = "retained value"
DRAFT = "killed while it was made"
ALIVE = "its publisher lives"
DAMAGED = "damaged, or of another version"
UNREADABLE = "cannot be read"

ALWAYS = frozenset({DEAD, DRAFT})
"""What nobody misses."""


class Remains(NamedTuple):
    """A file that could be removed, and what it is."""

    name: str
    """The topic; of a draft, its file's name."""
    path: str
    what: str
    nbytes: int

    def remove(self) -> None:
        """Remove it; of a topic that is dead, only while that is so.

        Raises ShmError or OSError.
        """
        if self.what in (DEAD, RETAINED):
            shm_pub_sub.remove(self.name)
        else:
            os.unlink(self.path)  # noqa: PTH108


def remains(patterns: Sequence[str] = ()) -> Iterator[Remains]:
    """Yield all that is there: topics, whether dead, alive or damaged, then drafts."""
    where = directory()
    for name, (topic, error) in looked_at(names(patterns)):
        if topic is None:
            path = file_of(where, name)
            what = DAMAGED if isinstance(error, LayoutError) else UNREADABLE
            try:
                yield Remains(name, path, what, os.lstat(path).st_size)
            except FileNotFoundError:
                continue
        else:
            what = ALIVE if topic.alive else RETAINED if topic.retain else DEAD
            yield Remains(name, topic.path, what, topic.nbytes)
    yield from _drafts(where, patterns)


def _drafts(where: str, patterns: Sequence[str]) -> Iterator[Remains]:
    for entry in sorted(os.scandir(where), key=lambda entry: entry.name):
        topic = entry.name.removeprefix(DRAFT_PREFIX)
        if topic == entry.name or (patterns and not one_matches(patterns, unquote(topic))):
            continue
        try:
            status = entry.stat(follow_symlinks=False)
        except OSError:
            continue  # it has its name by now
        if stat.S_ISREG(status.st_mode) and time.time() - status.st_mtime > DRAFT_AGE:
            yield Remains(entry.name, entry.path, DRAFT, status.st_size)
