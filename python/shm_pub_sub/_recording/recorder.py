"""Records the values that a Receiver takes."""

from __future__ import annotations

import queue
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from .parts import DiskFullError
from .receiver import Mark

if TYPE_CHECKING:
    from .clock import Clock, Step
    from .receiver import Receiver

FLUSH = 1.0
"""Seconds after which a value is in the file, even if this process is killed."""
INTERVAL = 0.2
"""Seconds between two calls of record()'s function, at most."""


class Sink(Protocol):
    """Where values go: a Splitter, or Snapshots."""

    @property
    def values(self) -> Counter[str]: ...
    @property
    def nbytes(self) -> int: ...
    def add(self, batch: Sequence[Any]) -> None: ...
    def step(self, step: Step) -> None: ...
    def tick(self) -> None: ...
    def finish(self) -> None: ...
    def close(self) -> None: ...


class Recorder:
    """Gives a sink the values of a Receiver, at most so many of them."""

    def __init__(self, receiver: Receiver, sink: Sink, clock: Clock, most: int) -> None:
        self._receiver, self._sink, self._clock = receiver, sink, clock
        self._left = most
        self._start = clock.now_ns
        self._dropped: Counter[str] = Counter()  # values that came when the disk was full
        self.steps: queue.SimpleQueue[Step] = queue.SimpleQueue()
        """What has happened to the clock."""

    def record(self, each: Callable[[], object]) -> None:
        """Record until the receiver ends, and finish the file; call `each` meanwhile.

        Raises the receiver's error, and RecordingError or OSError if the file cannot be written. If
        the disk is full, the file is finished first, if there is room for that.
        """
        self._receiver.start()
        failure: Exception | None = None
        try:
            self._record(each)
        except (DiskFullError, OSError) as error:
            failure = error
            self._drop_the_rest()
        finally:
            self._receiver.stop = True
            self._receiver.join()
            each()
        try:
            self._sink.finish()
        except OSError:
            if failure is None:
                raise
        failure = failure or self._receiver.error
        if failure is not None:
            raise failure

    def summary(self) -> dict[str, Any]:
        """Return the figures of the recording so far, for JSON."""
        dropped, values = self._dropped, self._sink.values
        lost = {name: lost + dropped[name] for name, lost in dict(self._receiver.lost).items()}
        return {
            "seconds": (self._clock.now_ns - self._start) / 1e9,
            "values": sum(values.values()),
            "lost": sum(lost.values()),
            "lost_to_memory": self._receiver.lost_to_memory,
            "bytes": self._sink.nbytes,
            "topics": {
                name: {"values": values.get(name, 0), "lost": lost[name]} for name in sorted(lost)
            },
            "unmatched": self._receiver.unmatched(),
            "left_out": dict(sorted(self._receiver.left_out.reasons.items())),
        }

    def _record(self, each: Callable[[], object]) -> None:
        tick_at = self._start
        while self._left > 0:
            try:
                batch = self._receiver.batches.get(timeout=INTERVAL)
            except queue.Empty:
                batch = []
            if batch is None:
                return
            if (step := self._clock.check()) is not None:
                self.steps.put(step)
                self._sink.step(step)
            if isinstance(batch, Mark):
                batch.arrived()
            elif batch:
                self._sink.add(batch if len(batch) <= self._left else batch[: self._left])
                self._left -= len(batch)
                self._receiver.done(batch)
            if self._clock.now_ns >= tick_at:
                self._sink.tick()
                tick_at = self._clock.now_ns + int(FLUSH / 2 * 1e9)
            each()

    def _drop_the_rest(self) -> None:
        """Count what was received and is not written as lost: the receiver need not wait for it."""
        self._receiver.stop = True
        with suppress(queue.Empty):
            while (batch := self._receiver.batches.get(timeout=INTERVAL)) is not None:
                if not isinstance(batch, Mark):
                    self._dropped.update(source.name for source, *_ in batch)
                    self._receiver.done(batch)
