"""Writes down what one reader sees of one topic: runs of reads with the same outcome.

What a single read can prove wrong it notes at once, as a fault. What takes the logs of others to
judge is for the checker.
"""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import shm_pub_sub

from ._log import Log
from ._values import DEFAULTS, content
from ._words import Words

OK, NONE, TYPE = "ok", "none", "type"
"""The outcomes: a value, no value, or another type's publisher."""

FLUSH = {OK: 250_000_000, NONE: 50_000_000, TYPE: 50_000_000}
"""ns after which a run is logged, and the next begins. Its first and its last read are known,
and one between them may have been wrong, if there is no value."""


class Run(NamedTuple):
    """As it is logged, after `read` and the time. Times are CLOCK_MONOTONIC, ns."""

    reader: int
    topic: int
    kind: str
    outcome: str
    generation: int  # 0: none, or a bool's, that nobody knows
    last_k: int
    reads: int
    values: int  # different ones
    first_start: int
    first_end: int
    last_start: int
    last_end: int
    slowest: int  # ns


class Recorder:
    """One reader of one topic. Threads have one each."""

    def __init__(self, log: Log, words: Words, reader: int, topic: int, kind: str) -> None:
        self._log, self._words = log, words
        self._reader, self._topic, self._kind = reader, topic, kind
        self._generation = self._k = 0
        self._last: Any = None
        self._run: list[int] | None = None
        self._key = (NONE, 0)
        self.changes = 0  # how often it read another value than before

    def read(self, subscribe: Callable[[], tuple[Any, bool]]) -> None:
        floor = self._words.done[self._generation] if self._generation else 0
        start = time.monotonic_ns()
        key, k = (NONE, 0), 0
        try:
            value, ok = subscribe()
            end = time.monotonic_ns()
            if ok:
                key, k = self._look_at(value, floor)
            elif value != DEFAULTS[self._kind]:
                self._fault("not the default", value)
        except shm_pub_sub.TopicTypeError:
            end, key = time.monotonic_ns(), (TYPE, 0)
        except Exception as error:
            end = time.monotonic_ns()
            self._fault("raised", repr(error))
        self._add(key, k, start, end)

    def flush(self) -> None:
        """Logs the run that is under way, if any."""
        if self._run is not None:
            k, reads, values, *times = self._run
            run = Run(
                self._reader, self._topic, self._kind, *self._key, k, reads, values, *times
            )  # fmt: skip
            self._log("read", *run)
            self._run = None

    def moved(self, log: Log) -> None:
        """Goes on in a forked child, with a log of its own and all that is known."""
        self._log, self._run = log, None

    def _look_at(self, value: Any, floor: int) -> tuple[tuple[str, int], int]:
        if self._kind == "bool":
            if type(value) is not bool:
                self._fault("never published", repr(value))
            return (OK, 0), 0
        if value == self._last and type(value) is type(self._last):
            generation, k = self._generation, self._k
        else:
            try:
                generation, k = content(self._kind, self._topic, value)
            except ValueError as error:
                self._fault("never published", str(error))
                return (OK, 0), 0
        if generation == self._generation:
            if k < self._k:
                self._fault("backwards", [generation, self._k, k])
            if k < floor:
                self._fault("stale", [generation, floor, k])
        self._generation, self._k, self._last = generation, k, value
        return (OK, generation), k

    def _add(self, key: tuple[str, int], k: int, start: int, end: int) -> None:
        run = self._run
        if run is None or key != self._key or end - run[3] > FLUSH[key[0]]:
            self.flush()
            self._key = key
            self._run = [k, 1, 1, start, end, start, end, end - start]
            return
        if k != run[0]:
            run[0] = k
            run[2] += 1
            self.changes += 1
        run[1] += 1
        run[5], run[6] = start, end
        run[7] = max(run[7], end - start)

    def _fault(self, what: str, detail: Any) -> None:
        self._log("fault", what, [self._reader, self._topic, self._kind, detail])
