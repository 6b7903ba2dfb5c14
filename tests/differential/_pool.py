"""A model of a topic's chunks, slots and pins: what they are after each step is known exactly, as
the scripts do one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class Slot:
    sequence: int = 0
    chunk: int | None = None
    """None: the slot is odd, or was never used."""
    value: int = 0


class Pool:
    def __init__(self, depth: int, views: int, loans: int, carried: int | None) -> None:
        self.slots = [Slot() for _ in range(depth + 1)]
        self.idle = list(range(depth + views + 1 + loans - 1, -1, -1))
        self.table: list[int | None] = [None] * (views + 1)
        self.views, self.loans = views, loans
        self.head = self.prepared = self.taken = 0
        if carried is not None:
            self.idle.remove(0)
            self._name(0, carried)

    def _slot(self, number: int) -> Slot:
        return self.slots[number % len(self.slots)]

    def _prepare(self) -> None:
        number = self.head + 1
        if self.prepared == number:
            return
        self.prepared, slot = number, self._slot(number)
        slot.sequence = 2 * number - 1
        if slot.chunk is not None:
            self.idle.append(slot.chunk)
        slot.chunk = None

    def _name(self, chunk: int, value: int) -> None:
        self.head += 1
        slot = self._slot(self.head)
        slot.sequence, slot.chunk, slot.value = 2 * self.head, chunk, value

    def take(self) -> int:
        """The chunk of a new loan; there is one to be had."""
        assert self.taken < self.loans
        self._prepare()
        chunk = next(chunk for chunk in reversed(self.idle) if chunk not in self.table)
        self.idle.remove(chunk)
        self.taken += 1
        return chunk

    def publish(self, chunk: int, value: int) -> None:
        self._prepare()
        self._name(chunk, value)
        self.taken -= 1

    def drop(self, chunk: int) -> None:
        self.idle.append(chunk)
        self.taken -= 1

    @property
    def free_views(self) -> int:
        return self.table[: self.views].count(None)

    def pin(self, number: int) -> int | None:
        """The entry of a new view."""
        for entry in range(self.views):
            if self.table[entry] is None:
                self.table[entry] = self._slot(number).chunk
                return entry
        return None

    def state(self, size: Any) -> list[Any]:
        """The slots' sequences, and of values chunk and length; and the chunks pinned."""
        slots = [
            (slot.sequence, *(() if slot.chunk is None else (slot.chunk, size(slot.value))))
            for slot in self.slots
        ]
        return [slots, self.table]
