"""A receiver as a sender sees it: it asks, and notes what it gets. It publishes nothing."""

from __future__ import annotations

import itertools
import queue
import time
from typing import Any

from shm_pub_sub._network.clock import Clock
from shm_pub_sub._network.messages import (
    Description,
    Request,
    Round,
    codec_of,
    pack_request,
    unpack_round,
    unpack_values,
)
from shm_pub_sub._network.options import Options
from shm_pub_sub._network.sender import Sender

SESSIONS = itertools.count(1)


def options(**those: Any) -> Options:
    return Options(**{"name": "robot", "connect": ("tcp/127.0.0.1:1",), "send": ("*",), **those})


class Query:
    """A request that keeps its replies."""

    def __init__(self, payload: bytes, key: str, arrived_ns: int) -> None:
        self.payload, self.key, self.arrived_ns = payload, key, arrived_ns
        self.replies: queue.SimpleQueue[tuple[bytes, str | None] | None] = queue.SimpleQueue()

    def matches(self, key: str) -> bool:
        return key == self.key or (self.key.endswith("**") and key.startswith(self.key[:-2]))

    def reply(self, payload: bytes, key: str | None = None) -> None:
        self.replies.put((payload, key))

    def finish(self) -> None:
        self.replies.put(None)


class Asking:
    """One session of a receiver of that name.

    Values are (topic, number of the publisher here, the value's number, value).
    """

    def __init__(self, sender: Sender, name: str = "laptop", patterns: tuple[str, ...] = ("*",)):
        self._sender, self._name, self._patterns = sender, name, patterns
        self._session, self._round = next(SESSIONS), 0
        self._clock = Clock()
        self._query: Query | None = None
        self.known: dict[int, Description] = {}
        self.values: list[tuple[str, int, Any]] = []
        self.ends: list[tuple[str, int]] = []
        self.complete = False
        self.refused = False

    def ask(self) -> None:
        first = self._round == 0
        request = Request(
            self._session,
            self._round,
            self._clock.now_ns(),
            self._name,
            self._patterns if first else None,
            () if first else None,
        )
        self._query = Query(pack_request(request), "round", self._clock.now_ns())
        self._sender.on_request(self._query)

    def round(self, timeout: float = 10.0) -> Round | None:
        """Ask, if that is not done yet, and take the answer."""
        if self._query is None:
            self.ask()
        assert self._query is not None
        found = self._query.replies.get(timeout=timeout)
        if found is None:
            self.refused = True
            return None
        answer = unpack_round(found[0])
        assert self._query.replies.get(timeout=timeout) is None
        assert (answer.session, answer.round) == (self._session, self._round)
        self._round += 1
        self._query = None
        self._apply(answer)
        return answer

    def until(self, *, values: int = 0, ends: int = 0, known: int | None = None) -> None:
        """Ask until all is described, so many values and ends came, and so many are known."""
        end = time.monotonic() + 10.0
        while not (
            self.complete
            and len(self.values) >= values
            and len(self.ends) >= ends
            and known in (None, len(self.known))
        ):
            assert time.monotonic() < end, (self.values[-5:], self.known, self.ends)
            assert self.round() is not None

    def of(self, topic: str) -> list[Any]:
        return [value for name, _, value in self.values if name == topic]

    def _apply(self, answer: Round) -> None:
        for number, published in answer.ends:
            self.ends.append((self.known.pop(number).topic, published))
        for number, description in answer.descriptions:
            assert number not in self.known
            assert description.topic not in {known.topic for known in self.known.values()}
            self.known[number] = description
        for number, message in answer.updates:
            description = self.known[number]
            found = unpack_values(codec_of(description.descriptor), message)
            assert found.incarnation == description.incarnation
            first = found.number - len(found.raws) + 1
            for n, raw in enumerate(found.raws, first):
                self.values.append((description.topic, n, raw))
        self.complete = answer.complete
