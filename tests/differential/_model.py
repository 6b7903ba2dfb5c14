"""A model of publishers and subscribers of one topic, for values that are all different.

A value that is carried over is the same value in two files, so that nothing here knows of times or
positions: a subscriber's file has for it whatever it does not know yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Answer = list[int] | str
"""Results; "type" for the error of another type's topic."""


@dataclass(eq=False)
class File:
    kind: str
    depth: int
    retain: bool
    values: list[int] = field(default_factory=list)
    carried: int | None = None
    live: bool = True
    retired: bool = False


class Topic:
    def __init__(self) -> None:
        self.file: File | None = None
        """The file that the name points at."""

    def begin(self, kind: str, depth: int, retain: bool) -> None:
        """A new publisher; there is no live one."""
        old, self.file = self.file, File(kind, depth, retain)
        if old is None:
            return
        if old.retain and old.kind == kind and old.values:
            self.file.carried = old.values[-1]
            self.file.values.append(old.values[-1])
        old.retired = True

    def publish(self, values: list[int]) -> None:
        assert self.file is not None
        self.file.values += values

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
    """An int subscriber."""

    def __init__(self, topic: Topic, history: int) -> None:
        self.topic = topic
        self.lost = 0
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
        return file is not None and file.kind != "int" and not self.topic.is_over(file)

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
        if self.file is None and file and file.kind == "int" and not self.topic.is_over(file):
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

    def take(self) -> tuple[int, int] | None:
        """Return the next value and its number, or None."""
        self.receiving = True
        while True:
            for file in (self.left, self.file):
                pending = self._pending(file)
                if file is None or not pending:
                    continue
                value = next(value for value in pending if value in file.values[-file.depth :])
                self.lost += pending.index(value)
                self.known.update(pending[: pending.index(value) + 1])
                return value, file.values.index(value) + 1
            before = self.file
            if self._look() is before and not self._pending(self.left):
                return None

    def newest(self) -> tuple[int, int] | None:
        file = self._look()
        return (file.values[-1], len(file.values)) if file is not None and file.values else None

    def has_something(self) -> bool:
        """Whether it may take something, or raise."""
        self.receiving = True
        if self._pending(self.left) or self._pending(self.file):
            return True
        self._look()
        return bool(self._pending(self.left) or self._pending(self.file)) or self.finds_another_type
