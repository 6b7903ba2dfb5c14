"""A model of publishers and subscribers of one topic, for values that are all different.

A value that is carried over is the same value in two files, so that nothing here knows of
positions: a subscriber's file has for it whatever it does not know yet. _pool models chunks.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field

from ._kinds import KINDS
from ._pool import Pool

Answer = list[int] | str
"""Results; "type" for the error of another type's topic."""


@dataclass(eq=False)
class File:
    kind: str
    depth: int
    retain: bool
    most: int
    """Steps of a value."""
    values: list[int] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    """Of each value, ns: what the file has of those that were not given."""
    carried: int | None = None
    live: bool = True
    retired: bool = False
    pool: Pool | None = None


@dataclass
class Loan:
    file: File
    chunk: int | None
    value: int


class Topic:
    def __init__(self, kind: str) -> None:
        self.kind = kind
        """What its subscribers read."""
        self.file: File | None = None
        """The file that the name points at."""

    def begin(self, kind: str, depth: int, retain: bool, views: int, loans: int, most: int) -> None:
        """A new publisher; there is no live one."""
        old, self.file = self.file, File(kind, depth, retain, most)
        if old is not None:
            same = old.retain and old.kind == kind and bool(old.values)
            if same and KINDS[kind].fits(old.values[-1], most):
                self.file.carried = old.values[-1]
                self.file.values.append(old.values[-1])
                self.file.times.append(old.times[-1])
            old.retired = True
        if KINDS[kind].pooled:
            self.file.pool = Pool(depth, views, loans, self.file.carried)

    def publish(self, values: list[int]) -> str:
        """Returns what the publisher answers."""
        assert self.file is not None
        if not all(KINDS[self.file.kind].fits(value, self.file.most) for value in values):
            return "value"
        if (pool := self.file.pool) is not None:
            if pool.taken == pool.loans:
                return "loan"
            for value in values:
                pool.publish(pool.take(), value)
        self.file.values += values
        return ""

    def publish_at(self, value: int, delta: int) -> str:
        file = self.file
        assert file is not None
        carries = file.carried is not None and len(file.values) == 1  # tells it by its time
        if KINDS[file.kind].fits(value, file.most) and file.times and delta < carries:
            return "value"
        return self.publish([value])

    def lend(self, value: int) -> Loan | str:
        """Returns a loan, or what the publisher answers."""
        assert self.file is not None
        pool = self.file.pool
        if not KINDS[self.file.kind].fits(value, self.file.most):
            return "value"
        if pool is None:
            return Loan(self.file, None, value)
        return "loan" if pool.taken == pool.loans else Loan(self.file, pool.take(), value)

    def give(self, loan: Loan, publish: bool) -> str:
        file = loan.file
        if file.live and publish:
            if file.pool is not None and loan.chunk is not None:
                file.pool.publish(loan.chunk, loan.value)
            file.values.append(loan.value)
        elif file.live and file.pool is not None and loan.chunk is not None:
            file.pool.drop(loan.chunk)
        return "" if file.live or not publish else "closed"

    def end(self, killed: bool) -> None:
        assert self.file is not None
        self.file.live = False
        if not killed and not self.file.retain:
            self.remove()

    def remove(self) -> None:
        assert self.file is not None
        self.file.retired = True
        self.file = None

    def is_over(self, file: File) -> bool:
        """Whether only subscribers that kept the file read from it."""
        return file.retired or not (file.live or file.retain)


class Subscriber:
    """One of the topic's kind."""

    def __init__(self, topic: Topic, history: int, copy: bool) -> None:
        self.topic = topic
        self.lost = 0
        self.copied = range(1)
        """What `copied` may be: a file without its name cannot be pinned if it was not before."""
        self._copy = copy or not KINDS[topic.kind].views
        self.receiving = False
        self.file: File | None = None
        self.left: File | None = None
        self.known: set[int] = set()
        """Values that were taken, lost, or published before it began."""
        self.doubt: int | None = None
        """A value that was left behind, and is lost unless the next file has it."""
        if (file := self._look()) is not None:
            kept = min(history, len(file.values), file.depth)
            self.known.update(file.values[: len(file.values) - kept])

    @property
    def finds_another_type(self) -> bool:
        file = self.topic.file
        return file is not None and file.kind != self.topic.kind and not self.topic.is_over(file)

    def _pending(self, file: File | None) -> list[int]:
        if file is None:
            return []
        first = self.left.values if self.left is not None and file is not self.left else []
        return [value for value in file.values if value not in self.known and value not in first]

    def _look(self) -> File | None:
        """Return the file to read, after going on to the next one if necessary."""
        if self.file is not None and self.topic.is_over(self.file):
            self._leave(self.file)
        file = self.topic.file
        if (
            self.file is None
            and file
            and file.kind == self.topic.kind
            and not self.topic.is_over(file)
        ):
            self._enter(file)
        return self.file

    def _leave(self, file: File) -> None:
        if not self._pending(self.left):
            self.left = None
        pending, self.file = self._pending(file), None
        if pending and self.receiving and self.left is None:
            self.left = file
            return
        self.lost += len(pending)
        self.known.update(pending)
        if pending and file.retain:
            self.doubt = pending[-1]
            self.lost -= 1

    def _enter(self, file: File) -> None:
        self.file = file
        if self.doubt is not None and self.doubt == file.carried:
            self.known.remove(self.doubt)
        elif self.doubt is not None:
            self.lost += 1
        self.doubt = None

    def _note_view(self, file: File, held: Counter[File]) -> None:
        """A view of the file's, or a copy, is made, which is kept beside those that are held."""
        if self._copy:
            return
        assert file.pool is not None
        copied = file.pool.free_views <= held[file]
        held[file] += 1
        least = self.copied.start + copied
        self.copied = range(least, self.copied.stop + (copied or file is not self.topic.file))

    def take(self, held: Counter[File] | None = None) -> tuple[int, int] | None:
        """Return the next value and its number, or None. held: views of the same call; none: it is
        copied to the caller's memory."""
        self.receiving = True
        while True:
            for file in (self.left, self.file):
                pending = self._pending(file)
                if file is None or not pending:
                    continue
                value = next(value for value in pending if value in file.values[-file.depth :])
                self.lost += pending.index(value)
                self.known.update(pending[: pending.index(value) + 1])
                if held is not None:
                    self._note_view(file, held)
                return value, file.values.index(value) + 1
            before = self.file
            if self._look() is before and not self._pending(self.left):
                return None

    def newest(self) -> tuple[int, int] | None:
        file = self._look()
        if file is None or not file.values:
            return None
        self._note_view(file, Counter())
        return file.values[-1], len(file.values)

    def view(self) -> tuple[int, File, int | None] | None:
        """Return the newest value, its file, and the entry of a view of it, which is kept."""
        found, file = self.newest(), self.file
        if found is None or file is None:
            return None
        entry = None if self._copy or file.pool is None else file.pool.pin(found[1])
        return found[0], file, entry

    def last(self, count: int) -> list[int]:
        file, held = self._look(), Counter[File]()
        found = file.values[-min(count, file.depth) :] if file is not None else []
        for _ in found:
            if file is not None and not KINDS[self.topic.kind].stacked:
                self._note_view(file, held)
        return found

    def _kept(self, file: File | None) -> list[tuple[int, int, int]]:
        """Return values with their numbers and times, oldest first."""
        every = (
            [] if file is None else zip(file.values, itertools.count(1), file.times, strict=False)
        )
        return list(every)[-file.depth :] if file is not None else []

    def time(self, which: int, delta: int) -> int:
        """Return a time near to that of a kept value."""
        kept = self._kept(self._look())
        return kept[-1 - which % len(kept)][2] + delta if kept else 1

    def by_time(self, what: str, ns: int) -> list[int]:
        """Return what at() and after() find, with number and time, or the values of since()."""
        kept, held = self._kept(file := self._look()), Counter[File]()
        if what == "at":
            kept = sorted(kept, key=lambda v: (abs(v[2] - ns), -v[1]))[:1]
        elif what == "after":
            kept = [v for v in kept if v[2] >= ns][:1]
        else:
            kept = [v for v in kept if v[2] > ns]
        for _ in kept:
            assert file is not None
            self._note_view(file, held)
        return [v[0] for v in kept] if what == "since" else [n for v in kept for n in v]

    def has_something(self) -> bool:
        """Whether it may take something, or raise."""
        self.receiving = True
        if self._pending(self.left) or self._pending(self.file):
            return True
        self._look()
        return bool(self._pending(self.left) or self._pending(self.file)) or self.finds_another_type
