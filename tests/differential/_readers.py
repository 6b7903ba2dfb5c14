"""Subscribers of the library in Python, and in a process in Go."""

from __future__ import annotations

import array
from typing import Any

import numpy as np
import shm_pub_sub

from ._kinds import KINDS, Kind
from ._model import Answer
from ._sides import Lines


class CSubscriber:
    def __init__(self, topic: str, kind: str, history: int, copy: bool) -> None:
        self._kind: Kind = KINDS[kind]
        self._subscriber: Any = shm_pub_sub.Subscriber(
            topic, self._kind.default, history=history, copy=copy
        )
        self._views: dict[int, Any] = {}

    def answer(self, what: str, limit: int = 0, ns: int = 0) -> tuple[Answer, int]:
        try:
            found: Answer = self._by_time(what, ns) if ns else self._read(what, limit)
        except shm_pub_sub.TopicTypeError:
            found = "type"
        return found, self._subscriber.lost

    @property
    def copied(self) -> int:
        number: int = self._subscriber.copied
        return number

    def view(self, number: int) -> tuple[Answer, int]:
        """Reads the newest value, and keeps it."""
        try:
            value, ok = self._subscriber.subscribe()
        except shm_pub_sub.TopicTypeError:
            return "type", self._subscriber.lost
        if ok:
            self._views[number] = value
        return [self._kind.decode(value)] if ok else [], self._subscriber.lost

    def give_back(self, number: int) -> int:
        return self._kind.decode(self._views.pop(number))

    def _by_time(self, what: str, ns: int) -> list[int]:
        sub, decode = self._subscriber, self._kind.decode
        if what == "since":
            return [decode(found.value) for found in sub.since(ns)]
        try:
            found = sub.at(ns) if what == "at" else sub.after(ns, 0)
        except shm_pub_sub.WaitTimeoutError:
            return []
        return [] if found is None else [decode(found.value), found.sequence, found.time_ns]

    def _read(self, what: str, limit: int) -> list[int]:
        sub, decode = self._subscriber, self._kind.decode
        if what == "take":
            value = sub.try_recv()
            return [] if value is None else [decode(value)]
        if what == "take_into":
            assert self._kind.room is not None
            value = sub.try_recv(into=self._kind.room())
            return [] if value is None else [decode(value)]
        if what == "newest":
            value, ok = sub.subscribe()
            return [decode(value)] if ok else []
        if what == "last":
            return list(map(decode, sub.last(limit)))
        if what == "drain":
            return self._drain(limit)
        try:
            found = sub.recv_sample(0) if what == "sample" else sub.sample()
        except shm_pub_sub.WaitTimeoutError:
            return []
        return [] if found is None else [decode(found.value), found.sequence]

    def _drain(self, limit: int) -> list[int]:
        sub, decode = self._subscriber, self._kind.decode
        if limit == 0:
            return list(map(decode, sub.drain()))
        if isinstance(self._kind.default, int):
            room: Any = array.array("q", bytes(8 * limit))
        elif isinstance(self._kind.default, np.ndarray) and not self._kind.step:
            room = np.zeros((limit, *self._kind.default.shape), np.int64)
        else:
            return self._take_several(limit)
        return list(map(decode, room[: sub.drain(into=room)]))

    def _take_several(self, limit: int) -> list[int]:
        taken: list[int] = []
        try:
            while len(taken) < limit and (found := self._read("take", 0)):
                taken += found  # no view of it is kept
        except shm_pub_sub.TopicTypeError:
            if not taken:
                raise
        return taken

    def has_something(self) -> bool:
        return shm_pub_sub.select([self._subscriber], 0) != []

    def fileno(self) -> None:
        self._subscriber.fileno()

    def end(self) -> None:
        self._subscriber.close()


class GoSubscriber:
    def __init__(self, lines: Lines, topic: str, kind: str, history: int) -> None:
        self._lines = lines
        self._number = id(self)
        answer = lines.ask("subscriber", self._number, topic, kind, history)
        self.refused = answer[0] == "type"

    def answer(self, what: str, limit: int = 0, ns: int = 0) -> tuple[Answer, int]:
        return self._ask(what, ns or limit)

    def _ask(self, *words: object) -> tuple[Answer, int]:
        what, *rest = words
        *found, lost = self._lines.ask(what, self._number, *rest)
        return "type" if found == ["type"] else list(map(int, found)), int(lost)

    def view(self, number: int) -> tuple[Answer, int]:
        return self._ask("borrow", f"{self._number}.{number}")

    def give_back(self, number: int) -> int:
        return int(self._lines.ask("give_back", self._number, f"{self._number}.{number}")[0])

    def end(self) -> None:
        self._lines.ask("end", self._number)
